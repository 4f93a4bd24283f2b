"""Declared filters: what remains of them, who is refused, and AppSync's limits in its words."""

from typing import Any

import pytest

from local.appsync.errors import FieldError
from local.realtime.filters import FilterRefused, check, filter_group, invalidation_group
from resolvers.registry import registry
from resolvers.shared.local_resolvers import Argument, Condition, Subscription

READINGS = Subscription(
    "devices",
    "onReading",
    (
        Condition("deviceId", "eq", Argument("deviceId")),
        Condition("metric", "eq", Argument("metric")),
    ),
    replaced_by="filter",
)
ALICE = {"sub": "alice", "groups": None}
ADA = {"sub": "ada", "groups": ["admin"]}
COMBINATIONS = "Filters combination exceed maximum limit 10 for subscription."


def declared(field: str) -> Subscription:
    found = registry().local[f"Subscription.{field}"]
    assert isinstance(found, Subscription)
    return found


def asked(declared: Subscription, arguments: Any, identity: Any = None) -> list[list[Any]]:
    """The groups, each filter as a list of its three parts."""
    groups = filter_group(declared, arguments, identity)["filterGroup"]
    return [[list(f.values()) for f in group["filters"]] for group in groups]


def readings(filter: Any, **arguments: Any) -> list[list[Any]]:
    return asked(READINGS, arguments | {"filter": filter})


@pytest.mark.parametrize("arguments", [{}, {"owner": None}, {"owner": "alice"}])
def test_todos_are_ones_own_whatever_the_arguments(arguments: Any) -> None:
    assert asked(declared("onTodo"), arguments, ALICE) == [[["owner", "eq", "alice"]]]


@pytest.mark.parametrize(
    ("field", "arguments", "identity"),
    [
        ("onTodo", {"owner": "bob"}, ALICE),
        ("onTodo", {"owner": "alice"}, ADA),
        ("onUser", {"id": "bob"}, ALICE),
        ("onTodo", {}, None),
        ("onUser", {}, {"userArn": "arn"}),
    ],
)
def test_somebody_elses_are_forbidden(field: str, arguments: Any, identity: Any) -> None:
    with pytest.raises(FieldError) as refused:
        filter_group(declared(field), arguments, identity)
    assert refused.value.error_type == "Forbidden"


def test_administrators_hear_of_any_user() -> None:
    assert asked(declared("onUser"), {"id": "bob"}, ADA) == [[["id", "eq", "bob"]]]
    assert asked(declared("onUser"), {"id": None}, ADA) == [[["id", "ne", ""]]]


def test_user_ends_by_id() -> None:
    for field in ("onTodo", "onUser"):
        ends = {"fieldName": "userId", "operator": "eq", "value": "alice"}
        found = invalidation_group(declared(field), {}, ALICE)
        assert found == {"filterGroup": [{"filters": [ends]}]}
    assert invalidation_group(READINGS, {}, ALICE) is None


def test_argument_that_is_absent_or_null_asks_nothing() -> None:
    assert asked(READINGS, {"deviceId": "d", "metric": None}) == [[["deviceId", "eq", "d"]]]
    assert asked(READINGS, {}) == [[["deviceId", "ne", ""]]]
    assert readings({"metric": {"eq": None, "ne": "m"}, "value": None}) == [[["metric", "ne", "m"]]]


def test_filter_replaces_the_other_arguments() -> None:
    assert readings({"metric": {"eq": "m"}}, deviceId="d") == [[["metric", "eq", "m"]]]
    assert readings(None, deviceId="d") == [[["deviceId", "eq", "d"]]]


def test_and_or_are_spread_into_groups() -> None:
    given = {
        "metric": {"eq": "m"},
        "or": [{"deviceId": {"eq": "a"}}, {"and": [{"deviceId": {"eq": "b"}}]}],
        "and": [{"or": [{"value": {"lt": 1}}, {"value": {"gt": 2}}]}],
    }
    assert sorted(map(sorted, readings(given))) == [
        [["deviceId", "eq", device], ["metric", "eq", "m"], ["value", *value]]
        for device in ("a", "b")
        for value in (("gt", 2), ("lt", 1))
    ]


