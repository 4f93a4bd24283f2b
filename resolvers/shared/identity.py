"""Who is calling: AppSync's five shapes of `identity`, read once."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any


class Mode(Enum):
    """How a request was authorised."""

    API_KEY = "API_KEY"
    USER_POOL = "AMAZON_COGNITO_USER_POOLS"
    IAM = "AWS_IAM"
    OIDC = "OPENID_CONNECT"
    LAMBDA = "AWS_LAMBDA"


@dataclass(frozen=True, slots=True)
class Caller:
    """The caller of a field. `subject` is the user's id; it is None where no person is known."""

    mode: Mode
    subject: str | None = None
    username: str | None = None
    groups: frozenset[str] = frozenset()


def caller(identity: Mapping[str, Any] | None) -> Caller:
    """Read an event's `identity`; an API key has none."""
    if identity is None:
        return Caller(Mode.API_KEY)
    if "resolverContext" in identity:
        return Caller(Mode.LAMBDA)
    if "userArn" in identity:
        return Caller(Mode.IAM, username=identity["username"])
    if "defaultAuthStrategy" not in identity:
        return Caller(Mode.OIDC, subject=identity["sub"])
    groups = frozenset(identity.get("groups") or ())
    return Caller(Mode.USER_POOL, identity["sub"], identity["username"], groups)
