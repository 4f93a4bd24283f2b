"""The events that functions get, against golden files."""

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest

from local.appsync.auth import Authenticator
from local.appsync.fields import Limits
from local.appsync.route import Route
from local.appsync.service import AppSync, Request
from local.contract import read_contract

EVENTS = Path(__file__).parents[2] / "events"
KEY = "da2-" + "k" * 26
HEADERS = {
    "x-api-key": KEY,
    "host": "localhost:4000",
    "content-type": "application/json",
    "x-forwarded-for": "127.0.0.1",
    "x-forwarded-proto": "http",
}
SDL = """
type Query {
  search(text: String!, options: Options, limit: Int = 10): [Result!]! @aws_api_key
  node(id: ID!): Node @aws_api_key
  count: Int @aws_api_key
}
input Options { kind: Kind = BOOK note: AWSJSON tags: [String!] }
enum Kind { BOOK TOY }
interface Node { id: ID! }
type Book implements Node @aws_api_key { id: ID! title: String author: Author }
type Author @aws_api_key { id: ID! name: String }
union Result = Book | Author
"""


def events_of(query: str, answers: list[Any], **variables: Any) -> list[Any]:
    """Run a query on an API whose functions answer these in turn; give what they were sent."""
    sent: list[Any] = []

    async def invoke(_function: str, event: bytes) -> tuple[bytes, bool]:
        sent.append(json.loads(event))
        return json.dumps(answers[len(sent) - 1]).encode(), False

    routes = {
        "Query.search": Route("search", 0),
        "Query.node": Route("search", 0),
        "Query.count": Route("search", 0),
        "Book.author": Route("search", 50),
    }

    async def run() -> dict[str, Any]:
        api = AppSync(read_contract(SDL), routes, invoke, Authenticator(KEY), Limits(30, 100, 20))
        return await api.answer(Request(query, variables, None), HEADERS)

    answer = asyncio.run(run())
    assert "errors" not in answer, answer["errors"]
    return sent


def golden(name: str) -> Any:
    return json.loads((EVENTS / f"{name}.json").read_text())


def test_single_event_is_appsyncs() -> None:
    query = """
      query Find($text: String!, $limit: Int) {
        found: search(text: $text, limit: $limit, options: {note: "{\\"a\\": [1]}"}) {
          __typename
          ... on Book { title }
        }
      }
    """
    (event,) = events_of(query, [[]], text="dune", limit=3)
    assert event == golden("appsync_single_api_key")
    assert list(event) == list(golden("appsync_single_api_key"))


def test_batch_event_is_appsyncs() -> None:
    books = [{"__typename": "Book", "id": str(n), "secret": n, "author": str(n)} for n in (1, 2)]
    query = '{ search(text: "x") { ... on Book { id by: author { ...Names } } } }'
    query += " fragment Names on Author { name }"
    _, batch = events_of(query, [books, [{"data": {"id": "1", "name": "A"}}] * 2])
    assert batch == golden("appsync_batch_api_key")


def test_omitted_argument_is_absent_and_null_is_null() -> None:
    (omitted,) = events_of('{ search(text: "x") { __typename } }', [[]])
    (null,) = events_of('{ search(text: "x", options: null, limit: null) { __typename } }', [[]])
    assert omitted["arguments"] == {"text": "x", "limit": 10}
    assert null["arguments"] == {"text": "x", "options": None, "limit": None}


@pytest.mark.parametrize("note", ["9" * 40, "[" * 300 + "]" * 300, '"\\ud83d"'])
def test_json_arguments_may_hold_any_json(note: str) -> None:
    query = 'query ($note: AWSJSON) { search(text: "x", options: {note: $note}) { __typename } }'
    (event,) = events_of(query, [[]], note=note)
    assert event["arguments"]["options"]["note"] == json.loads(note)


def test_unset_variable_is_an_omitted_argument() -> None:
    query = 'query ($options: Options) { search(text: "x", options: $options) { __typename } }'
    (event,) = events_of(query, [[]])
    assert event["arguments"] == {"text": "x", "limit": 10}
    assert event["info"]["variables"] == {}


def test_enums_and_defaults_are_plain_strings() -> None:
    (event,) = events_of('{ search(text: "x", options: {kind: TOY}) { __typename } }', [[]])
    assert event["arguments"]["options"] == {"kind": "TOY"}
    (event,) = events_of('{ search(text: "x", options: {}) { __typename } }', [[]])
    assert event["arguments"]["options"] == {"kind": "BOOK"}


@pytest.mark.parametrize(
    ("selection", "listed"),
    [
        ("{ id }", ["id"]),
        ("{ __typename id }", ["__typename", "id"]),
        ("{ key: id }", ["key"]),
        ("{ id ... on Book { title author { name } } }", ["id"]),
        ("{ ...N } fragment N on Node { id }", ["id"]),
        ("{ ... { id } ...N } fragment N on Node { id }", ["id"]),
        ("{ id @skip(if: true) __typename @include(if: true) }", ["__typename"]),
    ],
)
def test_selection_set_list_is_appsyncs(selection: str, listed: list[str]) -> None:
    body, _, fragments = selection.partition("} fragment")
    query = f'{{ node(id: "1") {body}{"}" if fragments else ""} }}'
    query += f" fragment{fragments}" if fragments else ""
    event, *_ = events_of(query, [{"__typename": "Book", "id": "1"}, [{"data": None}]])
    assert event["info"]["selectionSetList"] == listed


def test_leaf_field_selects_nothing() -> None:
    (event,) = events_of("{ count }", [3])
    assert event["info"]["selectionSetList"] == []
    assert event["info"]["selectionSetGraphQL"] == ""


def test_nested_selections_are_paths() -> None:
    books = [{"__typename": "Book", "id": "1"}]
    query = '{ search(text: "x") { ... on Book { author { id name } } } }'
    _, batch = events_of(query, [books, [{"data": None}]])
    assert batch[0]["info"]["selectionSetList"] == ["id", "name"]
    assert re.fullmatch(r"\{\n  id\n  name\n\}", batch[0]["info"]["selectionSetGraphQL"])


def test_field_of_a_fragment_is_told_with_what_is_merged_into_it_in_each_place() -> None:
    books = [[{"__typename": "Book", "id": id}] for id in ("1", "2")]
    query = """{
      first: search(text: "x") { ...Written ... on Book { author { name } } }
      second: search(text: "y") { ...Written }
    }
    fragment Written on Book { author { id } }"""
    *_, batch = events_of(query, [*books, [{"data": None}] * 2])
    told = {event["source"]["id"]: event["info"]["selectionSetList"] for event in batch}
    assert told == {"1": ["id", "name"], "2": ["id"]}
