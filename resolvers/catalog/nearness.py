"""Which products are near the words typed, nearest first: read of the word index as far as needed.

The index may have what is no longer so; whoever reads it compares with `rank`, of the product.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import merge
from itertools import chain, groupby, islice, product
from math import prod

from resolvers.catalog import store
from resolvers.catalog.joining import Cursor, Group, together
from resolvers.catalog.model import Product
from resolvers.shared import text as fuzzy
from resolvers.shared.batching import side_by_side
from resolvers.shared.errors import Invalid

FEW = 500  # as many candidates are fetched and sorted
MOST_WORDS = 16
MOST_PREFIXES = 24
MOST_WAYS = 64  # joins, each of own postings
PLACES = (store.IN_NAME, store.BELOW)

Near = Mapping[str, fuzzy.Closeness]  # the known words near one that was typed
Rank = tuple[int, str]  # how far a product is from all words typed, and its name key


def near_words(typed: Sequence[str]) -> list[Near]:
    """Look up the words near each one typed; Invalid if these are too many."""
    if len(typed) > MOST_WORDS:
        raise Invalid("text", f"must not have more than {MOST_WORDS} words")
    keys = {key for word in typed for key in fuzzy.search_keys(word)}
    known = store.known_words(keys) if keys else set()
    return [fuzzy.nearest(word, known, MOST_PREFIXES) for word in typed]


def rank(near: Sequence[Near], found: Product) -> Rank | None:
    """Rank a product; None if it has no word near one of those typed."""
    places, total = store.places(found), 0
    for group in near:
        there = [distance(group[word], places[word]) for word in group.keys() & places.keys()]
        if not there:
            return None
        total += min(there)
    return total, store.name_key(found)


def distance(closeness: fuzzy.Closeness, place: int) -> int:
    """Say how far a word at a place is from the one typed."""
    # The name counts as nearer than the description, but by less than a typo.
    return len(PLACES) * closeness + place


def by_one(near: Near, after: Rank | None, page: int, *, descending: bool) -> Iterator[Rank]:
    """Read lazily what is near one word, in the order of ranks, from behind a rank.

    A product comes with each rank that any of its words gives it. Words less close are not looked
    up before the closer ones have come to their end.
    """
    last, place = divmod(after[0], len(PLACES)) if after else (None, 0)
    for closeness in sorted(set(near.values()), reverse=descending):
        if last is not None and (closeness > last if descending else closeness < last):
            continue
        start = f"{place}{after[1]}" if after and closeness == last else None
        words = [word for word, each in near.items() if each is closeness]
        found = [store.containing(word, start, page, descending=descending) for word in words]
        ranks = merge(*_begun(found), reverse=descending)
        for (at, key), _ in groupby(ranks):
            yield distance(closeness, at), key


def few(near: Sequence[Near]) -> set[str] | None:
    """Give the ids of all that may be near every word, if no more than FEW are near one of them."""
    for most in (FEW // 5, FEW):  # where a word is rare, little is read of the common ones
        starts = [_start(group, most + 1) for group in near]
        whole = [{store.named(key) for _, key in each} for each in starts if len(each) <= most]
        if whole:
            return set.intersection(*whole)
    return None


def _start(group: Near, count: int) -> list[Rank]:
    return list(islice(by_one(group, None, count, descending=False), count))


def by_all(near: Sequence[Near], after: Rank | None, *, descending: bool) -> Iterator[Rank]:
    """Read lazily what is near every word, in the order of ranks, from behind a rank."""
    for total in sorted(_sums(map(distances, near)), reverse=descending):
        if after and (total > after[0] if descending else total < after[0]):
            continue
        start = after[1] if after and total == after[0] else None
        joins = [
            _joined(near, wanted, start, total, descending=descending)
            for wanted in _ways(near, total)
        ]
        for key, _ in groupby(merge(*joins, reverse=descending)):
            yield total, key


def anywhere(near: Sequence[Near]) -> Iterator[str]:
    """Read lazily the name keys of what is near every word, by name."""
    groups = [_group(group, distances(group), descending=False) for group in near]
    return together(groups, None, descending=False)


def distances(group: Near) -> set[int]:
    """List how far a product may be from one word."""
    return {distance(closeness, place) for closeness in group.values() for place in PLACES}


def _sums(groups: Iterable[set[int]]) -> set[int]:
    """Add up one of each group, in all ways."""
    sums = {0}
    for group in groups:
        sums = {total + each for total in sums for each in group}
    return sums


def _ways(near: Sequence[Near], total: int) -> list[list[set[int]]]:
    """List how products so far from all words together may be from each.

    That is distance by distance, so that a join passes over nothing nearer or farther; of many
    words that are too many ways, and it is what each distance may be by itself.
    """
    own = [distances(group) for group in near]
    if prod(map(len, own)) <= MOST_WAYS:
        return [[{each} for each in way] for way in product(*own) if sum(way) == total]
    nearest, farthest = sum(map(min, own)), sum(map(max, own))
    low, high = total - farthest, total - nearest
    return [[{each for each in far if low + max(far) <= each <= high + min(far)} for far in own]]


def _joined(
    near: Sequence[Near],
    wanted: Sequence[set[int]],
    start: str | None,
    total: int,
    *,
    descending: bool,
) -> Iterator[str]:
    pairs = zip(near, wanted, strict=True)
    groups = [_group(group, far, descending=descending) for group, far in pairs]
    for key in together(groups, start, descending=descending):
        if total in _sums(group.distances(key) for group in groups):
            yield key


def _group(near: Near, wanted: Iterable[int], *, descending: bool) -> Group:
    cursors = [
        (distance(closeness, place), Cursor(word, place, descending=descending))
        for word, closeness in near.items()
        for place in PLACES
        if distance(closeness, place) in wanted
    ]
    return Group(cursors, descending=descending)


def _begun(parts: Sequence[Iterator[store.Posting]]) -> list[Iterator[store.Posting]]:
    """Have the first pages of several readings come side by side."""
    firsts = side_by_side(lambda part: list(islice(part, 1)), parts)
    return [chain(first, part) for first, part in zip(firsts, parts, strict=True)]
