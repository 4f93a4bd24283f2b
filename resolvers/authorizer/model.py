"""The authorizer's types."""

from dataclasses import dataclass, field
from enum import Enum
from hashlib import sha256


class Kind(Enum):
    """Who has a token."""

    PARTNER = "partner"
    DEVICE = "device"


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token gives: to whom, what resolvers hear of it, and which fields stay null.

    `ttl` is for how many seconds AppSync may remember it; `expires_at` is in epoch seconds.
    """

    digest: str
    principal: str
    kind: Kind
    context: dict[str, str] = field(default_factory=dict)
    denied_fields: tuple[str, ...] = ()
    ttl: int = 300
    expires_at: int | None = None


def digest(token: str) -> str:
    """Give the form in which a token is kept."""
    return sha256(token.encode()).hexdigest()