def test_choice_without_conditions_takes_everything() -> None:
    given = {"or": [{"metric": {"eq": "m"}}, {}]}
    assert readings(given) == [[["metric", "eq", "m"]], [["deviceId", "ne", ""]]]
    assert readings({"or": [], "and": []}) == [[["deviceId", "ne", ""]]]


def test_ten_groups_are_the_most() -> None:
    choices = [{"metric": {"eq": str(n)}} for n in range(10)]
    assert len(readings({"or": choices})) == 10
    for more in ({"or": [*choices, {}]}, {"or": choices[:4], "and": [{"or": choices[:3]}]}):
        with pytest.raises(FilterRefused, match=COMBINATIONS):
            readings(more)


def test_filter_that_doubles_with_every_level_is_refused_at_once() -> None:
    given: dict[str, Any] = {"metric": {"eq": "m"}}
    for _ in range(100):
        given = {"and": [{"or": [given, given]}]}
    with pytest.raises(FilterRefused, match=COMBINATIONS):
        readings(given)


def test_every_value_of_an_in_counts_as_a_group() -> None:
    half = {"metric": {"in": ["1", "2", "3", "4", "5"]}}
    assert len(readings({"or": [half, half]})) == 2
    for more in (
        {"or": [half, half, {"metric": {"eq": "6"}}]},
        {**half, "deviceId": {"in": ["1", "2", "3"]}},
    ):
        with pytest.raises(FilterRefused, match=COMBINATIONS):
            readings(more)


def condition(name: str = "a", operator: str = "eq", value: Any = 1) -> dict[str, Any]:
    return {"fieldName": name, "operator": operator, "value": value}


@pytest.mark.parametrize(
    "allowed",
    [
        [condition(name) for name in "abcde"],
        [condition("a.b.c.d.e")],
        [condition(value="x" * 256)],
        [condition(value=True)],
        [condition(operator="notIn", value=["a", "b", "c", "d", "e"])],
        [condition(operator="containsAny", value=[*range(20)])],
        [condition(operator="between", value=[1, 2])],
    ],
)
def test_filter_at_a_limit_is_taken(allowed: Any) -> None:
    check([allowed])


@pytest.mark.parametrize(
    ("group", "message"),
    [
        (
            [condition(name) for name in "abcdef"],
            "Filters exceed maximum attributes limit 5 for subscription.",
        ),
        ([condition(), condition(operator="gt")], "filter uses same fieldName multiple time"),
        (
            [condition(operator="in", value=[*range(6)])],
            "subscription exceeds maximum value limit 5 for operator `in`.",
        ),
        (
            [condition(operator="containsAny", value=[*range(21)])],
            "subscription exceeds maximum value limit 20 for operator `containsAny`.",
        ),
        ([condition("a.b.c.d.e.f")], "fieldName exceeds maximum nesting 5 for subscription."),
        ([condition(value="x" * 257)], "value exceeds maximum length 256 for subscription."),
        (
            [condition(operator="in", value=["x" * 257])],
            "value exceeds maximum length 256 for subscription.",
        ),
        ([condition(operator="in", value=[])], "invalid value for operator `in`."),
        ([condition(operator="between", value=[1])], "invalid value for operator `between`."),
        ([condition(operator="ge", value=True)], "invalid value for operator `ge`."),
        ([condition(operator="eq", value=[1])], "invalid value for operator `eq`."),
        ([condition(operator="eq", value={"a": 1})], "invalid value for operator `eq`."),
        ([condition(operator="beginsWith", value=1)], "invalid value for operator `beginsWith`."),
    ],
)
def test_filter_beyond_a_limit_is_refused_in_appsyncs_words(group: Any, message: str) -> None:
    with pytest.raises(FilterRefused) as refused:
        check([group])
    assert refused.value.message == message
