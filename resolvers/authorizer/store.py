"""The authorizer's table."""

from collections.abc import Iterable, Mapping
from typing import Any

from resolvers.authorizer.model import Grant, digest
from resolvers.authorizer.resources import TOKENS
from resolvers.shared.resources import AUTHORIZER
from resolvers.shared.shapes import from_plain, to_plain
from resolvers.shared.table import Store

_tokens = Store(AUTHORIZER, TOKENS)


def grant(digest: str) -> Grant | None:
    """Give what a token is worth, by its digest."""
    found = _tokens.get(digest=digest)
    grant: Grant | None = from_plain(Grant, found) if found else None
    return grant


def seed(given: Iterable[Mapping[str, Any]]) -> None:
    """Write the grants of a seeds file, whose tokens stand in it in the clear."""
    load(from_plain(Grant, {**each, "digest": digest(each["token"])}) for each in given)


def load(grants: Iterable[Grant]) -> None:
    """Write grants, for seeds."""
    # DynamoDB takes a null for a value: an expiry that is none must be absent.
    _tokens.load(
        {name: value for name, value in to_plain(each).items() if value is not None}
        for each in grants
    )
