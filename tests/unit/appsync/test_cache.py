"""The cache: what tells values apart, how long they stay, and what makes them go."""

from typing import Any

import pytest

from infra.settings import Caching
from local.appsync.cache import MISS, CallersCache, ResolverCache, cached_fields
from resolvers.shared.routing import Binding, Cache, Eviction

ALICE, BOB = {"sub": "alice"}, {"sub": "bob"}


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def cache(rule: Cache, **options: Any) -> ResolverCache:
    return ResolverCache({"Query.x": rule}, **options)


def look(
    cache: ResolverCache,
    arguments: Any = None,
    *,
    source: Any = None,
    identity: Any = None,
    keep: Any = MISS,
) -> Any:
    """Look up as a request does; where there is nothing, keep what is given."""
    found, keeper = CallersCache(cache, identity).look_up("Query.x", arguments, source)
    if found is MISS and keep is not MISS:
        assert keeper
        keeper(keep)
    return found


def test_value_comes_back_until_its_time_is_over() -> None:
    clock = Clock()
    cached = cache(Cache(60), clock=clock)
    assert look(cached, keep={"a": [1, None]}) is MISS
    clock.now = 59.9
    assert look(cached) == {"a": [1, None]}
    clock.now = 60
    assert look(cached) is MISS


def test_null_is_a_value() -> None:
    cached = cache(Cache(60))
    look(cached, keep=None)
    assert look(cached) is None


@pytest.mark.parametrize(
    "other",
    [
        {"arguments": {"id": "2"}, "source": {"id": "p"}, "identity": ALICE},
        {"arguments": {"id": "1"}, "source": {"id": "q"}, "identity": ALICE},
        {"arguments": {"id": "1"}, "source": {"id": "p"}, "identity": BOB},
        {"arguments": {"id": "1"}, "source": {"id": "p"}, "identity": None},
        {"arguments": {"id": 1}, "source": {"id": "p"}, "identity": ALICE},
    ],
)
def test_without_keys_arguments_source_and_identity_count(other: dict[str, Any]) -> None:
    cached = cache(Cache(60))
    look(cached, {"id": "1"}, source={"id": "p"}, identity=ALICE, keep="mine")
    assert look(cached, other["arguments"], **{k: other[k] for k in ("source", "identity")}) is MISS
    assert look(cached, {"id": "1"}, source={"id": "p"}, identity=ALICE) == "mine"


def test_order_of_arguments_does_not_count() -> None:
    cached = cache(Cache(60))
    look(cached, {"a": 1, "b": {"c": 2, "d": 3}}, keep="v")
    assert look(cached, {"b": {"d": 3, "c": 2}, "a": 1}) == "v"


@pytest.mark.parametrize("json_value", [10**40, "\ud83d"])
def test_any_json_names_a_value(json_value: Any) -> None:
    cached = cache(Cache(60))
    look(cached, {"a": json_value}, keep="v")
    assert look(cached, {"a": json_value}) == "v"
    assert look(cached, {"a": 1}) is MISS


def test_declared_keys_alone_count() -> None:
    cached = cache(Cache(60, ("context.arguments.input.id", "context.identity.sub")))
    look(cached, {"input": {"id": "1"}, "noise": 1}, identity=ALICE, keep="hers")
    assert look(cached, {"input": {"id": "1"}}, identity={**ALICE, "ip": "::1"}) == "hers"
    assert look(cached, {"input": {"id": "1"}}, identity=BOB) is MISS
    assert look(cached, {"input": {"id": "2"}}, identity=ALICE) is MISS
    assert look(cached, {"input": "scalar"}, identity=ALICE) is MISS


def test_values_of_different_places_do_not_meet() -> None:
    """Values are joined with care: ("a", "b") is not ("a,b",)."""
    cached = cache(Cache(60, ("context.arguments.a", "context.arguments.b")))
    look(cached, {"a": '1","2', "b": ""}, keep="v")
    assert look(cached, {"a": "1", "b": "2"}) is MISS
    assert look(cached, {"a": None, "b": '1","2'}) is MISS


def test_what_is_given_out_is_nobody_elses() -> None:
    cached = cache(Cache(60))
    look(cached, keep={"list": [1]})
    look(cached)["list"].append(2)
    assert look(cached) == {"list": [1]}


def test_eviction_finds_the_value_by_its_keys() -> None:
    cached = cache(Cache(60, ("context.arguments.id", "context.identity.sub")))
    look(cached, {"id": "1"}, identity=ALICE, keep="old")
    look(cached, {"id": "2"}, identity=ALICE, keep="kept")
    mine = CallersCache(cached, ALICE)
    assert mine.evicted is None
    keys = {
        "context.arguments.id": "context.result.id",
        "context.identity.sub": "context.identity.sub",
    }
    for deleted in (1, 1):  # the second finds nothing more
        mine.evict([Eviction("Query.x", keys)], {}, {"id": "1"})
        assert mine.evicted == deleted
    mine.evict([Eviction("Query.uncached", {})], {}, {})
    assert look(cached, {"id": "1"}, identity=ALICE) is MISS
    assert look(cached, {"id": "2"}, identity=ALICE) == "kept"


def test_expired_value_is_not_counted_as_evicted() -> None:
    clock = Clock()
    cached = cache(Cache(60, ("context.arguments.id",)), clock=clock)
    look(cached, {"id": "1"}, keep="old")
    clock.now = 61
    assert cached.evict("Query.x", ["1"]) == 0


def test_size_is_bounded_and_the_least_used_goes() -> None:
    cached = cache(Cache(60), most_bytes=100)
    for number in range(3):
        look(cached, number, keep="x" * 30)
    assert look(cached, 0) is not MISS
    look(cached, 3, keep="x" * 30)
    assert look(cached, 1) is MISS
    assert look(cached, 0) is not MISS
    look(cached, 4, keep="x" * 200)
    assert look(cached, 4) is MISS
    assert cached.figures()["bytes"] <= 100


def test_figures_and_flush() -> None:
    cached = cache(Cache(60))
    look(cached, keep="v")
    look(cached)
    counts = {"hits": 1, "misses": 1, "evicted": 0}
    expected = {**counts, "entries": 1, "bytes": 3, "fields": {"Query.x": counts}}
    assert cached.figures() == expected
    assert cached.flush() == 1
    assert (look(cached), cached.figures()["entries"], cached.figures()["bytes"]) == (MISS, 0, 0)


def test_setting_says_what_is_cached() -> None:
    bindings = [
        Binding("c", "Query", "book", len, cache=Cache(30)),
        Binding("c", "Query", "books", len),
        Binding("c", "Book", "notes", len, max_batch=9),
        Binding("c", "Mutation", "put", len, cache=Cache(30)),
    ]
    assert cached_fields(bindings, Caching.OFF) == {}
    assert cached_fields(bindings, Caching.ON) == {"Query.book": Cache(30)}
    full = cached_fields(bindings, Caching.FULL)
    assert set(full) == {"Query.book", "Query.books", "Book.notes"}
