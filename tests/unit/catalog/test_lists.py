"""The catalog's lists: products, categories, and what hangs on them in batches."""

import json
from typing import Any

import pytest

from resolvers.catalog import store
from resolvers.catalog.fields import handler
from resolvers.catalog.model import Product, ProductReviews, Review
from resolvers.catalog.service import LARGEST_PRODUCT
from tests.unit.calls import batch, counted, invoke
from tests.unit.shop import Json, call, call_batch, found, pages, refused, stock, thing

pytestmark = pytest.mark.usefixtures("shop")


def ids(products: list[Json]) -> list[str]:
    return [product["id"] for product in products]


def many(number: int, *shelves: str) -> list[Product]:
    return [thing(f"p{n:03}", category=shelves[n % len(shelves)]) for n in range(number)]


def opinions(product: str, number: int) -> ProductReviews:
    newest = [
        Review(f"{product}-r{n}", "Ada", 5, None, f"2026-01-{28 - n:02}T00:00:00Z")
        for n in range(number)
    ]
    return ProductReviews(product, newest)


def test_products_lists_all_by_name_however_it_is_written() -> None:
    stock(
        thing("1", "Émile"),
        thing("2", "dune"),
        thing("3", "Zorro", category="toy"),
        thing("4", "  Dune ", category="game"),
        thing("5", "Dune Messiah"),
    )
    assert ids(call("products")) == ["2", "4", "5", "1", "3"]


def test_products_lists_one_category() -> None:
    stock(*many(7, "book", "game"))
    assert ids(call("products", category="game")) == ["p001", "p003", "p005"]


@pytest.mark.parametrize("category", ["nothing", "", "b" * 3000, "\ud800", "Book"])
def test_products_of_an_unknown_category_is_empty(category: str) -> None:
    stock(*many(3, "book"))
    assert call("products", category=category) == []


def test_products_of_a_null_category_are_all() -> None:
    stock(*many(3, "book", "game"))
    assert len(call("products", category=None)) == 3


def test_products_limit_counts_from_the_front() -> None:
    stock(*many(60, "book"))
    assert ids(call("products", limit=2)) == ["p000", "p001"]
    assert len(call("products", limit=1000)) == 60
    assert len(call("products")) == len(call("products", limit=None)) == 50


@pytest.mark.parametrize("limit", [0, -1, 1001])
@pytest.mark.parametrize("field", ["products", "searchProducts"])
def test_limit_out_of_bounds_is_refused(field: str, limit: int) -> None:
    with refused("limit"):
        call(field, limit=limit)


def test_no_product_is_larger_than_lists_take_it_to_be() -> None:
    bang = "\U0001f4a5"
    stock(thing(bang * 100, name=bang * 1_000, description=bang * 10_000))
    (largest,) = call("products")
    assert 12 * 11_100 < len(json.dumps(largest)) < LARGEST_PRODUCT


def test_products_that_are_too_large_together_come_in_pages() -> None:
    stock(*(thing(f"{n:02}", description="\U0001f4a5" * 10_000) for n in range(50)))
    assert len(call("products", limit=40)) == 40
    with refused("limit"):
        call("products")
    (shelf,) = call_batch("Category.products", [{"id": "book"}], limit=50)
    assert shelf["errorType"] == "Invalid"
    for search in ({"limit": 50}, {"limit": 50, "sort": {"field": "PRICE", "direction": "DESC"}}):
        found = pages(**search)
        assert sorted(id for page in found for id in page) == [f"{n:02}" for n in range(50)]
        assert [len(page) for page in found] == [24, 24, 2]


def test_product_gives_what_it_is() -> None:
    stock(thing("1", "Dune", description="Spice", price="12.99", stock=3))
    assert call("product", id="1") == {
        "id": "1",
        "name": "Dune",
        "description": "Spice",
        "price": 12.99,
        "category": "book",
        "stock": 3,
        "updatedAt": "2026-01-01T00:00:00.000Z",
        "images": [],
    }


@pytest.mark.parametrize("id", ["nope", "", " ", "x" * 5000, "\ud800", "\x00", "💥"])
def test_unknown_product_is_null(id: str) -> None:
    stock(thing("1"))
    assert call("product", id=id) is None


def test_categories_come_by_name() -> None:
    stock()
    assert call("categories") == [
        {"id": "book", "name": "Books"},
        {"id": "game", "name": "Games"},
        {"id": "toy", "name": "Toys"},
    ]


def test_category_products_come_by_name_in_a_call_a_category() -> None:
    stock(*many(90, "toy", "book", "game"))
    with counted() as calls:
        answer = call_batch("Category.products", call("categories"), limit=2)
    assert [ids(each["data"]) for each in answer] == [
        ["p001", "p004"],
        ["p002", "p005"],
        ["p000", "p003"],
    ]
    assert calls == {"Scan": 1, "Query": 3}


