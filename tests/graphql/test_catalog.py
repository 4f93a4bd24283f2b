"""The catalog, asked as a frontend asks."""

import json
from typing import Any

import pytest

from tests.support.twin import ROOT, SEED_QUERY, RunningTwin

SEEDS: dict[str, Any] = json.loads((ROOT / "local" / "seeds" / "catalog.json").read_text())
PRODUCTS = {product["id"]: product for product in SEEDS["products"]}
SEARCH = """
  query Search(
    $text: String, $filter: ProductFilter, $sort: ProductSort, $limit: Int, $nextToken: String
  ) {
    searchProducts(
      text: $text, filter: $filter, sort: $sort, limit: $limit, nextToken: $nextToken
    ) {
      items { id name price stock category { id } }
      nextToken
    }
  }
"""


def ids_of(category: str) -> set[str]:
    return {id for id, product in PRODUCTS.items() if product["category"] == category}


def test_seed_query_answers_the_books(twin: RunningTwin) -> None:
    products = twin.ask(SEED_QUERY)["products"]
    hitchhiker = next(p for p in products if p["name"].startswith("The Hitchhiker"))
    assert len(products) == len(ids_of("book"))
    assert list(hitchhiker) == ["name", "description", "price"]
    assert hitchhiker["price"] == float(PRODUCTS["book-001"]["price"])


def test_products_without_category_lists_all_by_name(twin: RunningTwin) -> None:
    products = twin.ask("{ products(limit: 1000) { id } }")["products"]
    assert {product["id"] for product in products} == PRODUCTS.keys()


def test_products_of_an_unknown_category_is_empty(twin: RunningTwin) -> None:
    assert twin.ask('{ products(category: "nothing") { id } }') == {"products": []}


def test_product_gives_everything_it_has(twin: RunningTwin) -> None:
    query = """query ($id: ID!) { product(id: $id) {
      id name description price stock updatedAt images { url } category { id name }
      reviews(limit: 1) { id author rating text createdAt } } }"""
    seed = PRODUCTS["book-001"]
    product = twin.ask(query, id="book-001")["product"]
    assert product["reviews"] == seed["reviews"][:1]
    assert product["category"] == {"id": "book", "name": "Books"}
    assert product["updatedAt"] == seed["updatedAt"]


def test_name_of_another_field_hides_nothing(twin: RunningTwin) -> None:
    seed = PRODUCTS["book-001"]
    hidden = '{ product(id: "book-001") { name: description stock: id } }'
    assert twin.ask(hidden)["product"] == {"name": seed["description"], "stock": "book-001"}
    named = "name: description kind: category { id: name }"
    (first, *_) = twin.ask(f'{{ products(category: "book", limit: 1) {{ {named} }} }}')["products"]
    assert first["name"] in {product["description"] for product in PRODUCTS.values()}
    assert first["kind"] == {"id": "Books"}


def test_unknown_product_is_null(twin: RunningTwin) -> None:
    assert twin.ask('{ product(id: "nope") { id } }') == {"product": None}


@pytest.mark.parametrize("id", ["toy-015", "book-028", "garden-024"])
def test_awkward_names_come_through_unharmed(twin: RunningTwin, id: str) -> None:
    name = twin.ask("query ($id: ID!) { product(id: $id) { name } }", id=id)["product"]["name"]
    assert name == PRODUCTS[id]["name"]


def test_categories_give_their_products(twin: RunningTwin) -> None:
    categories = twin.ask("{ categories { id name products(limit: 1000) { id category { id } } } }")
    for category in categories["categories"]:
        assert {p["id"] for p in category["products"]} == ids_of(category["id"])
        assert {p["category"]["id"] for p in category["products"]} == {category["id"]}


def test_aliases_with_other_arguments_are_kept_apart(twin: RunningTwin) -> None:
    query = "{ categories { a: products(limit: 1) { id } b: products(limit: 3) { id } } }"
    counts = {(len(c["a"]), len(c["b"])) for c in twin.ask(query)["categories"]}
    assert counts == {(1, 3)}


@pytest.mark.parametrize(
    "typed", ["hitchhiker", "hitchiker", "Hitchhikre", "HITCHHIKERS guide", "galaxi hitchhiker"]
)
def test_search_finds_in_spite_of_one_typo(twin: RunningTwin, typed: str) -> None:
    page = twin.ask(SEARCH, text=typed, sort={"field": "RELEVANCE"})["searchProducts"]
    assert page["items"][0]["id"] == "book-001"


def test_search_finds_other_scripts(twin: RunningTwin) -> None:
    items = twin.ask(SEARCH, text=PRODUCTS["book-028"]["name"])["searchProducts"]["items"]
    assert [item["id"] for item in items] == ["book-028"]


@pytest.mark.parametrize("field", ["NAME", "PRICE", "UPDATED_AT"])
@pytest.mark.parametrize("direction", ["ASC", "DESC"])
def test_pages_put_together_are_the_whole_list(
    twin: RunningTwin, field: str, direction: str
) -> None:
    filter = {"or": [{"price": {"lt": 20}}, {"category": {"in": ["toy", "game"]}}]}
    wanted = {
        id
        for id, p in PRODUCTS.items()
        if float(p["price"]) < 20 or p["category"] in ("toy", "game")
    }
    seen: list[str] = []
    token = None
    while True:
        page = twin.ask(
            SEARCH,
            filter=filter,
            sort={"field": field, "direction": direction},
            limit=17,
            nextToken=token,
        )["searchProducts"]
        seen += [item["id"] for item in page["items"]]
        token = page["nextToken"]
        if token is None:
            break
        assert len(page["items"]) == 17
    assert len(seen) == len(set(seen))
    assert set(seen) == wanted


def test_page_token_of_another_list_is_refused(twin: RunningTwin) -> None:
    token = twin.ask(SEARCH, limit=1)["searchProducts"]["nextToken"]
    answer = twin.post(SEARCH, {"limit": 1, "nextToken": token, "filter": {"stock": {"gt": 0}}})
    (error,) = answer.json()["errors"]
    assert error["errorType"] == "Invalid"
    assert error["message"].startswith("nextToken")


def test_price_filter_is_exact(twin: RunningTwin) -> None:
    items = twin.ask(SEARCH, filter={"price": {"eq": 24.99}}, limit=100)["searchProducts"]["items"]
    assert {item["id"] for item in items} == {
        id for id, product in PRODUCTS.items() if product["price"] == "24.99"
    }


def test_api_key_may_not_put_a_product(twin: RunningTwin) -> None:
    query = 'mutation { putProduct(input: {name: "x", price: 1, category: "book"}) { id } }'
    answer = twin.post(query).json()
    assert answer["data"] is None
    assert answer["errors"] == [
        {
            "path": ["putProduct"],
            "data": None,
            "errorType": "Unauthorized",
            "errorInfo": None,
            "locations": [{"line": 1, "column": 12, "sourceName": None}],
            "message": "Not Authorized to access putProduct on type Mutation",
        }
    ]
