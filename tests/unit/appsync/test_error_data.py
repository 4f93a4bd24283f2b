"""The data of an error: what the caller selected, and may see."""

from typing import Any

import pytest
from graphql import FieldNode, OperationDefinitionNode, build_schema, parse

from local.appsync.pruning import Pruner
from tests.unit.appsync.api import Api

BOOK = {"id": "1", "title": "Emma", "secret": "x", "next": {"id": "2", "secret": "y"}}
PUT = "mutation { b: putBook(id: 1) { key: id secret next { ...Parts } } } "
PARTS = "fragment Parts on Book { id mine: secret }"
TOY = {"secret": "x", "__typename": "Toy"}
SCHEMA = build_schema("""
  type Query { found: [Thing] node: Node raw: Raw }
  scalar Raw
  interface Node { id: ID }
  type Book implements Node { id: ID secret: String note: Raw }
  type Toy implements Node { id: ID secret: String more: Book }
  union Thing = Book | Toy
""")


def data_for(user: str | None) -> Any:
    failed = {"errorType": "Conflict", "errorMessage": "no", "data": BOOK}
    (error,) = Api(put=lambda _: failed).ask(PUT + PARTS, user)["errors"]
    assert (error["errorType"], error["path"]) == ("Conflict", ["b"])
    return error["data"]


def test_denied_fields_are_not_in_an_errors_data() -> None:
    assert data_for("ada") == {"id": "1", "secret": "x", "next": {"id": "2", "secret": "y"}}
    assert data_for(None) == {"id": "1", "next": {"id": "2"}}


@pytest.mark.parametrize(
    ("query", "data", "kept"),
    [
        ("{found {... on Book {id secret}}}", [{"id": "1", "secret": "x"}], [{"id": "1"}]),
        ("{found {... on Toy {id secret}}}", [TOY], [{"secret": "x"}]),
        ("{found {... on Book {secret}}}", [{"secret": "x", "__typename": "Book"}], [{}]),
        ("{node {... on Toy {more {secret id}}}}", {"more": BOOK}, {"more": {"id": "1"}}),
        ("{node {id}}", {"id": "1", "__typename": ["?"]}, {"id": "1"}),
        ("{raw}", {"any": 1}, {"any": 1}),
        ("{found {... on Book {note}}}", [{"note": {"any": 1}}], [{"note": {"any": 1}}]),
        ("{node {id}}", "text", "text"),
        ("{node {id}}", None, None),
    ],
)
def test_data_without_type_may_be_of_any(query: str, data: Any, kept: Any) -> None:
    (operation,) = parse(query).definitions
    assert isinstance(operation, OperationDefinitionNode)
    (node,) = operation.selection_set.selections
    assert isinstance(node, FieldNode)
    pruner = Pruner(SCHEMA, {}, frozenset({("Book", "secret")}))
    assert SCHEMA.query_type
    kind = SCHEMA.query_type.fields[node.name.value].type
    left = pruner.pruned(data, kind, [node])
    assert left == kept
