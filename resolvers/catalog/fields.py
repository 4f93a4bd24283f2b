"""The catalog's fields."""

from typing import Any

from resolvers.catalog import search, service
from resolvers.catalog.model import Category, Product, ProductInput, ProductSort, Review
from resolvers.shared.errors import NotFound
from resolvers.shared.paging import Page
from resolvers.shared.routing import Cache, ContextRouter
from resolvers.shared.selection import Selection

router = ContextRouter("catalog")


@router.query()
def products(
    asked: Selection, category: str | None = None, limit: int | None = 50
) -> list[Product]:
    """List products by name, of one category or of all."""
    return service.products(category, limit, asked.of(Product))


@router.query()
def product(asked: Selection, id: str) -> Product | None:
    """Give one product, or null."""
    return service.product(id, asked.of(Product))


@router.query()
def search_products(
    asked: Selection,
    text: str | None = None,
    filter: dict[str, Any] | None = None,
    sort: ProductSort | None = None,
    limit: int | None = 20,
    next_token: str | None = None,
) -> Page[Product]:
    """Find products by words and filters, a page at a time."""
    return search.search(text, filter, sort, limit, next_token, asked.of(Product, "items"))


@router.query(cache=Cache(ttl=60))
def categories() -> list[Category]:
    """List the categories by name."""
    return service.categories()


@router.mutation()
def put_product(input: ProductInput) -> Product:
    """Write a product, new or in place of the one with its id."""
    return service.put_product(input)


@router.batch("Product", "category", max_batch=500, reads=("category",))
def product_category(parents: list[dict[str, Any]]) -> list[Category | NotFound]:
    """Give each product its category."""
    return service.categories_by_id([parent["category"] for parent in parents])


@router.batch("Product", "reviews", max_batch=500, reads=("id",))
def product_reviews(parents: list[dict[str, Any]], limit: int | None = 10) -> list[list[Review]]:
    """Give each product its newest reviews."""
    return service.newest_reviews([parent["id"] for parent in parents], limit)


@router.batch("Category", "products", max_batch=100, reads=("id",))
def category_products(
    parents: list[dict[str, Any]], asked: Selection, limit: int | None = 20
) -> list[list[Product]]:
    """Give each category its products, by name."""
    ids = [parent["id"] for parent in parents]
    return service.products_by_category(ids, limit, asked.of(Product))


handler = router.handler()
