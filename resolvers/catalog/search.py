"""The catalog's rules of searching.

A product is read as far as what is selected, the filter, the words and the order take it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from resolvers.catalog import store
from resolvers.catalog.model import Product, ProductSort, ProductSortField, SortDirection
from resolvers.shared import text as fuzzy
from resolvers.shared.batching import in_order, side_by_side
from resolvers.shared.errors import Invalid
from resolvers.shared.filtering import predicate, tested
from resolvers.shared.items import Only, also
from resolvers.shared.paging import Listing, Page, bounded
from resolvers.shared.shapes import to_plain

BY_NAME = ProductSort(ProductSortField.NAME)
BY_RELEVANCE = ProductSort(ProductSortField.RELEVANCE)
FEW = 500  # as many candidates are fetched and sorted; with more, an index is walked in order
CHUNK = 100
MOST_WORDS = 16
MOST_PREFIXES = 24
FILTERED = ("name", "description", "category", "price", "stock")

Test = Callable[[Product], bool]


def search(
    text: str | None,
    filter: dict[str, Any] | None,
    sort: ProductSort | None,
    limit: int | None,
    next_token: str | None,
    only: Only = None,
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
    needed = also(only, *tested(filter), _placed_by(order.field))
    if typed is None:
        if order.field is ProductSortField.RELEVANCE:
            order = replace(order, field=ProductSortField.NAME)
        return _walk(listing, order, filter, fits, after, size, needed, selective=bool(filter))
    needed = also(needed, *store.SEARCHED)
    near = _near_words(typed)
    ranks = _ranks(near)
    fits_all = _both(fits, _text_test(near))
    if ranked:
        return _by_rank(listing, ranks, order.direction, fits_all, after, size, needed)
    if len(ranks) > FEW:
        return _walk(listing, order, filter, fits_all, after, size, needed, selective=True)
    found = [product for product in store.find_many(ranks, needed) if fits_all(product)]
    return _sorted(listing, found, order, after, size)


def _placed_by(field: ProductSortField) -> str:
    """Name the attribute that orders; where all are equally close, that is the name."""
    return store.ORDERS.get(field, store.ORDERS[ProductSortField.NAME]).attribute


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
    only: Only,
    *,
    selective: bool,
) -> Page[Product]:
    # Where most of what is read may be dropped, the reads are larger than the page.
    at_once = max(size + 1, CHUNK) if selective else size + 1
    ahead = store.ordered(order, _only_category(filter), after, at_once, only)
    return listing.page(
        (product for product in ahead if fits(product)),
        size,
        store.ORDERS[order.field].key,
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
    only: Only,
) -> Page[Product]:
    descending = direction is SortDirection.DESC
    ids = sorted(ranks, key=lambda id: ranks[id], reverse=descending)
    if after is not None:
        ids = [id for id in ids if (ranks[id] < after if descending else ranks[id] > after)]
    found = (product for product in _fetched(ids, only) if fits(product))
    return listing.page(found, size, lambda product: ranks[product.id])


def _fetched(ids: list[str], only: Only) -> Iterator[Product]:
    for start in range(0, len(ids), CHUNK):
        chunk = ids[start : start + CHUNK]
        found = store.find_many(chunk, only)
        yield from (p for p in in_order(chunk, found, lambda product: product.id) if p)


def _sorted(
    listing: Listing, found: list[Product], order: ProductSort, after: str | None, size: int
) -> Page[Product]:
    key = store.ORDERS[order.field].key
    descending = order.direction is SortDirection.DESC
    found.sort(key=key, reverse=descending)
    left = [p for p in found if after is None or (key(p) < after if descending else key(p) > after)]
    return listing.page(iter(left), size, key)
