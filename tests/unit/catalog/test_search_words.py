"""What a search finds."""

from collections.abc import Iterator

import pytest

from resolvers.catalog import nearness
from tests.unit.calls import counted
from tests.unit.shop import call, found, refused, stock, thing
from tests.unit.tables import catalog_tables

pytestmark = pytest.mark.usefixtures("library")

PRICE = {"field": "PRICE"}


@pytest.fixture(scope="module")
def library() -> Iterator[None]:
    """Some books that the tests below only read."""
    with catalog_tables():
        stock(
            thing("hobbit", "The Hobbit", price=9, description="There and back again"),
            thing("guide", "The Hitchhiker's Guide to the Galaxy", price=8, category="toy"),
            thing("galaxy", "Galaxy Quest", price=20, description="a hitchhiking crew"),
            thing("cafe", "Café société", price=7, description="Crème brûlée & more"),
            thing("rocket", "Rocket 🚀", price=30, category="toy"),
            thing("ox", "Ox", price=1, description="Guide to galaxies"),
            thing("names", "שלום עולם", price=2),
        )
        yield


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hobbit", {"hobbit"}),
        ("HOBBIT!", {"hobbit"}),
        ("hobit", {"hobbit"}),
        ("hobbbit", {"hobbit"}),
        ("hobbti", {"hobbit"}),
        ("hopbit", {"hobbit"}),
        ("obbit", {"hobbit"}),
        ("hob", {"hobbit"}),
        ("hopit", set()),
        ("ho", set()),
        ("ob", set()),
        ("ox", {"ox"}),
        ("oxx", set()),
        ("cafe", {"cafe"}),
        ("CREME brulee", {"cafe"}),
        ("societe", {"cafe"}),
        ("hitchhikers", {"guide"}),
        ("hitchhiker's", {"guide"}),
        ("hitchhik", {"guide", "galaxy"}),
        ("🚀", {"rocket"}),
        ("שלום", {"names"}),
        ("again", {"hobbit"}),
        ("guide galaxy", {"guide"}),
        ("gude galxy", {"guide"}),
        ("guide galaxies", {"ox"}),
        ("galaxi", {"guide", "galaxy", "ox"}),
        ("galaxy rocket", set()),
        ("the the The", {"hobbit", "guide"}),
        ("the ?", {"hobbit", "guide"}),
        ("x" * 5000, set()),
    ],
)
def test_text_finds_the_products_near_every_word(text: str, expected: set[str]) -> None:
    assert set(found(text)) == expected
    assert set(found(text, sort=PRICE)) == expected


def test_text_filter_and_sort_go_together() -> None:
    text = "galaxi"
    assert found(text, sort=PRICE) == ["ox", "guide", "galaxy"]
    dear = {"price": {"ge": 8}}
    assert found(text, sort=PRICE, filter=dear) == ["guide", "galaxy"]
    assert found(text, sort=PRICE | {"direction": "DESC"}, filter=dear) == ["galaxy", "guide"]
    assert found(text, filter={"category": {"eq": "toy"}}) == ["guide"]
    assert found(text, filter={"not": {"category": {"eq": "toy"}}}, sort=PRICE) == ["ox", "galaxy"]
    assert found(text, filter={"price": {"gt": 20}}, sort=PRICE) == []


def test_filter_alone_keeps_the_order_by_name() -> None:
    assert found(filter={"category": {"eq": "toy"}}) == ["rocket", "guide"]
    assert found(filter={"category": {"in": ["toy"]}}) == ["rocket", "guide"]
    assert found(filter={"category": {"eq": "nothing"}}) == []
    assert found(filter={"category": {"eq": ""}}) == []
    assert found(filter={"category": {"eq": None}}) == []
    assert found(filter={"description": {"eq": None}}) == ["rocket", "guide", "names"]


def test_filter_by_category_reads_that_category_only() -> None:
    with counted() as calls:
        found(filter={"category": {"eq": "toy"}, "price": {"lt": 9}})
    assert calls == {"Query": 1}


def test_senseless_filter_is_refused_by_its_place() -> None:
    for text in (None, "hobbit", "?"):
        with refused("filter.price.between"):
            call("searchProducts", text=text, filter={"price": {"between": [1]}})


def test_more_than_16_words_are_refused() -> None:
    words = [f"w{n}" for n in range(nearness.MOST_WORDS)]
    assert found(" ".join([*words, *words])) == []
    with refused("text"):
        call("searchProducts", text=" ".join([*words, "more"]))


@pytest.mark.parametrize("text", ["?!", "—", "' '", "\ud800", "\u0301"])
@pytest.mark.parametrize("sort", [None, PRICE, {"field": "RELEVANCE", "direction": "DESC"}])
def test_symbols_alone_find_nothing(text: str, sort: dict[str, str] | None) -> None:
    assert call("searchProducts", text=text, sort=sort) == {"items": [], "nextToken": None}
