"""AppSync's errors: a request refused before GraphQL, and a field that failed.

Shapes and wording are those of AppSync: `{data, errorType, errorInfo, message}` side by side.
"""

from typing import Any

from graphql import GraphQLError

LARGEST_PAYLOAD = 6_291_556  # bytes, Lambda's own


class Refusal(Exception):
    """A request that never reaches GraphQL; answered with a status other than 200."""

    def __init__(self, status: int, error_type: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.error_type = error_type
        self.message = message

    @property
    def errors(self) -> list[dict[str, Any]]:
        """Give what a client is told: one error."""
        return [{"errorType": self.error_type, "message": self.message}]

    @property
    def body(self) -> dict[str, Any]:
        """Give the body that AppSync answers."""
        return {"errors": self.errors}


def malformed(message: str = "Unable to parse GraphQL query.") -> Refusal:
    """Refuse a body or a document that can't be read."""
    return Refusal(400, "MalformedHttpRequestException", message)


def bad_request(message: str) -> Refusal:
    """Refuse a request that makes no sense."""
    return Refusal(400, "BadRequestException", message)


def unauthorized(message: str = "You are not authorized to make this call.") -> Refusal:
    """Refuse credentials."""
    return Refusal(401, "UnauthorizedException", message)


class FieldError(Exception):
    """A field failed: its resolver did, or the caller may not see it, or a limit was reached."""

    def __init__(self, error_type: str, message: str, data: Any = None) -> None:
        super().__init__(message)
        self.error_type = error_type
        self.message = message
        self.data = data


def not_authorized(field: str, type_name: str) -> FieldError:
    """Deny a field."""
    return FieldError("Unauthorized", f"Not Authorized to access {field} on type {type_name}")


def too_large() -> FieldError:
    """Refuse a request that Lambda would not take."""
    return FieldError(
        "Lambda:RequestTooLargeException", f"Request must be smaller than {LARGEST_PAYLOAD} bytes"
    )


def field_error(error: GraphQLError, cause: FieldError) -> dict[str, Any]:
    """Shape a resolver's error: six keys in this order, nulls present, beside each other."""
    return {
        "path": error.path,
        "data": cause.data,
        "errorType": cause.error_type,
        "errorInfo": None,
        "locations": locations(error),
        "message": cause.message,
    }


def locations(error: GraphQLError) -> list[dict[str, Any]]:
    """List the places in the document that an error is about."""
    return [
        {"line": place.line, "column": place.column, "sourceName": None}
        for place in error.locations or ()
    ]
