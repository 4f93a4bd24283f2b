"""A refusal of credentials, with a reason that only the log gets."""

from local.appsync.errors import Refusal


class Unproved(Refusal):
    """Credentials that don't hold. The reason never quotes them."""

    def __init__(
        self, reason: str, message: str = "You are not authorized to make this call."
    ) -> None:
        super().__init__(401, "UnauthorizedException", message)
        self.reason = reason


def unverifiable(reason: str) -> Unproved:
    """Refuse a token that proves nothing."""
    return Unproved(reason, "Valid authorization header not provided.")
