"""A document that comes again: what was derived of it for one request must not answer the next."""

from typing import Any

import pytest

from tests.unit.appsync.api import Api

BOOK = {"id": "1", "title": "Emma"}


@pytest.mark.parametrize(
    "selected",
    [
        "title @include(if: $with)",
        "title @ include(if: $with)",
        "title @ # if it is wanted\n include(if: $with)",
        "title @,include(if: $with)",
        "...F @include(if: $with)",
        "... @ include(if: $with) { title }",
    ],
)
def test_condition_is_that_of_the_request(selected: str) -> None:
    api = Api(book=lambda _: BOOK, books=lambda _: [BOOK])
    fragment = " fragment F on Book { title }" if "...F" in selected else ""
    query = f"query($with: Boolean!) {{ books {{ id {selected} }} }}{fragment}"

    given: list[dict[str, Any]] = [{"with": each} for each in (True, False, True)]
    answers = [api.ask(query, **each)["data"]["books"] for each in given]

    assert answers == [[BOOK], [{"id": "1"}], [BOOK]]
    listed = [event["info"]["selectionSetList"] for _, event in api.calls]
    assert listed == [["id", "title"], ["id"], ["id", "title"]]


def test_operations_of_one_document_are_told_apart() -> None:
    api = Api(book=lambda event: BOOK | event["arguments"], books=lambda _: [BOOK])
    query = "query A($id: ID!) { book(id: $id) { id } } query B { books { title } }"

    for key in ("2", "3"):
        assert api.ask(query, name="A", id=key) == {"data": {"book": {"id": key}}}
        assert api.ask(query, name="B", id=key) == {"data": {"books": [{"title": "Emma"}]}}


def test_what_is_refused_once_is_answered_when_it_is_right() -> None:
    api = Api(book=lambda event: BOOK | event["arguments"])
    query = "query($id: ID!) { book(id: $id) { id } }"

    for _ in range(2):
        assert api.ask(query, id=None)["data"] is None
        assert api.ask(query)["data"] is None
        assert api.ask(query, id="2") == {"data": {"book": {"id": "2"}}}
