"""Which attributes a selection takes, as AppSync tells it."""

from dataclasses import dataclass
from typing import Any

import pytest

from resolvers.shared.items import also
from resolvers.shared.selection import Selection, selection
from resolvers.shared.settings import KEEPS_EVERY_ANSWER


@dataclass(frozen=True)
class Book:
    """A type with a name of two words."""

    id: str
    title: str
    sold_out: bool
    author: str


READS: dict[str, tuple[str, ...] | None] = {
    "Book.author": ("author",),
    "Book.shelves": ("id", "author"),
    "Book.price": None,
}


def told(text: str, *listed: str) -> dict[str, Any]:
    """Make an event that tells this selection."""
    return {"info": {"selectionSetGraphQL": text, "selectionSetList": list(listed)}}


def read(*events: dict[str, Any], at: str = "") -> set[str] | None:
    found = selection(events, READS).of(Book, at)
    return None if found is None else set(found)


@pytest.mark.parametrize(
    ("text", "listed", "names"),
    [
        ("{\n  id\n  title\n}", ["id", "title"], {"id", "title"}),
        ("{\n  soldOut\n}", ["soldOut"], {"soldOut"}),
        ("{ title: id }", ["title"], {"id"}),
        ("{ by : author { id name } }", ["by", "by/id", "by/name"], {"author"}),
        ("{ shelves { title } }", ["shelves", "shelves/title"], {"id", "author"}),
        ("{ __typename id }", ["__typename", "id"], {"id"}),
        ("{ __typename }", ["__typename"], set()),
        ("{ ... on Book { id } ... { title } }", ["id", "title"], {"id", "title"}),
        ("{ ... on Book @include(if: true) { id } }", ["id"], {"id"}),
        # Of an interface, of which AppSync lists nothing that is one type's alone.
        (
            "{ __typename ... on Book { x: title } ... on Map { x: id } }",
            ["__typename"],
            {"title", "id"},
        ),
        ("{ id @skip(if: $no) title }", ["title"], {"id", "title"}),
        (
            "{ shelves(of: {a: [1], b: [{c: $d}]}) { id } }",
            ["shelves", "shelves/id"],
            {"id", "author"},
        ),
        (
            r'{ shelves(a: ") } x: \" {", b: [")"]) { id } }',
            ["shelves", "shelves/id"],
            {"id", "author"},
        ),
        ('{ shelves(a: """"x" ) \\""" }""") { id } }', ["shelves", "shelves/id"], {"id", "author"}),
    ],
)
def test_names_are_those_behind_the_aliases(text: str, listed: list[str], names: set[str]) -> None:
    assert read(told(text, *listed)) == names


@pytest.mark.parametrize(
    ("text", "listed"),
    [
        ("", []),
        ("{ id }", []),
        ("", ["id"]),
        ("{ price }", ["price"]),  # its function does not say what it reads
        ("{ pages }", ["pages"]),  # nobody knows it
        ("{ ...Names }", ["id", "title"]),
        ("{ id ...Names }", ["id"]),  # of an interface's, the list is silent
        ("{ id ...on }", ["id"]),
        ("{ id }", ["id", "title"]),  # of two nodes of the field, the text has one
    ],
)
def test_everything_is_read_in_doubt(text: str, listed: list[str]) -> None:
    assert read(told(text, *listed)) is None


@pytest.mark.parametrize("event", [{}, {"info": None}, {"info": {}}, told("{ id }")])
def test_event_that_tells_nothing_reads_everything(event: dict[str, Any]) -> None:
    assert read(event) is None


def test_what_is_selected_of_a_page_stands_beneath_its_items() -> None:
    listed = ["items", "items/id", "items/author", "items/author/title", "nextToken"]
    page = told("{ items { id author { title } } nextToken }", *listed)
    assert read(page, at="items") == {"id", "author"}
    assert read(told("{ nextToken }", "nextToken"), at="items") == set()


def test_events_of_a_batch_are_read_for_together() -> None:
    one, other = told("{ id }", "id"), told("{ title }", "title")
    assert read(one, one, other) == {"id", "title"}
    assert read(one, told("{ ...F }", "id")) is None


def test_where_answers_are_kept_everything_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEEPS_EVERY_ANSWER, "on")
    assert read(told("{ id }", "id")) is None


def test_nothing_can_be_added_to_everything() -> None:
    assert also(None, "id") is None
    assert also(frozenset({"id"}), "title", "id") == frozenset({"id", "title"})
    assert Selection(None, READS).of(Book) is None
