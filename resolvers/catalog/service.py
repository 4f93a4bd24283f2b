"""The catalog's rules."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from itertools import islice
from typing import Any
from uuid import uuid4

from resolvers.catalog import store
from resolvers.catalog.model import (
    Category,
    Product,
    ProductInput,
    ProductSort,
    ProductSortField,
    Review,
    SortDirection,
)
from resolvers.shared import text as fuzzy
from resolvers.shared.arguments import HALF_PAIR
from resolvers.shared.batching import in_order, side_by_side
from resolvers.shared.errors import Conflict, Invalid, NotFound
from resolvers.shared.filtering import predicate
from resolvers.shared.paging import Listing, Page, bounded, unpaged
from resolvers.shared.shapes import to_plain

BY_NAME = ProductSort(ProductSortField.NAME)
BY_RELEVANCE = ProductSort(ProductSortField.RELEVANCE)
FEW = 500  # as many candidates are fetched and sorted; with more, an index is walked in order
CHUNK = 100
MOST_WORDS = 16
MOST_STORED_WORDS = 300  # each is several writes, and all must be done before the timeout
MOST_PREFIXES = 24
PRICE_LIMIT = Decimal(10**12)
PRICE_STEP = Decimal("0.000001")
LONGEST = {"input.id": 100, "input.name": 1_000, "input.description": 10_000}
ATTEMPTS = 3
FILTERED = ("name", "description", "category", "price", "stock")


def products(category: str | None, limit: int | None) -> list[Product]:
    """List products by name, of one category or of all; an unknown category has none."""
    size = bounded(limit, default=50)
    return unpaged(list(islice(store.ordered(BY_NAME, category, None, size), size)))


def product(id: str) -> Product | None:
    """Give one product, or None."""
    found = store.find(id)
    return found.product if found else None


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


def products_by_category(ids: Sequence[str], limit: int | None) -> list[list[Product]]:
    """Line up the products of categories with their ids."""
    size = bounded(limit, default=20)
    return unpaged(side_by_side(lambda id: products(id, size), ids))


def newest_reviews(ids: Sequence[str], limit: int | None) -> list[list[Review]]:
    """Line up the newest reviews of products with their ids."""
    size = bounded(limit, default=10)
    found = in_order(ids, store.find_reviews(ids), lambda reviews: reviews.product)
    return [reviews.newest[:size] if reviews else [] for reviews in found]


def search(
    text: str | None,
    filter: dict[str, Any] | None,
    sort: ProductSort | None,
    limit: int | None,
    next_token: str | None,
) -> Page[Product]:
    """Find products by words and filters.

    Every word typed must be near a word of the name or the description. RELEVANCE orders by
    closeness, then by name; without words everything is equally close. Raises Invalid for a filter,
    limit or token that makes no sense.
    """
    size = bounded(limit, default=20)
    typed = fuzzy.words(text) if text and text.strip() else None
    order = sort or (BY_NAME if typed is None else BY_RELEVANCE)
    listing = Listing("searchProducts", text=text, filter=filter, sort=to_plain(order))
    ranked = typed is not None and order.field is ProductSortField.RELEVANCE
    after = listing.position(next_token, *((int, str) if ranked else (str,)))
    fits = _filter_test(filter)
    if typed is None:
        if order.field is ProductSortField.RELEVANCE:
            order = replace(order, field=ProductSortField.NAME)
        return _walk(listing, order, filter, fits, after, size, selective=bool(filter))
    near = _near_words(typed)
    ranks = _ranks(near)
    fits_all = _both(fits, _text_test(near))
    if ranked:
        return _by_rank(listing, ranks, order.direction, fits_all, after, size)
    if len(ranks) > FEW:
        return _walk(listing, order, filter, fits_all, after, size, selective=True)
    found = [product for product in store.find_many(ranks) if fits_all(product)]
    return _sorted(listing, found, order, after, size)


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


Test = Callable[[Product], bool]


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


def _filter_test(filter: dict[str, Any] | None) -> Test:
    fits = predicate(filter)
    return lambda product: fits({name: getattr(product, name) for name in FILTERED})


def _text_test(near: Sequence[dict[str, fuzzy.Closeness]]) -> Test:
    def fits(product: Product) -> bool:
        words = store.searchable_words(product)
        return all(words & group.keys() for group in near)

    return fits


def _both(first: Test, second: Test) -> Test:
    return lambda product: first(product) and second(product)


def _only_category(filter: dict[str, Any] | None) -> str | None:
    """Find the category that a filter's outermost level demands: its index is shorter to walk."""
    wanted = ((filter or {}).get("category") or {}).get("eq")
    return wanted or None


