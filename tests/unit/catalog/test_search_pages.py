"""A search's pages, against a naive search, and its tokens."""

import base64
import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resolvers.catalog.model import Product
from resolvers.shared.paging import Listing
from resolvers.shared.text import closeness, fold, words
from tests.unit.naive import FILTERS, ITEMS, holds
from tests.unit.shop import call, found, pages, put, refused, stock, thing
from tests.unit.tables import catalog_tables

TIMES = ["2025-12-31T23:59:59.999Z", "2026-01-01T00:00:00.000Z", "2026-01-01T00:00:00.001Z"]
SORTS = st.none() | st.fixed_dictionaries(
    {"field": st.sampled_from(["NAME", "PRICE", "UPDATED_AT", "RELEVANCE"])},
    optional={"direction": st.sampled_from(["ASC", "DESC"])},
)
TEXTS = ["", "dune", "DNUE", "messia", "dune messiah", "emma", "dun", "und", "ete", "d", "?"]
STOCK = st.dictionaries(
    st.sampled_from("abcdefghij"), st.tuples(ITEMS, st.sampled_from(TIMES)), max_size=9
)


def product_of(id: str, item: dict[str, Any], updated_at: str) -> Product:
    return Product(id=id, updated_at=updated_at, **item)


def distance(text: str, product: Product) -> int | None:
    """Add up how far a product is from each word of a text; None where one is not near."""
    in_name, everywhere = words(product.name), words(f"{product.name} {product.description or ''}")
    total = 0
    for typed in words(text):
        near = [(closeness(typed, word), word not in in_name) for word in everywhere]
        distances = [2 * close + below for close, below in near if close is not None]
        if not distances:
            return None
        total += min(distances)
    return total


def naive_search(
    products: list[Product], text: str, filter: dict[str, Any], sort: dict[str, Any] | None
) -> list[str]:
    fitting = [
        (product, distance(text, product))
        for product in products
        if holds(filter, {name: getattr(product, name) for name in product.__slots__})
    ]
    if text:
        fitting = [(p, far) for p, far in fitting if far is not None and words(text)]
    field = sort["field"] if sort else "RELEVANCE" if text else "NAME"

    def place(candidate: tuple[Product, int | None]) -> Any:
        product, far = candidate
        name = (fold(product.name), product.id)
        keys = {
            "NAME": name,
            "PRICE": (product.price, product.id),
            "UPDATED_AT": (product.updated_at, product.id),
            "RELEVANCE": (far, *name),
        }
        return keys[field]

    descending = (sort or {}).get("direction") == "DESC"
    return [product.id for product, _ in sorted(fitting, key=place, reverse=descending)]


@given(STOCK, st.sampled_from(TEXTS), FILTERS | st.just({}), SORTS, st.integers(1, 4))
@settings(max_examples=40, deadline=None)
def test_pages_together_are_what_a_naive_search_finds(
    given_stock: dict[str, Any],
    text: str,
    filter: dict[str, Any],
    sort: dict[str, Any] | None,
    limit: int,
) -> None:
    products = [product_of(id, *given) for id, given in given_stock.items()]
    with catalog_tables():
        stock(*products)
        got = pages(text=text, filter=filter, sort=sort, limit=limit)
    assert [id for page in got for id in page] == naive_search(products, text, filter, sort)
    assert all(len(page) == limit for page, _ in pairwise(got))
    assert len(got) == 1 or got[-1]


# More products than a page of the index reads at once, of which few fit.
@pytest.mark.usefixtures("shop")
def test_filter_that_drops_most_leaves_no_empty_page() -> None:
    stock(*(thing(f"{n:03}", stock=int(n % 50 == 49)) for n in range(150)))
    in_stock = {"stock": {"gt": 0}}
    assert pages(filter=in_stock, limit=2) == [["049", "099"], ["149"]]
    assert pages(filter=in_stock, limit=3) == [["049", "099", "149"]]
    assert pages(filter={"stock": {"gt": 1}}) == [[]]


@pytest.mark.usefixtures("shop")
def test_relevance_pages_go_past_what_is_fetched_at_once() -> None:
    stock(*(thing(f"{n:03}", f"Dune {n:03}", stock=n % 2) for n in range(130)))
    odd = [f"{n:03}" for n in range(1, 130, 2)]
    got = pages(text="dnue", filter={"stock": {"eq": 1}}, limit=40)
    assert got == [odd[:40], odd[40:]]


