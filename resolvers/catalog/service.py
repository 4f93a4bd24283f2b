"""The catalog's rules, but for those of the search.

What lists or gives products takes the attributes to read, `only`; others stay null.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from itertools import islice
from uuid import uuid4

from resolvers.catalog import store
from resolvers.catalog.model import (
    Category,
    Product,
    ProductInput,
    ProductSort,
    ProductSortField,
    Review,
)
from resolvers.shared import text as fuzzy
from resolvers.shared.arguments import HALF_PAIR
from resolvers.shared.batching import in_order, side_by_side
from resolvers.shared.errors import Conflict, Invalid, NotFound
from resolvers.shared.items import Only
from resolvers.shared.paging import bounded, unpaged

BY_NAME = ProductSort(ProductSortField.NAME)
MOST_STORED_WORDS = 300  # each is several writes, and all must be done before the timeout
PRICE_LIMIT = Decimal(10**12)
PRICE_STEP = Decimal("0.000001")
LONGEST = {"input.id": 100, "input.name": 1_000, "input.description": 10_000}
LARGEST_PRODUCT = 12 * sum(LONGEST.values()) + 1_000  # bytes of JSON, all characters escaped
ATTEMPTS = 3


def products(category: str | None, limit: int | None, only: Only = None) -> list[Product]:
    """List products by name, of one category or of all; an unknown category has none."""
    found = _first(category, bounded(limit, default=50), only)
    return unpaged(found, len(found) * LARGEST_PRODUCT)


def _first(category: str | None, size: int, only: Only) -> list[Product]:
    return list(islice(store.ordered(BY_NAME, category, None, size, only), size))


def product(id: str, only: Only = None) -> Product | None:
    """Give one product, or None."""
    return store.read(id, only)


def categories() -> list[Category]:
    """List the categories by name."""
    return sorted(
        store.all_categories(), key=lambda category: (fuzzy.fold(category.name), category.id)
    )


def categories_by_id(ids: Sequence[str]) -> list[Category | NotFound]:
    """Line up categories with their ids."""
    found = in_order(ids, store.find_categories(ids), lambda category: category.id)
    return [
        each or NotFound(f"There is no category {id}.") for id, each in zip(ids, found, strict=True)
    ]


def products_by_category(
    ids: Sequence[str], limit: int | None, only: Only = None
) -> list[list[Product]]:
    """Line up the products of categories with their ids."""
    size = bounded(limit, default=20)
    found = side_by_side(lambda id: _first(id, size, only), ids)
    return unpaged(found, sum(map(len, found)) * LARGEST_PRODUCT)


def newest_reviews(ids: Sequence[str], limit: int | None) -> list[list[Review]]:
    """Line up the newest reviews of products with their ids."""
    size = bounded(limit, default=10)
    found = in_order(ids, store.find_reviews(ids), lambda reviews: reviews.product)
    return [reviews.newest[:size] if reviews else [] for reviews in found]


def put_product(
    given: ProductInput,
    *,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    new_id: Callable[[], str] = lambda: uuid4().hex,
) -> Product:
    """Write a product, new or in place of the one with its id; its images stay.

    Raises Invalid, naming the argument, when a rule is broken; nothing is written then.
    """
    _check(given)
    id = given.id or new_id()
    now = clock().astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    for _ in range(ATTEMPTS):
        before = store.find(id)
        product = _merged(given, id, now, before.product if before else None)
        try:
            store.save(product, before)
        except store.Changed:
            continue
        return product
    raise Conflict(f"The product {id} is being changed by others; try again.")


def _merged(given: ProductInput, id: str, now: str, before: Product | None) -> Product:
    return Product(
        id=id,
        name=given.name,
        description=given.description,
        price=abs(given.price),  # minus zero is zero
        category=given.category,
        stock=given.stock,
        updated_at=now,
        images=before.images if before else (),
    )


def _check(given: ProductInput) -> None:
    _check_texts(given)
    if given.stock < 0:
        raise Invalid("input.stock", "must not be negative")
    _check_price(given.price)
    # No field removes a category, so that one there now is there at the write.
    if not store.category_exists(given.category):
        raise Invalid("input.category", f"there is no category {given.category[:100]!r}")


def _check_texts(given: ProductInput) -> None:
    texts = {"input.id": given.id, "input.name": given.name, "input.description": given.description}
    for argument, value in texts.items():
        if len(value or "") > LONGEST[argument]:
            raise Invalid(argument, f"must not have more than {LONGEST[argument]:,} characters")
        if HALF_PAIR.search(value or ""):
            raise Invalid(argument, "has half of a surrogate pair")
    if not any(char.isprintable() and char != " " for char in fuzzy.fold(given.name)):
        raise Invalid("input.name", "must not be empty")
    if given.id is not None and not given.id.strip():
        raise Invalid("input.id", "must not be empty")
    if len(fuzzy.words(f"{given.name} {given.description or ''}")) > MOST_STORED_WORDS:
        reason = f"must not have more than {MOST_STORED_WORDS} different words, with the name's"
        raise Invalid("input.description", reason)


def _check_price(price: Decimal) -> None:
    if price < 0:
        raise Invalid("input.price", "must not be negative")
    if price >= PRICE_LIMIT:
        raise Invalid("input.price", f"must be under {PRICE_LIMIT:,}")
    if price % PRICE_STEP:
        raise Invalid("input.price", "must not have more than six decimals")
