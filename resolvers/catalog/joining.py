"""Which products have a word of each of several groups: the groups' postings, read by leaps.

What one group has not, the others are not asked for, as far as that is a page of theirs or more.
"""

from collections.abc import Iterator, Sequence
from itertools import islice

from resolvers.catalog import store
from resolvers.shared.batching import side_by_side

PAGE = 100


class Cursor:
    """The name keys of a word's products at one place, in order; it only goes on."""

    def __init__(self, word: str, place: int, *, descending: bool) -> None:
        self._word, self._place, self._descending = word, place, descending
        self._keys: list[str] = []
        self._at = 0
        self._ended = False

    def seek(self, key: str | None, *, including: bool) -> str | None:
        """Go on to a key, or what comes behind it; gives what is there, None at the end."""
        while True:
            while self._at < len(self._keys) and self._before(self._keys[self._at], key, including):
                self._at += 1
            if self._at < len(self._keys):
                return self._keys[self._at]
            if self._ended:
                return None
            self._read(key, including)

    def _before(self, own: str, key: str | None, including: bool) -> bool:
        if key is None or own == key:
            return key is not None and not including
        return own > key if self._descending else own < key

    def _read(self, key: str | None, including: bool) -> None:
        # Without a key from the place's own end, which the other place's postings come behind.
        start = f"{self._place + self._descending}" if key is None else f"{self._place}{key}"
        found = store.containing(
            self._word, start, PAGE, descending=self._descending, including=including
        )
        self._keys = [own for place, own in islice(found, PAGE) if place == self._place]
        self._at, self._ended = 0, len(self._keys) < PAGE


class Group:
    """The postings near one word typed: cursors, each with how far what it gives is from it."""

    def __init__(self, cursors: Sequence[tuple[int, Cursor]], *, descending: bool) -> None:
        self.cursors = [cursor for _, cursor in cursors]
        self._apart = [far for far, _ in cursors]
        self._first = max if descending else min
        self._heads: list[tuple[int, str]] = []

    def seek(self, key: str | None, *, including: bool) -> str | None:
        """Go on to a key, or what comes behind it; gives what is there, None at the end."""
        heads = [cursor.seek(key, including=including) for cursor in self.cursors]
        found = zip(self._apart, heads, strict=True)
        self._heads = [(far, head) for far, head in found if head is not None]
        return self._first((head for _, head in self._heads), default=None)

    def distances(self, key: str) -> set[int]:
        """Say how far the product that was come to may be; a stale posting may say less or more."""
        return {far for far, head in self._heads if head == key}


def together(groups: Sequence[Group], after: str | None, *, descending: bool) -> Iterator[str]:
    """Find lazily the name keys that all groups have, in order, from behind one of them."""
    key, including = after, False
    cursors = [cursor for group in groups for cursor in group.cursors]
    side_by_side(lambda cursor: cursor.seek(key, including=including), cursors)
    while True:
        heads = [group.seek(key, including=including) for group in groups]
        there = [head for head in heads if head is not None]
        if len(there) < len(heads):
            return
        key = min(there) if descending else max(there)
        including = min(there) != max(there)
        if not including:
            yield key
