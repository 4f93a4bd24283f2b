"""Pages that never lie: only the last has no token, and only one that may be empty is the last.

A page holds as many items as were asked for, or fewer where those would make an answer that AppSync
does not take. A token is good for its own list only. Where it points is no secret; its seal keeps
it from being used on, or edited into, another list.
"""

import base64
import hashlib
import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from resolvers.shared.errors import Invalid
from resolvers.shared.shapes import to_json

MAX_LIMIT = 1000
# Bytes of JSON. AppSync takes 5 MB of a field; no item is as large as what is between.
PAGE_BYTES = 3_000_000
LARGEST_ANSWER = 5_000_000
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


def unpaged(answer: T, most: float = math.inf) -> T:
    """Give lists that have no pages, as they are; Invalid if AppSync would not take them.

    `most` is a size, in bytes of JSON, that they can't exceed; to measure them takes as long as to
    write them.
    """
    if most > LARGEST_ANSWER and _size(answer) > LARGEST_ANSWER:
        raise Invalid("limit", "asks for more than an answer can hold; lower it")
    return answer


class Listing:
    """One list: a field with the arguments that decide what is in it and in which order."""

    def __init__(self, field: str, **arguments: Any) -> None:
        self._identity = json.dumps([field, arguments], sort_keys=True, default=str)

    def page(self, items: Iterator[T], limit: int, position: Callable[[T], Any]) -> Page[T]:
        """Take a page from the items; looking one ahead tells whether it is the last.

        `position` gives, as JSON data, the place of an item in the list's order.
        """
        taken: list[T] = []
        room = PAGE_BYTES
        for item in items:
            room -= _size(item)
            if len(taken) == limit or (taken and room < 0):
                return Page(taken, self._token(position(taken[-1])))
            taken.append(item)
        return Page(taken, None)

    def position(self, token: str | None, *parts: type) -> Any:
        """Read the place a token stands for, None for the start; Invalid if of another list.

        A place is a value of the one type, or a list of one value of each: the seal is no secret,
        so that anybody may seal anything.
        """
        if token is None:
            return None
        try:
            _, position = json.loads(base64.urlsafe_b64decode(token.encode()))
            if self._token(position) == token and _made_of(position, parts):
                return position
        except (ValueError, TypeError, RecursionError):
            pass
        raise Invalid("nextToken", "is not a token of this list")

    def _token(self, position: Any) -> str:
        seal = hashlib.sha256(f"{self._identity}{json.dumps(position)}".encode()).hexdigest()[:16]
        text = json.dumps([seal, position], separators=(",", ":"))
        return base64.urlsafe_b64encode(text.encode()).decode()


def _made_of(position: Any, parts: tuple[type, ...]) -> bool:
    values = [position] if len(parts) == 1 else position
    return isinstance(values, list) and [type(value) for value in values] == list(parts)


def _size(value: Any) -> int:
    # As the runtime writes an answer: six bytes and more for what is not ASCII.
    return len(json.dumps(to_json(value)))
