"""The index finds whom an event is for: the same as asking every subscription in turn."""

import json
import random
from collections.abc import Mapping
from typing import Any

import pytest

from local.realtime.index import Index, basic, enhanced

PAIRS = 10_000
Random = random.Random


def group(*filters: tuple[str, str, Any]) -> Any:
    return {"filterGroup": [element(*filters)]}


def element(*filters: tuple[str, str, Any]) -> Any:
    return {"filters": [{"fieldName": n, "operator": o, "value": v} for n, o, v in filters]}


def index(**subscriptions: Any) -> Index[str]:
    made: Index[str] = Index()
    for key, groups in subscriptions.items():
        made.add(groups, key)
    return made


# The reference: AppSync's documentation, word by word, without a thought for speed.


def naive(filter_group: Any, payload: Any) -> bool:
    """Any element of the group, all filters of an element."""
    return any(
        all(naive_filter(each, payload) for each in element["filters"])
        for element in filter_group["filterGroup"]
    )


def naive_filter(given: Any, payload: Any) -> bool:
    value = payload
    for name in given["fieldName"].split("."):
        value = value.get(name) if isinstance(value, dict) else None
    operator, wanted = given["operator"], given["value"]
    if operator == "between":
        low, high = wanted
        return naive_is("ge", value, low) and naive_is("le", value, high)
    if operator == "in":
        return any(naive_is("eq", value, each) for each in wanted)
    if operator == "notIn":
        return all(naive_is("ne", value, each) for each in wanted)
    if operator == "containsAny":
        return isinstance(value, list) and any(naive_is("contains", value, w) for w in wanted)
    return naive_is(operator, value, wanted)


def naive_is(operator: str, value: Any, wanted: Any) -> bool:
    kinds = {kind_of(value), kind_of(wanted)}
    if operator in ("contains", "notContains") and isinstance(value, list):
        held = any(kind_of(v) == kind_of(wanted) and v == wanted for v in value)
        return held is (operator == "contains")
    if len(kinds) > 1 or kinds <= {"null", "other"}:
        return False
    if operator in ("eq", "ne"):
        return bool(value == wanted) is (operator == "eq")
    if kinds == {"boolean"}:
        return False
    if operator in ("contains", "notContains", "beginsWith"):
        if kinds != {"text"}:
            return False
        found: int = value.find(wanted)
        texts = {"contains": found >= 0, "notContains": found < 0, "beginsWith": found == 0}
        return texts[operator]
    orders = {"lt": value < wanted, "le": value <= wanted, "gt": value > wanted}
    return bool((orders | {"ge": value >= wanted})[operator])


