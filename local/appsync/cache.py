"""AppSync's server-side cache: the values of resolvers, kept between requests.

A field is looked up after its caller was allowed to see it. What is kept is JSON, so that nobody
can change what others get, and its size is known.
"""

import json
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import orjson

from infra.settings import CACHE_TTL, Caching
from local.appsync.json_text import dumped
from resolvers.shared.routing import Binding, Cache, Eviction

MISS = object()
MOST_BYTES = 64 * 2**20
MOST_ENTRIES = 50_000
ALL = ("context.arguments", "context.source", "context.identity")


@dataclass(frozen=True, slots=True)
class _Entry:
    value: bytes
    expires: float


class ResolverCache:
    """The values of one API, the least recently used given up first."""

    def __init__(
        self,
        rules: Mapping[str, Cache],
        *,
        clock: Callable[[], float] = time.monotonic,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        """`rules` names the fields that are cached, by coordinate."""
        self._rules = rules
        self._clock = clock
        self._most_bytes = most_bytes
        self._entries: OrderedDict[bytes, _Entry] = OrderedDict()
        self._bytes = 0
        self._counts: dict[str, Counter[str]] = {name: Counter() for name in rules}

    def key(self, coordinate: str, context: Mapping[str, Any]) -> bytes | None:
        """Name a value by what its field is cached by; None for a field that is not cached."""
        rule = self._rules.get(coordinate)
        if rule is None:
            return None
        return _key(coordinate, [_find(context, path) for path in rule.keys or ALL])

    def get(self, coordinate: str, key: bytes) -> Any:
        """Give a value that is not too old, or MISS."""
        entry = self._entries.get(key)
        if entry is None or entry.expires <= self._clock():
            self._drop(key)
            self._counts[coordinate]["misses"] += 1
            return MISS
        self._entries.move_to_end(key)
        self._counts[coordinate]["hits"] += 1
        return orjson.loads(entry.value)

    def put(self, coordinate: str, key: bytes, value: Any) -> None:
        """Keep a value for as long as its field says."""
        self._drop(key)
        entry = _Entry(dumped(value), self._clock() + self._rules[coordinate].ttl)
        if len(entry.value) > self._most_bytes:
            return
        self._entries[key] = entry
        self._bytes += len(entry.value)
        while self._bytes > self._most_bytes or len(self._entries) > MOST_ENTRIES:
            self._drop(next(iter(self._entries)))

    def evict(self, coordinate: str, values: Iterable[Any]) -> int:
        """Forget one value, named by the values of its field's keys in order; tells how many."""
        if coordinate not in self._rules:
            return 0
        evicted = self._drop(_key(coordinate, list(values)))
        self._counts[coordinate]["evicted"] += evicted
        return evicted

    def flush(self) -> int:
        """Forget everything; tells how much that was."""
        flushed = len(self._entries)
        self._entries.clear()
        self._bytes = 0
        return flushed

    def figures(self) -> dict[str, Any]:
        """Tell how it fares, in all and by field."""
        fields = {name: _figures(counts) for name, counts in self._counts.items() if counts}
        total = _figures(sum(self._counts.values(), Counter()))
        return {**total, "entries": len(self._entries), "bytes": self._bytes, "fields": fields}

    def _drop(self, key: bytes) -> int:
        entry = self._entries.pop(key, None)
        if entry is None:
            return 0
        self._bytes -= len(entry.value)
        return int(entry.expires > self._clock())


class CallersCache:
    """The cache as one request sees it."""

    def __init__(self, cache: ResolverCache, identity: Mapping[str, Any] | None) -> None:
        self._cache = cache
        self._identity = identity
        self.evicted: int | None = None

    def look_up(
        self, coordinate: str, arguments: Any, source: Any
    ) -> tuple[Any, Callable[[Any], None] | None]:
        """Give the value or MISS, and what keeps a new one; None where nothing is kept."""
        context = {"arguments": arguments, "source": source, "identity": self._identity}
        key = self._cache.key(coordinate, context)
        if key is None:
            return MISS, None
        found = self._cache.get(coordinate, key)
        return found, lambda value: self._cache.put(coordinate, key, value)

    def evict(self, evictions: Iterable[Eviction], arguments: Any, result: Any) -> None:
        """Forget what a mutation made stale."""
        context = {"arguments": arguments, "result": result, "identity": self._identity}
        for eviction in evictions:
            values = [_find(context, place) for place in eviction.keys.values()]
            self.evicted = (self.evicted or 0) + self._cache.evict(eviction.field, values)


def cached_fields(bindings: Iterable[Binding], caching: Caching) -> dict[str, Cache]:
    """Tell how each field is cached by an API with this setting; mutations never are."""
    may = [binding for binding in bindings if binding.type_name != "Mutation"]
    if caching is Caching.FULL:
        # AppSync's documentation names arguments and identity alone. Two parents of one type would
        # share their values then, which cannot be meant.
        return {binding.coordinate: Cache(CACHE_TTL) for binding in may}
    per_resolver = {b.coordinate: b.cache for b in may if b.cache}
    return per_resolver if caching is Caching.ON else {}


def _key(coordinate: str, values: list[Any]) -> bytes:
    named = [coordinate, values]
    try:
        text = orjson.dumps(named, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:  # AWSJSON may hold longer numbers than orjson writes, or deeper
        text = json.dumps(named, sort_keys=True).encode()
    return blake2b(text, digest_size=16).digest()


def _find(context: Mapping[str, Any], path: str) -> Any:
    """Follow a path such as `context.arguments.id`; what is not there is null."""
    found: Any = context
    for name in path.split(".")[1:]:
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def _figures(counts: Mapping[str, int]) -> dict[str, int]:
    return {name: counts.get(name, 0) for name in ("hits", "misses", "evicted")}
