"""A small shop on moto: the catalog's tables, its products and its real handler."""

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import pytest

from resolvers.catalog import store
from resolvers.catalog.fields import handler
from resolvers.catalog.model import Category, Product, ProductReviews
from resolvers.registry import registry
from resolvers.shared.errors import Invalid
from resolvers.shared.items import Item
from resolvers.shared.table import Store
from tests.unit.calls import USER, batch, event, invoke

SHELVES = [Category("book", "Books"), Category("game", "Games"), Category("toy", "Toys")]
Json = dict[str, Any]


def thing(id: str, name: str | None = None, **values: Any) -> Product:
    """Make a product; what a test does not care about is filled in."""
    given = {"description": None, "category": "book", "stock": 1} | values
    price = Decimal(str(given.pop("price", 10)))
    updated = given.pop("updated_at", "2026-01-01T00:00:00.000Z")
    return Product(id=id, name=name or id, price=price, updated_at=updated, **given)


def stock(*products: Product, opinions: Iterable[ProductReviews] = ()) -> None:
    """Fill the empty shop."""
    store.load(SHELVES, list(products), list(opinions))


def call(field: str, **arguments: Any) -> Any:
    """Ask the catalog's handler for a query field."""
    return invoke(handler, event(f"Query.{field}", arguments))


def call_batch(coordinate: str, parents: list[Any], **arguments: Any) -> list[Json]:
    """Ask the catalog's handler for a field of many parents."""
    envelopes: list[Json] = invoke(handler, batch(coordinate, parents, **arguments))
    return envelopes


def put(**given: Any) -> Json:
    """Write a product through the handler, as an administrator."""
    whole = {"name": "Dune", "price": 12.99, "category": "book", "stock": 3} | given
    product: Json = invoke(handler, event("Mutation.putProduct", {"input": whole}, identity=USER))
    return product


def found(text: str | None = None, **arguments: Any) -> list[str]:
    """Search, and give the ids on all pages together."""
    return [id for page in pages(text=text, **arguments) for id in page]


def pages(**arguments: Any) -> list[list[str]]:
    """Search to the last page, and give the ids page by page."""
    pages, token = [], None
    while True:
        page = call("searchProducts", **arguments, nextToken=token)
        pages.append([product["id"] for product in page["items"]])
        token = page["nextToken"]
        if token is None:
            return pages


def contents() -> dict[str, list[Item]]:
    """Read everything in every table of the catalog, to compare."""
    context = registry().contexts["catalog"]
    return {
        table.name: sorted(Store(context.name, table).scan(), key=repr) for table in context.tables
    }


def refused(argument: str) -> Any:
    """Expect an Invalid that names the argument."""
    return pytest.raises(Invalid, match=rf"^{re.escape(argument)}: ")
