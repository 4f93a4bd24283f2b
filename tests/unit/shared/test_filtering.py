"""The filter language, operator by operator, and against a naive reader of the same filters."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings

from resolvers.shared import filtering
from resolvers.shared.errors import Invalid
from resolvers.shared.filtering import MAX_DEPTH, predicate
from tests.unit.naive import FILTERS, ITEMS, holds

ITEM = {"name": "Dune", "stock": 5, "price": Decimal("12.99"), "description": None}


def fits(filter: dict[str, Any] | None) -> bool:
    return predicate(filter)(ITEM)


@pytest.mark.parametrize(
    ("operator", "matching", "other"),
    [
        ("eq", "Dune", "dune"),
        ("ne", "dune", "Dune"),
        ("lt", "Dunes", "Dune"),
        ("le", "Dune", "Dun"),
        ("gt", "Dun", "Dune"),
        ("ge", "Dune", "Dunes"),
        ("between", ["A", "E"], ["a", "e"]),
        ("between", ["Dune", "Dune"], ["E", "A"]),
        ("contains", "un", "UN"),
        ("contains", "", "Dunes"),
        ("notContains", "UN", "un"),
        ("beginsWith", "Du", "un"),
        ("in", ["Emma", "Dune"], ["dune"]),
        ("in", ["Dune"], []),
    ],
)
def test_string_operator_decides(operator: str, matching: Any, other: Any) -> None:
    assert fits({"name": {operator: matching}})
    assert not fits({"name": {operator: other}})


@pytest.mark.parametrize(
    ("operator", "matching", "other"),
    [
        ("eq", 5, 6),
        ("ne", 6, 5),
        ("lt", 6, 5),
        ("le", 5, 4),
        ("gt", 4, 5),
        ("ge", 5, 6),
        ("between", [5, 9], [6, 9]),
        ("in", [1, 5], [1, 6]),
    ],
)
def test_int_operator_decides(operator: str, matching: Any, other: Any) -> None:
    assert fits({"stock": {operator: matching}})
    assert not fits({"stock": {operator: other}})


@pytest.mark.parametrize(
    ("operator", "matching", "other"),
    [
        ("eq", 12.99, 12.990000000000002),
        ("ne", 12.990000000000002, 12.99),
        ("lt", 13, 12.99),
        ("le", 12.99, 12.98),
        ("gt", 12.98, 12.99),
        ("ge", 12.99, 13),
        ("between", [12.99, 12.99], [13, 14]),
        ("in", [1, 12.99], [12.989999999999998]),
    ],
)
def test_float_operator_is_exact(operator: str, matching: Any, other: Any) -> None:
    assert fits({"price": {operator: matching}})
    assert not fits({"price": {operator: other}})


@pytest.mark.parametrize(
    ("operators", "expected"),
    [
        ({"eq": None}, True),
        ({"eq": ""}, False),
        ({"ne": None}, False),
        ({"ne": "x"}, True),
        ({"notContains": "x"}, True),
        ({"contains": ""}, False),
        ({"beginsWith": ""}, False),
        ({"lt": "x"}, False),
        ({"le": "x"}, False),
        ({"gt": ""}, False),
        ({"ge": ""}, False),
        ({"between": ["", "x"]}, False),
        ({"in": ["x"]}, False),
    ],
)
def test_null_attribute_fits_as_documented(operators: dict[str, Any], expected: bool) -> None:
    assert fits({"description": operators}) is expected


@pytest.mark.parametrize(
    ("filter", "expected"),
    [
        (None, True),
        ({}, True),
        ({"name": None, "and": None, "or": None, "not": None}, True),
        ({"name": {}}, True),
        ({"and": []}, True),
        ({"or": []}, False),
        ({"not": {}}, False),
        ({"name": {"eq": "Dune"}, "stock": {"eq": 6}}, False),
        ({"name": {"ge": "A", "lt": "B"}}, False),
        ({"or": [{"stock": {"eq": 6}}, {"name": {"eq": "Dune"}}]}, True),
        ({"or": [{"stock": {"eq": 5}}], "not": {"stock": {"eq": 5}}}, False),
        ({"not": {"and": [{"stock": {"eq": 5}}, {"or": [{"price": {"lt": 1}}]}]}}, True),
    ],
)
def test_parts_combine(filter: dict[str, Any] | None, expected: bool) -> None:
    assert fits(filter) is expected


@pytest.mark.parametrize(
    ("filter", "place"),
    [
        ({"price": {"between": [1]}}, "filter.price.between"),
        ({"price": {"between": [1, 2, 3]}}, "filter.price.between"),
        ({"name": {"contains": None}}, "filter.name.contains"),
        ({"name": {"in": ["a", None]}}, "filter.name.in"),
        ({"or": [{}, {"not": {"stock": {"lt": None}}}]}, "filter.or[1].not.stock.lt"),
    ],
)
def test_senseless_operand_is_named(filter: dict[str, Any], place: str) -> None:
    with pytest.raises(Invalid) as refusal:
        predicate(filter)
    assert str(refusal.value).startswith(f"{place}: ")


def test_plain_value_means_equal() -> None:
    assert predicate({"done": True})({"done": True})
    assert not predicate({"done": True, "not": None})({"done": False})


@pytest.mark.parametrize("wrap", [lambda f: {"not": f}, lambda f: {"and": [f]}])
def test_depth_is_limited(wrap: Any) -> None:
    filter: dict[str, Any] = {"stock": {"eq": 5}}
    for _ in range(MAX_DEPTH):
        filter = wrap(filter)
    assert fits(filter) is True
    with pytest.raises(Invalid, match=r"^filter: is nested"):
        predicate(wrap(filter))


@given(FILTERS, ITEMS)
@settings(max_examples=400, deadline=None)
def test_predicate_agrees_with_a_naive_reader(filter: dict[str, Any], item: dict[str, Any]) -> None:
    assert predicate(filter)(item) is holds(filter, item)


@given(FILTERS, ITEMS)
@settings(max_examples=400, deadline=None)
def test_predicate_looks_at_nothing_but_what_is_tested(
    filter: dict[str, Any], item: dict[str, Any]
) -> None:
    part = {name: item[name] for name in filtering.tested(filter)}
    assert predicate(filter)(part) is predicate(filter)(item)


def test_parts_that_are_null_test_nothing() -> None:
    assert filtering.tested(None) == set()
    assert filtering.tested({"and": None, "or": [], "not": None}) == set()