def kind_of(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "number"
    return "text" if isinstance(value, str) else "other"


SCALARS: tuple[Any, ...] = (0, 1, 1.0, 2.5, 3, "", "a", "ab", "b", "1")
VALUES: tuple[Any, ...] = (
    *(*SCALARS, *SCALARS, True, False, None),
    *([], ["a", 1], [True, "ab", None], [[1], {"a": 1}], {"c": 1}, {"c": "a"}),
)
NAMES = ("a", "b", "b.c", "d")
OPERATORS = ("eq", "ne", "le", "lt", "ge", "gt", "beginsWith", "contains", "notContains")
LISTS = ("in", "notIn", "containsAny")


def random_group(chance: Random) -> Any:
    def condition(name: str) -> tuple[str, str, Any]:
        operator = chance.choice((*OPERATORS, "eq", "eq", "between", *LISTS))
        if operator in LISTS:
            many = chance.randint(1, 3)
            return name, operator, [chance.choice(SCALARS) for _ in range(many)]
        if operator == "between":
            return name, operator, sorted(chance.choices((0, 1, 2.5, 3), k=2))
        booleans = (True, False) if operator in ("eq", "ne", "contains", "notContains") else ()
        texts = [each for each in SCALARS if isinstance(each, str)]
        values = texts if operator == "beginsWith" else (*SCALARS, *booleans)
        return name, operator, chance.choice(values)

    def conditions() -> list[tuple[str, str, Any]]:
        return [condition(name) for name in chance.sample(NAMES, chance.randint(1, 2))]

    return {"filterGroup": [element(*conditions()) for _ in range(chance.randint(1, 3))]}


def random_payload(chance: Random) -> dict[str, Any]:
    names = chance.sample(("a", "b", "d"), chance.randint(1, 3))
    return {name: chance.choice(VALUES) for name in names}


def test_index_agrees_with_the_documentation_on_random_pairs() -> None:
    chance = Random(4)
    groups = [random_group(chance) for _ in range(PAIRS // 50)]
    whole: Index[int] = Index()
    for key, each in enumerate(groups):
        whole.add(enhanced(each), key)
    matched = 0
    for _ in range(50):
        payload = random_payload(chance)
        expected = [key for key, each in enumerate(groups) if naive(each, payload)]
        found = whole.matching(payload)
        assert sorted(found) == expected, payload
        matched += len(found)
    assert PAIRS * 0.05 < matched < PAIRS * 0.5


def naive_basic(arguments: Mapping[str, Any], payload: Mapping[str, Any]) -> bool:
    as_json = {name: json.dumps(payload.get(name), sort_keys=True) for name in arguments}
    return all(
        as_json[name] == json.dumps(value, sort_keys=True) for name, value in arguments.items()
    )


def test_arguments_agree_with_the_documentation_on_random_pairs() -> None:
    chance = Random(5)
    values = (*(v for v in VALUES if type(v) is not float),)  # 1.0 is 1, but not in Python's JSON
    asked = [
        {name: chance.choice(values) for name in chance.sample("abd", chance.randint(0, 2))}
        for _ in range(200)
    ]
    whole: Index[int] = Index()
    for key, arguments in enumerate(asked):
        whole.add(basic(arguments), key)
    for _ in range(50):
        payload = {name: chance.choice(values) for name in "abd" if chance.random() < 0.8}
        expected = [key for key, each in enumerate(asked) if naive_basic(each, payload)]
        assert sorted(whole.matching(payload)) == expected, payload


def test_null_asks_for_null_and_omission_for_nothing() -> None:
    found = index(null=basic({"owner": None}), any=basic({}), al=basic({"owner": "al"}))
    assert sorted(found.matching({"owner": "al"})) == ["al", "any"]
    assert sorted(found.matching({"owner": None})) == ["any", "null"]
    assert sorted(found.matching({"other": 1})) == ["any", "null"]


@pytest.mark.parametrize("payload", [[{"a": 1}], [], None, "text", 7, True])
def test_payload_that_is_no_object_fits_no_condition(payload: Any) -> None:
    found = index(
        all=basic({}), one=enhanced(group(("a", "eq", 1))), ne=enhanced(group(("a", "ne", 2)))
    )
    assert found.matching(payload) == ["all"]


def test_number_is_a_number_and_true_is_not() -> None:
    found = index(one=basic({"a": 1}), true=basic({"a": True}), text=basic({"a": "1"}))
    assert found.matching({"a": 1.0}) == ["one"]
    assert found.matching({"a": True}) == ["true"]
    assert found.matching({"a": "1"}) == ["text"]


def test_key_is_given_once_however_many_groups_fit() -> None:
    alike = {
        "filterGroup": [element(("a", "eq", 1)), element(("b", "eq", 2)), element(("a", "eq", 1))]
    }
    found = index(key=enhanced(alike))
    assert found.matching({"a": 1, "b": 2}) == ["key"]
    found.remove("key")
    assert found.matching({"a": 1, "b": 2}) == []


def test_key_filed_again_has_its_last_groups() -> None:
    found = index(key=basic({"a": 1}))
    found.add(basic({"a": 2}), "key")
    assert len(found) == 1
    assert (found.matching({"a": 1}), found.matching({"a": 2})) == ([], ["key"])


def test_who_leaves_while_an_event_goes_round_disturbs_nobody() -> None:
    found = index(al=basic({"a": 1}), bo=basic({"a": 1}))
    keys = found.matching({"a": 1})
    for key in keys:
        found.remove(key)
    assert keys == ["al", "bo"]
    assert not found.matching({"a": 1})


def test_removal_leaves_nothing_behind() -> None:
    chance = Random(6)
    groups = [enhanced(random_group(chance)) for _ in range(300)]
    made: Index[int] = Index()
    for _ in range(2):
        for key, each in enumerate(groups):
            made.add(each, key)
        for key in chance.sample(range(300), 300):
            made.remove(key)
            made.remove(key)  # not there any more
    assert vars(made) == vars(Index())


def test_look_up_does_not_look_at_all_subscriptions() -> None:
    """Counted, not timed: how often a payload's field is read."""

    class Counted(dict[str, Any]):
        reads = 0

        def get(self, key: str, default: Any = None) -> Any:
            Counted.reads += 1
            return super().get(key, default)

    made: Index[int] = Index()
    for key in range(1000):
        made.add(basic({"owner": f"u{key}"}), key)
        made.add(enhanced(group(("owner", "eq", f"u{key}"), ("n", "gt", key))), -key - 1)
    assert sorted(made.matching(Counted(owner="u7", n=9))) == [-8, 7]
    assert Counted.reads == 2
