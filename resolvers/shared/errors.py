"""The errors a client may see. The class name is the `errorType` of AppSync's answer."""

from typing import Any


class DomainError(Exception):
    """An expected refusal; its text is written for the client.

    `data` reaches the client from batches and `envelope` fields alone: of what a single direct
    resolver raises, AppSync passes on the class name and the text.
    """

    def __init__(self, message: str = "", data: Any = None) -> None:
        super().__init__(message)
        self.data = data


class NotFound(DomainError):
    """The thing asked for is not there, or not for this caller."""


class Invalid(DomainError):
    """An argument breaks a rule."""

    def __init__(self, argument: str, reason: str) -> None:
        super().__init__(f"{argument}: {reason}")


class Conflict(DomainError):
    """Somebody else changed the item first."""


class Forbidden(DomainError):
    """The caller may not do this."""


class TooMany(DomainError):
    """A limit of the service is reached; try later or ask for less."""


class InternalError(Exception):
    """What a client sees of everything unexpected; the log has the rest under the request id."""

    def __init__(self, request_id: str) -> None:
        super().__init__(f"Something went wrong on our side. Request id: {request_id}")
