"""Names and numbers across the edge."""

import json
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resolvers.shared.items import marshal, unmarshal
from resolvers.shared.shapes import camel, from_plain, to_json, to_plain
from tests.support.names import snake


class Colour(Enum):
    RED = "red"


@dataclass(frozen=True)
class Part:
    from_: str
    unit_price: Decimal
    colour: Colour = Colour.RED


@dataclass(frozen=True)
class Whole:
    id: str
    note: str | None
    parts: tuple[Part, ...] = ()
    counts: list[int] | None = None
    is_new: bool = False
    ratio: float = 0.5
    label: str | None = "none given"
    anything: dict[str, Any] | None = None


@pytest.mark.parametrize(
    ("inner", "outer"),
    [
        ("id", "id"),
        ("next_token", "nextToken"),
        ("thumbnail_url", "thumbnailUrl"),
        ("from_", "from"),
        ("in_", "in"),
        ("not_", "not"),
        ("class_", "class"),
        ("line1", "line1"),
        ("is_a_test", "isATest"),
    ],
)
def test_names_change_case_and_back(inner: str, outer: str) -> None:
    assert (camel(inner), snake(outer)) == (outer, inner)


@given(st.from_regex(r"[a-z][a-zA-Z0-9]*", fullmatch=True))
@settings(deadline=None)
def test_every_graphql_name_comes_back(name: str) -> None:
    assert snake(name).isidentifier()
    assert camel(snake(name)) == name


@pytest.mark.parametrize(
    ("given", "text"),
    [
        (12.99, "12.99"),
        (0.1, "0.1"),
        (0.000001, "1e-06"),
        (19.9, "19.9"),
        (100.0, "100"),
        (7, "7"),
        (0, "0"),
        (999_999_999_999.99, "999999999999.99"),
        (123_456_789.123456, "123456789.123456"),
    ],
)
def test_price_is_exact_through_the_table_and_back(given: float, text: str) -> None:
    price = from_plain(Decimal, given)
    assert price == Decimal(text)
    assert json.dumps(to_json(unmarshal(marshal(price)))) == text


@given(st.floats(-1e15, 1e15))
@settings(deadline=None)
def test_every_number_comes_back(number: float) -> None:
    stored = unmarshal(marshal(from_plain(Decimal, number)))
    assert json.loads(json.dumps(to_json(stored))) == number


def test_sums_are_decimal() -> None:
    total = sum((from_plain(Decimal, price) for price in (0.1, 0.2)), Decimal())
    assert to_json(total) == 0.3


TEXTS = st.text(max_size=5)
PRICES = st.decimals(0, 10**9, places=2)
PARTS = st.builds(Part, TEXTS, PRICES)
WHOLES = st.builds(
    Whole,
    id=TEXTS,
    note=TEXTS | st.none(),
    parts=st.lists(PARTS, max_size=3).map(tuple),
    counts=st.lists(st.integers(0, 9), max_size=3) | st.none(),
    is_new=st.booleans(),
    label=TEXTS | st.none(),
)


@given(WHOLES)
@settings(deadline=None)
def test_dataclass_comes_back_from_plain_data(whole: Whole) -> None:
    assert from_plain(Whole, to_plain(whole)) == whole


@given(WHOLES)
@settings(deadline=None)
def test_dataclass_comes_back_from_json(whole: Whole) -> None:
    assert from_plain(Whole, json.loads(json.dumps(to_json(whole)))) == whole


def test_json_has_the_contracts_names() -> None:
    whole = Whole("1", None, (Part("here", Decimal("12.99")),), anything={"keep_me": Decimal(2)})
    assert to_json(whole) == {
        "id": "1",
        "note": None,
        "parts": [{"from": "here", "unitPrice": 12.99, "colour": "red"}],
        "counts": None,
        "isNew": False,
        "ratio": 0.5,
        "label": "none given",
        "anything": {"keep_me": 2},
    }


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"id": "1"}, Whole("1", None)),
        ({"id": "1", "label": None}, Whole("1", None, label=None)),
        ({"id": "1", "isNew": None, "ratio": None, "parts": None}, Whole("1", None)),
        ({"id": "1", "unknown": 1}, Whole("1", None)),
    ],
)
def test_absent_and_null_take_the_default_where_there_is_one(
    given: dict[str, Any], expected: Whole
) -> None:
    assert from_plain(Whole, given) == expected


def test_table_numbers_become_ints_where_ints_are_meant() -> None:
    whole = from_plain(Whole, {"id": "1", "counts": [Decimal(1), Decimal("2.0")]})
    assert [type(count) for count in whole.counts] == [int, int]


def test_enum_is_read_by_value() -> None:
    assert from_plain(Colour, "red") is Colour.RED
    with pytest.raises(ValueError, match="blue"):
        from_plain(Colour, "blue")


@pytest.mark.parametrize("reduce", [to_plain, to_json])
def test_what_has_no_plain_form_is_refused(reduce: Any) -> None:
    with pytest.raises(TypeError, match="object has no plain form"):
        reduce({"a": [object()]})
