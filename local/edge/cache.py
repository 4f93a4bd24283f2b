"""What the edge keeps of its origin: files for ever, manifests for a minute, refusals for seconds.

However many ask for the same thing at once, the origin is asked once.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from local.cloud.client import Answer

MANIFESTS = "manifests/"
MANIFEST_SECONDS = 60
REFUSED_SECONDS = 10  # CloudFront's own, for errors of the origin
LARGEST = 512 * 1024 * 1024  # bytes kept in all
OK, NOT_MODIFIED, SERVER_ERROR = 200, 304, 500

# Asks the origin for a key, on condition that its ETag is not the one given; raises OSError.
Fetch = Callable[[str, str | None], Awaitable[Answer]]


@dataclass(slots=True)
class Entry:
    """An answer of the origin, good until `until` on the cache's clock."""

    answer: Answer
    until: float
    since: float = field(default=0.0)

    @property
    def etag(self) -> str | None:
        """Give the entity tag."""
        return self.answer.headers.get("etag")


class Cache:
    """One bucket's objects, the last used of them."""

    def __init__(self, fetch: Fetch, clock: Callable[[], float] = time.monotonic) -> None:
        self._fetch, self._clock = fetch, clock
        self._entries: OrderedDict[str, Entry] = OrderedDict()
        self._fetching: dict[str, asyncio.Future[Entry]] = {}
        self._size = 0

    async def get(self, key: str) -> tuple[Entry, bool]:
        """Give the entry of a key, and whether the cache had it; raises OSError."""
        entry = self._entries.get(key)
        if entry and entry.until > self._clock():
            self._entries.move_to_end(key)
            return entry, True
        fetching = self._fetching.get(key)
        if fetching is None:
            fetching = asyncio.ensure_future(self._refresh(key, entry))
            self._fetching[key] = fetching
            fetching.add_done_callback(lambda _: self._fetching.pop(key))
        # A client that goes away must not take the answer from the others.
        return await asyncio.shield(fetching), False

    def age(self, entry: Entry) -> int:
        """Tell how many seconds ago the origin confirmed an entry."""
        return int(self._clock() - entry.since)

    def clear(self) -> None:
        """Forget everything, as an invalidation does."""
        self._entries.clear()
        self._size = 0

    async def _refresh(self, key: str, stale: Entry | None) -> Entry:
        try:
            answer = await self._fetch(key, stale.etag if stale else None)
        except OSError:
            answer = Answer(status=SERVER_ERROR)
        if stale and answer.status == NOT_MODIFIED:
            answer = stale.answer
        if stale and answer.status >= SERVER_ERROR and stale.answer.status == OK:
            # A stale file is better than none, as CloudFront has it.
            return self._keep(key, Entry(stale.answer, self._clock() + REFUSED_SECONDS))
        return self._keep(key, Entry(answer, self._clock() + _seconds(key, answer)))

    def _keep(self, key: str, entry: Entry) -> Entry:
        entry.since = self._clock()
        if old := self._entries.pop(key, None):
            self._size -= len(old.answer.body)
        self._entries[key] = entry
        self._size += len(entry.answer.body)
        while self._size > LARGEST:
            _, oldest = self._entries.popitem(last=False)
            self._size -= len(oldest.answer.body)
        return entry


def _seconds(key: str, answer: Answer) -> float:
    if answer.status != OK:
        return REFUSED_SECONDS
    return MANIFEST_SECONDS if key.startswith(MANIFESTS) else float("inf")