@pytest.mark.usefixtures("shop")
def test_limit_may_change_from_page_to_page() -> None:
    stock(*(thing(id, f"Dune {id}") for id in "abcdef"))
    for arguments in ({}, {"text": "dune"}, {"text": "dune", "sort": {"field": "PRICE"}}):
        first = call("searchProducts", **arguments, limit=1)
        second = call("searchProducts", **arguments, limit=3, nextToken=first["nextToken"])
        third = call("searchProducts", **arguments, nextToken=second["nextToken"])
        sizes = [len(page["items"]) for page in (first, second, third)]
        assert (sizes, third["nextToken"]) == ([1, 3, 2], None)


@pytest.mark.parametrize("sort", [None, {"field": "PRICE", "direction": "DESC"}])
@pytest.mark.parametrize("text", [None, "dune"])
@pytest.mark.usefixtures("shop")
def test_page_goes_on_where_its_last_product_was(text: str | None, sort: Any) -> None:
    stock(*(thing(id, f"Dune {id}") for id in "abcd"))
    expected = found(text, sort=sort)
    first = call("searchProducts", text=text, sort=sort, limit=2)
    put(id=expected[1], name="Moved behind all others", price=0)
    rest = call("searchProducts", text=text, sort=sort, limit=2, nextToken=first["nextToken"])
    assert [product["id"] for product in rest["items"]] == expected[2:]


LIST: dict[str, Any] = {
    "text": "dune",
    "filter": {"stock": {"ge": 0}, "price": {"lt": 1000}},
    "sort": {"field": "NAME"},
}


def token() -> str:
    stock(*(thing(id, f"Dune {id}") for id in "abc"))
    given = call("searchProducts", **LIST, limit=1)["nextToken"]
    assert isinstance(given, str)
    return given


@pytest.mark.parametrize(
    "other",
    [
        {"text": "dunes"},
        {"text": None},
        {"filter": None},
        {"filter": {"stock": {"ge": 1}, "price": {"lt": 1000}}},
        {"sort": {"field": "PRICE"}},
        {"sort": {"field": "NAME", "direction": "DESC"}},
        {"sort": None},
    ],
)
@pytest.mark.usefixtures("shop")
def test_token_of_another_list_is_refused(other: dict[str, Any]) -> None:
    of_this = token()
    with refused("nextToken"):
        call("searchProducts", **LIST | other, nextToken=of_this)


@pytest.mark.usefixtures("shop")
def test_token_does_not_mind_how_the_same_list_is_asked_for() -> None:
    same = {
        "text": "dune",
        "filter": {"price": {"lt": 1000}, "stock": {"ge": 0}},
        "sort": {"direction": "ASC", "field": "NAME"},
    }
    answer = call("searchProducts", **same, nextToken=token())
    assert [product["id"] for product in answer["items"]] == ["b", "c"]


@pytest.mark.usefixtures("shop")
def test_edited_token_is_refused() -> None:
    good = token()
    seal, position = json.loads(base64.urlsafe_b64decode(good))
    moved = base64.urlsafe_b64encode(json.dumps([seal, f"{position}x"]).encode()).decode()
    for bad in (moved, good[:-4], good + "AAAA", good.lower(), f" {good}"):
        with refused("nextToken"):
            call("searchProducts", **LIST, nextToken=bad)


@pytest.mark.usefixtures("shop")
def test_garbage_is_refused_as_a_token() -> None:
    for garbage in ("", "x", "null", "W10=", "bnVsbA==", "💥", "\ud800", "A" * 9999):
        with refused("nextToken"):
            call("searchProducts", nextToken=garbage)


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize("position", [7, "a", [1], ["a", 1], [1, 2], [True, "a"], None, {}])
def test_forged_position_is_invalid(position: object) -> None:
    stock(thing("1", "Dune"))
    order = {"field": "RELEVANCE", "direction": "ASC"}
    listing = Listing("searchProducts", text="dune", filter=None, sort=order)
    forged = listing.page(iter("ab"), 1, lambda _: position).next_token
    with refused("nextToken"):
        call("searchProducts", text="dune", nextToken=forged)
