"""Requests with a cache: what is asked of functions, and who gets to see it."""

from typing import Any

import pytest

from local.appsync.cache import ResolverCache
from tests.unit.appsync.api import RULES, Api, Failed

TITLE = "{ book(id: 1) { title } }"


def book(event: Any) -> Any:
    return {"id": event["arguments"]["id"], "title": "Dune"}


def with_cache(**functions: Any) -> Api:
    return Api(cache=ResolverCache(RULES), **functions)


def test_second_request_finds_the_value() -> None:
    api = with_cache(book=book)
    assert api.ask(TITLE) == api.ask(TITLE) == {"data": {"book": {"title": "Dune"}}}
    assert len(api.calls) == 1


def test_without_a_cache_every_request_asks() -> None:
    api = Api(book=book)
    api.ask(TITLE)
    api.ask(TITLE)
    assert len(api.calls) == 2


def test_other_selection_is_served_from_the_same_value() -> None:
    api = with_cache(book=book)
    api.ask(TITLE)
    assert api.ask("{ book(id: 1) { id } }") == {"data": {"book": {"id": "1"}}}
    assert len(api.calls) == 1


def test_users_do_not_get_each_others_value() -> None:
    api = with_cache(me=lambda event: (event["identity"] or {"sub": "nobody"})["sub"])
    for _ in range(2):
        for user in ("alice", "bob", None):
            assert api.ask("{ me }", user) == {"data": {"me": user or "nobody"}}
    assert len(api.calls) == 3


def test_caller_is_refused_before_the_cache_is_looked_at() -> None:
    api = with_cache(book=book, secret=lambda _: "classified")
    query = "{ book(id: 1) { secret } }"
    assert api.ask(query, "alice") == {"data": {"book": {"secret": "classified"}}}
    refused = api.ask(query)
    assert refused["data"] == {"book": {"secret": None}}
    assert refused["errors"][0]["errorType"] == "Unauthorized"


@pytest.mark.parametrize("user", ["alice", None])
def test_failure_is_not_kept(user: str | None) -> None:
    failures = [Failed("Busy", "later")]

    def flaky(event: Any) -> Any:
        if failures:
            raise failures.pop()
        return book(event)

    api = with_cache(book=flaky)
    assert api.ask(TITLE, user)["errors"][0]["errorType"] == "Busy"
    assert api.ask(TITLE, user) == {"data": {"book": {"title": "Dune"}}}


def test_cached_elements_are_left_out_of_a_batch() -> None:
    shelf = [["1", "2"], ["1", "2", "3"]]

    def notes(events: Any) -> Any:
        return [{"data": f"notes {event['source']['id']}"} for event in events]

    api = with_cache(books=lambda _: [{"id": id} for id in shelf.pop(0)], notes=notes)
    api.ask("{ books { notes } }")
    answer = api.ask("{ books { notes } }")
    assert [b["notes"] for b in answer["data"]["books"]] == ["notes 1", "notes 2", "notes 3"]
    batches = [[e["source"]["id"] for e in events] for name, events in api.calls if name == "notes"]
    assert batches == [["1", "2"], ["3"]]


def test_failed_element_of_a_batch_is_not_kept() -> None:
    def notes(events: Any) -> Any:
        return [
            {"data": None, "errorMessage": "gone", "errorType": "NotFound"}
            if event["source"]["id"] == "2"
            else {"data": "notes"}
            for event in events
        ]

    api = with_cache(books=lambda _: [{"id": "1"}, {"id": "2"}], notes=notes)
    first, second = api.ask("{ books { notes } }"), api.ask("{ books { notes } }")
    assert first == second
    assert first["data"] == {"books": [{"notes": "notes"}, {"notes": None}]}
    assert [len(events) for name, events in api.calls if name == "notes"] == [2, 1]


def test_mutation_evicts_what_it_changed() -> None:
    api = with_cache(book=book, put=lambda event: {"data": event["arguments"]})
    api.ask(TITLE)
    api.ask("{ book(id: 2) { title } }")
    put = 'mutation { putBook(id: 1, title: "Emma") { title } }'
    assert api.ask(put) == {
        "data": {"putBook": {"title": "Emma"}},
        "extensions": {"apiCacheEntriesDeleted": 1},
    }
    assert api.ask(put)["extensions"] == {"apiCacheEntriesDeleted": 0}
    api.ask("{ book(id: 2) { title } }")
    assert len([name for name, _ in api.calls if name == "book"]) == 2
    api.ask(TITLE)
    assert len([name for name, _ in api.calls if name == "book"]) == 3


def test_failed_mutation_evicts_nothing() -> None:
    envelope = {"data": None, "errorMessage": "older", "errorType": "Conflict"}
    api = with_cache(book=book, put=lambda _: envelope)
    api.ask(TITLE)
    answer = api.ask("mutation { putBook(id: 1) { title } }")
    assert "extensions" not in answer
    (error,) = answer["errors"]
    assert (error["errorType"], error["message"]) == ("Conflict", "older")
    api.ask(TITLE)
    assert [name for name, _ in api.calls] == ["book", "put"]


def test_exception_of_an_evicting_mutation_loses_its_class() -> None:
    """As with every resolver that is not direct; hence the envelope."""

    def fail(_: Any) -> Any:
        raise Failed("InternalError", "sorry")

    (error,) = with_cache(put=fail).ask("mutation { putBook(id: 1) { id } }")["errors"]
    assert (error["errorType"], error["message"]) == ("Lambda:Unhandled", "sorry")


def test_without_a_cache_an_evicting_mutation_works() -> None:
    api = Api(put=lambda event: {"data": event["arguments"]})
    assert api.ask("mutation { putBook(id: 1) { id } }") == {"data": {"putBook": {"id": "1"}}}


def test_other_mutation_says_nothing_of_the_cache() -> None:
    api = with_cache(drop=lambda _: {"id": "1"})
    assert api.ask("mutation { dropBook(id: 1) { id } }") == {"data": {"dropBook": {"id": "1"}}}