def _walk(
    listing: Listing,
    order: ProductSort,
    filter: dict[str, Any] | None,
    fits: Test,
    after: str | None,
    size: int,
    *,
    selective: bool,
) -> Page[Product]:
    # Where most of what is read may be dropped, the reads are larger than the page.
    at_once = max(size + 1, CHUNK) if selective else size + 1
    ahead = store.ordered(order, _only_category(filter), after, at_once)
    return listing.page(
        (product for product in ahead if fits(product)),
        size,
        lambda product: store.sort_key(product, order.field),
    )


def _near_words(typed: list[str]) -> list[dict[str, fuzzy.Closeness]]:
    if len(typed) > MOST_WORDS:
        raise Invalid("text", f"must not have more than {MOST_WORDS} words")
    keys = {key for word in typed for key in fuzzy.search_keys(word)}
    known = store.known_words(keys) if keys else set()
    return [fuzzy.nearest(word, known, MOST_PREFIXES) for word in typed]


def _ranks(near: Sequence[dict[str, fuzzy.Closeness]]) -> dict[str, list[Any]]:
    """Rank the products near every word typed: `[distance, name key]` by id."""
    words = [word for group in near for word in group]
    found = dict(zip(words, side_by_side(store.containing, words), strict=True))
    per_word = [_best(group, found) for group in near]
    everywhere = set.intersection(*(set(best) for best in per_word)) if per_word else set()
    return {id: [sum(best[id][0] for best in per_word), per_word[0][id][1]] for id in everywhere}


def _best(
    group: dict[str, fuzzy.Closeness], found: dict[str, list[store.Posting]]
) -> dict[str, tuple[int, str]]:
    best: dict[str, tuple[int, str]] = {}
    for word, closeness in group.items():
        for posting in found[word]:
            # The name counts as nearer than the description, but by less than a typo.
            distance = 2 * closeness + posting.place
            if posting.product not in best or distance < best[posting.product][0]:
                best[posting.product] = (distance, posting.name_key)
    return best


def _by_rank(
    listing: Listing,
    ranks: dict[str, list[Any]],
    direction: SortDirection,
    fits: Test,
    after: Any,
    size: int,
) -> Page[Product]:
    descending = direction is SortDirection.DESC
    ids = sorted(ranks, key=lambda id: ranks[id], reverse=descending)
    if after is not None:
        ids = [id for id in ids if (ranks[id] < after if descending else ranks[id] > after)]
    found = (product for product in _fetched(ids) if fits(product))
    return listing.page(found, size, lambda product: ranks[product.id])


def _fetched(ids: list[str]) -> Iterator[Product]:
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        yield from (
            p for p in in_order(chunk, store.find_many(chunk), lambda product: product.id) if p
        )


def _sorted(
    listing: Listing, found: list[Product], order: ProductSort, after: str | None, size: int
) -> Page[Product]:
    def key(product: Product) -> str:
        return store.sort_key(product, order.field)

    descending = order.direction is SortDirection.DESC
    found.sort(key=key, reverse=descending)
    left = [p for p in found if after is None or (key(p) < after if descending else key(p) > after)]
    return listing.page(iter(left), size, key)
