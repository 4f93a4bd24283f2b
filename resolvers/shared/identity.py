"""Who is calling: AppSync's five shapes of `identity`, read once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from resolvers.shared.errors import Forbidden

BEARER = "bearer "  # in any case, as AppSync takes it


class Mode(Enum):
    """How a request was authorised."""

    API_KEY = "API_KEY"
    USER_POOL = "AMAZON_COGNITO_USER_POOLS"
    IAM = "AWS_IAM"
    OIDC = "OPENID_CONNECT"
    LAMBDA = "AWS_LAMBDA"


@dataclass(frozen=True, slots=True)
class Caller:
    """The caller of a field. `subject` is the user's id; it is None where no person is known.

    `claims` are the token's; a Lambda authorizer's context stands in for them. `token` is the user
    pool's token itself, a credential: never log it.
    """

    mode: Mode
    subject: str | None = None
    username: str | None = None
    groups: frozenset[str] = frozenset()
    claims: Mapping[str, Any] = field(default_factory=dict, compare=False)
    token: str | None = field(default=None, compare=False, repr=False)

    @property
    def person(self) -> str:
        """Give the user's id; raises Forbidden where no person is known."""
        if self.subject is None:
            raise Forbidden("This is for people who have signed in.")
        return self.subject


def caller(identity: Mapping[str, Any] | None, headers: Mapping[str, Any] | None = None) -> Caller:
    """Read an event's `identity`, an API key has none, and its request's headers."""
    if identity is None:
        return Caller(Mode.API_KEY)
    if "resolverContext" in identity:
        context = identity["resolverContext"] or {}
        return Caller(Mode.LAMBDA, username=context.get("principal"), claims=context)
    if "userArn" in identity:
        return Caller(Mode.IAM, username=identity["username"])
    claims = identity.get("claims") or {}
    if "defaultAuthStrategy" not in identity:
        return Caller(Mode.OIDC, subject=identity["sub"], claims=claims)
    groups = frozenset(identity.get("groups") or ())
    token = _token(headers or {})
    return Caller(Mode.USER_POOL, identity["sub"], identity["username"], groups, claims, token)


def _token(headers: Mapping[str, Any]) -> str | None:
    sent = headers.get("authorization")
    if not isinstance(sent, str):
        return None
    return (sent[len(BEARER) :] if sent[: len(BEARER)].lower() == BEARER else sent).strip()
