"""The catalog's rules of searching.

A product is read as far as what is selected, the filter, the words and the order take it. What a
page costs is that of reading on until it is full: by an index of the products, or by that of words.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from operator import itemgetter
from typing import Any

from resolvers.catalog import nearness, store
from resolvers.catalog.model import Product, ProductSort, ProductSortField, SortDirection
from resolvers.catalog.nearness import Near, Rank
from resolvers.shared import text as fuzzy
from resolvers.shared.batching import in_order
from resolvers.shared.filtering import predicate, tested
from resolvers.shared.items import Only, also
from resolvers.shared.paging import Listing, Page, bounded
from resolvers.shared.shapes import to_plain

BY_NAME = ProductSort(ProductSortField.NAME)
BY_RELEVANCE = ProductSort(ProductSortField.RELEVANCE)
CHUNK = 100
WALKED = 1000  # products of an index; where fewer than a page of them fit, words are looked up
FILTERED = ("name", "description", "category", "price", "stock")

Test = Callable[[Product], bool]


@dataclass(frozen=True, slots=True)
class Asked:
    """A page that is asked for: what comes `after` a place in a list, of products that fit."""

    listing: Listing
    order: ProductSort
    category: str | None
    fits: Test
    after: Any
    size: int
    at_once: int
    only: Only

    @property
    def descending(self) -> bool:
        """Tell whether the list is read from its end."""
        return self.order.direction is SortDirection.DESC

    def comes_behind(self, place: Any) -> bool:
        """Tell whether a place is on this page or a later one."""
        if self.after is None:
            return True
        return bool(place < self.after if self.descending else place > self.after)


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
    if typed is None and order.field is ProductSortField.RELEVANCE:
        order = replace(order, field=ProductSortField.NAME)
    ranked = order.field is ProductSortField.RELEVANCE
    after = listing.position(next_token, *((int, str) if ranked else (str,)))
    asked = Asked(
        listing,
        order,
        category=_only_category(filter),
        fits=_filter_test(filter),
        after=tuple(after) if ranked and after else after,
        size=size,
        # Where most of what is read may be dropped, the reads are larger than the page.
        at_once=max(size + 1, CHUNK) if _drops(filter) else size + 1,
        only=also(only, *tested(filter), _placed_by(order.field)),
    )
    if typed is None:
        return _page(asked, (product for product in _ordered(asked) if asked.fits(product)))
    asked = replace(asked, only=also(asked.only, *store.SEARCHED))
    return _by_words(asked, nearness.near_words(typed))


def _placed_by(field: ProductSortField) -> str:
    """Name the attribute that orders; where all are equally close, that is the name."""
    return store.ORDERS.get(field, store.ORDERS[ProductSortField.NAME]).attribute


def _filter_test(filter: dict[str, Any] | None) -> Test:
    fits = predicate(filter)
    return lambda product: fits({name: getattr(product, name) for name in FILTERED})


def _only_category(filter: dict[str, Any] | None) -> str | None:
    """Find the category that a filter's outermost level demands: its index is shorter to walk."""
    wanted = ((filter or {}).get("category") or {}).get("eq")
    return wanted or None


def _drops(filter: dict[str, Any] | None) -> bool:
    """Tell whether a filter asks for more than the category whose index is walked."""
    return bool(filter) and filter != {"category": {"eq": _only_category(filter)}}


def _by_words(asked: Asked, near: Sequence[Near]) -> Page[Product]:
    if not near:
        return Page([], None)
    ranked = asked.order.field is ProductSortField.RELEVANCE
    if ranked and len(near) == 1:
        one = nearness.by_one(near[0], asked.after, asked.at_once, descending=asked.descending)
        return _by_rank(asked, near, one)
    if (few := nearness.few(near)) is not None:
        return _sorted(asked, near, few)
    if ranked:
        ranks = nearness.by_all(near, asked.after, descending=asked.descending)
        return _by_rank(asked, near, ranks)
    return _by_index(asked, near)


def _by_rank(asked: Asked, near: Sequence[Near], ranks: Iterator[Rank]) -> Page[Product]:
    """Give a page of products by rank, each where its true one is."""
    found = (
        product
        for rank, product in _fetched(asked, ranks)
        if rank == nearness.rank(near, product) and asked.fits(product)
    )
    return asked.listing.page(found, asked.size, lambda product: nearness.rank(near, product))


def _fetched(asked: Asked, ranks: Iterator[Rank]) -> Iterator[tuple[Rank, Product]]:
    while chunk := list(islice(ranks, asked.at_once)):
        ids = [store.named(key) for _, key in chunk]
        found = in_order(ids, store.find_many(ids, asked.only), lambda product: product.id)
        yield from ((rank, product) for rank, product in zip(chunk, found, strict=True) if product)


def _sorted(asked: Asked, near: Sequence[Near], ids: Iterable[str]) -> Page[Product]:
    """Give a page of those that fit of a few products, all of which are fetched."""

    def place(product: Product) -> Any:
        order = store.ORDERS.get(asked.order.field)
        return order.key(product) if order else nearness.rank(near, product)

    found = [(place(p), p) for p in _fitting(asked, near, store.find_many(ids, asked.only))]
    found.sort(key=itemgetter(0), reverse=asked.descending)
    left = (product for at, product in found if asked.comes_behind(at))
    return asked.listing.page(left, asked.size, place)


def _by_index(asked: Asked, near: Sequence[Near]) -> Page[Product]:
    """Give a page of products near words of which each is common, if not all of them together."""
    asked = replace(asked, at_once=max(asked.size + 1, CHUNK))
    ahead = _ordered(asked)
    found = _fitting(asked, near, islice(ahead, WALKED))
    first = list(islice(found, asked.size + 1))
    if len(first) <= asked.size and len(near) > 1:
        keys = list(islice(nearness.anywhere(near), nearness.FEW + 1))
        if len(keys) <= nearness.FEW:
            return _sorted(asked, near, map(store.named, keys))
    return _page(asked, chain(first, found, _fitting(asked, near, ahead)))


def _fitting(asked: Asked, near: Sequence[Near], products: Iterable[Product]) -> Iterator[Product]:
    return (p for p in products if asked.fits(p) and nearness.rank(near, p))


def _ordered(asked: Asked) -> Iterator[Product]:
    return store.ordered(asked.order, asked.category, asked.after, asked.at_once, asked.only)


def _page(asked: Asked, found: Iterator[Product]) -> Page[Product]:
    return asked.listing.page(found, asked.size, store.ORDERS[asked.order.field].key)