def test_category_products_are_20_unless_asked() -> None:
    stock(*many(25, "book"))
    shelf = [{"id": "book"}]
    assert [len(call_batch("Category.products", shelf)[0]["data"])] == [20]
    assert len(call_batch("Category.products", shelf, limit=None)[0]["data"]) == 20
    assert len(call_batch("Category.products", shelf, limit=25)[0]["data"]) == 25


def test_seeds_become_products_categories_and_reviews() -> None:
    review = {
        "id": "r",
        "author": "Ada",
        "rating": 5,
        "text": None,
        "createdAt": "2026-01-01T00:00:00Z",
    }
    dune: Json = {
        "id": "1",
        "name": "Dune",
        "description": None,
        "price": "12.99",
        "category": "book",
        "stock": 3,
        "updatedAt": "2026-01-01T00:00:00Z",
        "images": [],
    }
    emma = dune | {"id": "2", "name": "Emma", "reviews": []}
    shelves = [{"id": "book", "name": "Books"}]
    store.seed({"categories": shelves, "products": [dune | {"reviews": [review]}, emma]})
    assert call("categories") == shelves
    assert call("product", id="1") == dune | {"price": 12.99}
    assert found("dnue") == ["1"]
    answer = call_batch("Product.reviews", [{"id": "1"}, {"id": "2"}])
    assert answer == [{"data": [review]}, {"data": []}]


def test_category_products_of_an_unknown_category_are_none() -> None:
    stock(thing("1"))
    assert call_batch("Category.products", [{"id": "gone"}]) == [{"data": []}]


def test_200_products_ask_for_their_categories_once() -> None:
    stock(*many(200, "book", "game", "toy"))
    products = call("products", limit=200)
    with counted() as calls:
        answer = call_batch("Product.category", products)
    assert calls == {"BatchGetItem": 1}
    assert [each["data"]["id"] for each in answer] == [p["category"] for p in products]
    assert answer[0] == {"data": {"id": "book", "name": "Books"}}


def test_unknown_category_fails_its_own_element_only() -> None:
    stock()
    parents = [{"category": id} for id in ("book", "gone", "", "toy", "gone")]
    known, gone, empty, other, again = call_batch("Product.category", parents)
    assert (known["data"]["name"], other["data"]["name"]) == ("Books", "Toys")
    assert gone == again
    assert gone == {
        "data": None,
        "errorMessage": "There is no category gone.",
        "errorType": "NotFound",
    }
    assert empty["errorType"] == "NotFound"


def test_reviews_of_100_products_are_one_call() -> None:
    stock(opinions=[opinions(f"p{n}", n % 3) for n in range(100)])
    with counted() as calls:
        answer = call_batch("Product.reviews", [{"id": f"p{n}"} for n in range(100)])
    assert calls == {"BatchGetItem": 1}
    assert [len(each["data"]) for each in answer] == [n % 3 for n in range(100)]
    assert answer[2]["data"][1] == {
        "id": "p2-r1",
        "author": "Ada",
        "rating": 5,
        "text": None,
        "createdAt": "2026-01-27T00:00:00Z",
    }


def test_reviews_are_the_newest_ten_unless_asked() -> None:
    stock(opinions=[opinions("p", 12)])
    for limit, number in ({}, 10), ({"limit": None}, 10), ({"limit": 12}, 12), ({"limit": 1}, 1):
        (answer,) = call_batch("Product.reviews", [{"id": "p"}], **limit)
        assert ids(answer["data"]) == [f"p-r{n}" for n in range(number)]


def test_reviews_of_a_product_without_any_are_none() -> None:
    stock(thing("1"))
    assert call_batch("Product.reviews", [{"id": "1"}]) == [{"data": []}]


def aliases(coordinate: str, parents: list[Any], *limits: int) -> list[Any]:
    """Mix the elements of aliases with other limits, as one selection of them would."""
    events = [batch(coordinate, parents, limit=limit) for limit in limits]
    return [event for together in zip(*events, strict=True) for event in together]


def test_aliases_with_other_limits_share_a_batch() -> None:
    stock(*many(30, "book", "game"))
    shelves = [{"id": "book"}, {"id": "game"}]
    answer = invoke(handler, aliases("Category.products", shelves, 3, 1))
    assert [ids(each["data"]) for each in answer] == [
        ["p000", "p002", "p004"],
        ["p000"],
        ["p001", "p003", "p005"],
        ["p001"],
    ]


def test_refused_limit_of_one_alias_leaves_the_other() -> None:
    stock(opinions=[opinions("p", 3)])
    good, bad = invoke(handler, aliases("Product.reviews", [{"id": "p"}], 2, 0))
    assert ids(good["data"]) == ["p-r0", "p-r1"]
    assert bad == {
        "data": None,
        "errorMessage": "limit: must be between 1 and 1000",
        "errorType": "Invalid",
    }
