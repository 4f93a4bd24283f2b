"""The orders of a search."""

import pytest

from resolvers.catalog import nearness
from resolvers.catalog.model import Product
from tests.unit.calls import counted
from tests.unit.shop import found, pages, stock, thing

pytestmark = pytest.mark.usefixtures("shop")

PRICE = {"field": "PRICE"}
SHOP = [
    # Filed by id out of every other order; b, c and d are equal in all that one can sort by.
    thing("d", "Dune", price=5),
    thing("a", "Zebra", price="0.5", updated_at="2026-03-01T00:00:00.000Z"),
    thing("c", "dune", price=5),
    thing("e", "dune messiah", price=100, updated_at="2025-12-31T23:59:59.999Z"),
    thing("b", "Duné", price="5.00"),
    thing("f", "Emma", price=30, updated_at="2026-01-01T00:00:00.001Z"),
]
NAME_ORDER = list("bcdefa")
ORDERS = {
    "NAME": NAME_ORDER,
    "PRICE": list("abcdfe"),
    "UPDATED_AT": list("ebcdfa"),
    "RELEVANCE": NAME_ORDER,
}


@pytest.mark.parametrize("direction", ["ASC", "DESC", None])
@pytest.mark.parametrize("field", ORDERS)
def test_search_sorts_by_every_field_both_ways(field: str, direction: str | None) -> None:
    stock(*SHOP)
    expected = ORDERS[field][:: -1 if direction == "DESC" else 1]
    sort = {"field": field, "direction": direction}
    assert pages(sort=sort, limit=2) == [expected[:2], expected[2:4], expected[4:]]


@pytest.mark.parametrize("text", [None, "", "  \t\n"])
def test_search_without_text_is_all_by_name(text: str | None) -> None:
    stock(*SHOP)
    assert found(text) == NAME_ORDER


# By closeness to "dune": a name before a description, and exact before prefix before typo.
CLOSENESS = [
    thing("6", "Dune"),
    thing("5", "Sand", description="a dune, many dunes"),
    thing("4", "Dunes", description="june"),
    thing("3", "Beach", description="all about dunes"),
    thing("2", "Dude"),
    thing("1", "Almanac", description="From june to july"),
]


def test_relevance_is_exact_then_prefix_then_typo() -> None:
    stock(*CLOSENESS)
    assert found("dune") == list("654321")
    assert found("dune", sort={"field": "RELEVANCE"}, limit=4) == list("654321")
    assert found("dune", sort={"field": "RELEVANCE", "direction": "DESC"}, limit=1) == list(
        "123456"
    )


def test_relevance_ties_go_by_name_then_id() -> None:
    names = {"1": "Dune Zero", "2": "Dune Épic", "3": "dune era", "5": "Dune", "4": "Dune"}
    stock(*(thing(id, name) for id, name in names.items()))
    assert pages(text="dune", limit=2) == [["4", "5"], ["2", "3"], ["1"]]


def test_relevance_adds_up_the_words() -> None:
    stock(
        thing("name+typo", "Dune Messiah"),
        thing("name+name", "Messiah of Dune"),
        thing("name+description", "Dune", description="messiah"),
        thing("typo+typo", "Dude Messsiah"),
    )
    assert found("dune messiah") == ["name+typo", "name+name", "name+description", "typo+typo"]
    assert found("dune messsiah") == ["typo+typo", "name+typo", "name+name", "name+description"]


def test_of_many_longer_words_the_shortest_are_searched() -> None:
    longer = [thing(str(n), "dune" + "x" * n) for n in range(1, nearness.MOST_PREFIXES + 3)]
    stock(*longer)
    shortest = {str(n) for n in range(1, nearness.MOST_PREFIXES + 1)}
    assert set(found("dune")) == set(found("dune", sort=PRICE)) == shortest


def crowd(number: int) -> list[Product]:
    """Make products that one word finds, with prices in an order unlike that of their names."""
    return [
        thing(f"{n:03}", f"Crowd {n}", price=n * 7 % number, category="game" if n % 9 else "book")
        for n in range(number)
    ]


def test_more_candidates_than_few_come_by_the_index() -> None:
    products = crowd(nearness.FEW + 1)
    stock(*products, *(thing(f"other {n}", price=n) for n in range(5)))
    by_price = [p.id for p in sorted(products, key=lambda p: (p.price, p.id))]
    with counted() as calls:
        assert found("crowd", sort=PRICE, limit=300) == by_price
    assert "BatchGetItem" in calls  # the vocabulary's
    assert calls["BatchGetItem"] == 2
    few = {"category": {"eq": "book"}, "stock": {"gt": 0}}
    books = [p.id for p in products if p.category == "book"]
    dearest = [id for id in reversed(by_price) if id in books]
    descending = PRICE | {"direction": "DESC"}
    assert found("crowds", sort=descending, filter=few, limit=1000) == dearest
