"""Pages that never lie: full unless the last, and no token on the last.

A token is good for its own list only. Where it points is no secret; its seal keeps it from being
used on, or edited into, another list.
"""

import base64
import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, Generic, TypeVar

from resolvers.shared.errors import Invalid

MAX_LIMIT = 1000
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list and the token of the next, if there is one."""

    items: list[T]
    next_token: str | None


def bounded(limit: int | None, *, default: int, maximum: int = MAX_LIMIT) -> int:
    """Give the number of items asked for; an explicit null means the default."""
    if limit is None:
        return default
    if not 1 <= limit <= maximum:
        raise Invalid("limit", f"must be between 1 and {maximum}")
    return limit


class Listing:
    """One list: a field with the arguments that decide what is in it and in which order."""

    def __init__(self, field: str, **arguments: Any) -> None:
        self._identity = json.dumps([field, arguments], sort_keys=True, default=str)

    def page(self, items: Iterator[T], limit: int, position: Callable[[T], Any]) -> Page[T]:
        """Take a page from the items; looking one ahead tells whether it is the last.

        `position` gives, as JSON data, the place of an item in the list's order.
        """
        ahead = list(islice(items, limit + 1))
        more = len(ahead) > limit
        return Page(ahead[:limit], self._token(position(ahead[limit - 1])) if more else None)

    def position(self, token: str | None) -> Any:
        """Read the place a token stands for, None for the start; Invalid if of another list."""
        if token is None:
            return None
        try:
            _, position = json.loads(base64.urlsafe_b64decode(token.encode()))
            if self._token(position) == token:
                return position
        except (ValueError, TypeError, RecursionError):
            pass
        raise Invalid("nextToken", "is not a token of this list")

    def _token(self, position: Any) -> str:
        seal = hashlib.sha256(f"{self._identity}{json.dumps(position)}".encode()).hexdigest()[:16]
        text = json.dumps([seal, position], separators=(",", ":"))
        return base64.urlsafe_b64encode(text.encode()).decode()
