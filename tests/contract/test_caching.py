"""What bindings say of caching can be meant: nobody gets another's value, evictions find theirs."""

import inspect

from resolvers.registry import registry
from resolvers.shared.identity import Caller
from resolvers.shared.routing import Binding

BINDINGS = registry().bindings
CACHED = [binding for binding in BINDINGS.values() if binding.cache]


def asks_who_calls(binding: Binding) -> bool:
    parameters = inspect.signature(binding.function).parameters.values()
    return any(parameter.annotation is Caller for parameter in parameters)


def test_value_that_depends_on_the_caller_is_cached_by_caller() -> None:
    for binding in CACHED:
        keys = binding.cache.keys if binding.cache else ()
        told_apart = not keys or any(key.startswith("context.identity") for key in keys)
        assert told_apart or not asks_who_calls(binding), binding.coordinate


def test_cache_is_one_that_appsync_takes() -> None:
    for binding in CACHED:
        assert binding.cache
        assert 1 <= binding.cache.ttl <= 3600, binding.coordinate
        assert len(binding.cache.keys) <= 25, binding.coordinate
        for key in binding.cache.keys:
            assert key.split(".")[1] in {"arguments", "source", "identity"}, binding.coordinate


def test_only_queries_and_fields_of_types_are_cached() -> None:
    assert not [binding.coordinate for binding in CACHED if binding.type_name == "Mutation"]


def test_evictions_name_the_keys_of_a_cached_field_in_order() -> None:
    for binding in BINDINGS.values():
        for eviction in binding.evicts:
            cache = BINDINGS[eviction.field].cache
            assert cache and tuple(eviction.keys) == cache.keys, binding.coordinate
            assert binding.type_name == "Mutation", binding.coordinate
            assert not binding.max_batch, binding.coordinate
