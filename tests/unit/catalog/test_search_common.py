"""Searches for words that many products have, against a naive search, page by page to the end."""

from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resolvers.catalog import joining, nearness, search, store
from resolvers.catalog.model import Product
from tests.unit.calls import counted
from tests.unit.catalog.test_search_pages import naive_search
from tests.unit.shop import call, pages, stock, thing
from tests.unit.tables import catalog_tables

# Near each other in every way: the same, longer, one typo away, and not at all.
WORDS = ("dune", "dunes", "dude", "dudes", "sand", "sandy", "spice", "of")
NAMES = st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(" ".join)
THINGS = st.tuples(NAMES, st.none() | NAMES, st.integers(0, 4), st.sampled_from(["book", "game"]))
TEXTS = st.lists(st.sampled_from(("dune", "dud", "sand", "spise", "of")), min_size=1, max_size=3)
SORTS = st.none() | st.fixed_dictionaries(
    {
        "field": st.sampled_from(["RELEVANCE", "RELEVANCE", "NAME", "PRICE"]),
        "direction": st.sampled_from(["ASC", "DESC"]),
    }
)
FILTERS: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [{}, {"category": {"eq": "game"}}, {"price": {"lt": 2}, "category": {"eq": "book"}}]
)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a shop of 20 products one in which words are common, and pages short."""
    monkeypatch.setattr(nearness, "FEW", 2)
    monkeypatch.setattr(joining, "PAGE", 2)
    monkeypatch.setattr(search, "CHUNK", 2)
    monkeypatch.setattr(search, "WALKED", 5)


@pytest.mark.parametrize("ways", [1, 64])
@given(st.lists(THINGS, min_size=4, max_size=14), st.data())
@settings(max_examples=12, deadline=None)
def test_pages_of_common_words_are_what_a_naive_search_finds(
    ways: int, given_stock: list[Any], data: st.DataObject
) -> None:
    products = [
        thing(f"{n:02}", name, description=more, price=Decimal(price), category=shelf)
        for n, (name, more, price, shelf) in enumerate(given_stock)
    ]
    with catalog_tables(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(nearness, "MOST_WAYS", ways)
        stock(*products)
        store.postings.load(_stale(products))
        for _ in range(5):  # of one shop, which takes longer to make than to search
            text, limit = " ".join(data.draw(TEXTS)), data.draw(st.integers(1, 5))
            filter, sort = data.draw(FILTERS), data.draw(SORTS)
            got = pages(text=text, filter=filter, sort=sort, limit=limit)
            expected = naive_search(products, text, filter, sort)
            assert [id for page in got for id in page] == expected, (text, filter, sort, limit)
            assert all(len(page) == limit for page, _ in pairwise(got))
            assert len(got) == 1 or got[-1]


def _stale(products: list[Product]) -> Iterator[dict[str, str]]:
    """Make postings such as a crash leaves: of a word, a place or a name that is no longer so."""
    for n, product in enumerate(products):
        key = store.name_key(product)
        yield {"word": WORDS[n % len(WORDS)], "rank": f"{n % 2}{key}"}
        yield {"word": WORDS[n % 3], "rank": f"{n % 2}aaa{key}"}
    yield {"word": "dune", "rank": f"0dune{store.SEPARATOR}gone"}


@pytest.mark.usefixtures("shop")
@pytest.mark.parametrize("text", ["dune", "dune sand", "dune rare", "sand dune of"])
@pytest.mark.parametrize("field", ["RELEVANCE", "PRICE"])
def test_page_reads_no_more_of_a_larger_shop(text: str, field: str) -> None:
    """What is asked for by a first page is the same, whether 40 products have the words or 160."""
    asked = []
    for first, last in ((0, 40), (40, 160)):
        stock(*(thing(f"{n:03}", "Dune", description="sand of dunes") for n in range(first, last)))
        stock(thing("a", "Rare", description="dune"))
        with counted() as calls:
            page = call("searchProducts", text=text, sort={"field": field}, limit=1)
        assert page["items"]
        asked.append(calls)
    assert asked[0] == asked[1]
