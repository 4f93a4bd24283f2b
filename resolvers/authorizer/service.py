"""The authorizer's rules."""

from typing import Any

from resolvers.authorizer import store
from resolvers.authorizer.model import Grant, digest

REFUSED: dict[str, Any] = {"isAuthorized": False}


def decide(token: str, now: float) -> dict[str, Any]:
    """Answer AppSync: may who has this token come in, and as whom."""
    grant = store.grant(digest(token))
    # DynamoDB removes what has expired when it finds the time.
    if grant is None or (grant.expires_at is not None and now >= grant.expires_at):
        return REFUSED
    return _allowed(grant, now)


def _allowed(grant: Grant, now: float) -> dict[str, Any]:
    left = grant.ttl if grant.expires_at is None else grant.expires_at - int(now)
    return {
        "isAuthorized": True,
        "resolverContext": {
            **grant.context,
            "principal": grant.principal,
            "kind": grant.kind.value,
        },
        "deniedFields": list(grant.denied_fields),
        "ttlOverride": min(grant.ttl, left),
    }
