"""What AppSync says of values that are not what the schema promised."""

import asyncio
from typing import Any

import pytest
from graphql import (
    ExecutionResult,
    GraphQLError,
    GraphQLField,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    graphql_sync,
)
from strawberry.types import ExecutionResult as MirrorResult

from local.appsync.completion import completion_error, untyped_value
from local.contract import read_contract
from local.mirror import mirror

SCHEMA = read_contract("""
type Query {
  thing: Thing
  things: [Thing!]!
  grid: [[Thing!]!]
  node: Node
  hit: Hit
  hits: [Hit!]
  list: [String]
  count: Int
  ratio: Float
  flag: Boolean
  name: String
  key: ID
  kind: Kind
  when: AWSDateTime
  data: AWSJSON
}
interface Node { id: ID! }
type Post implements Node { id: ID! }
type User { id: ID! }
union Hit = Post | User
type Thing { required: String! kind: Kind! tags: [String!]! }
enum Kind { A B }
""")


# The contract's scalars are equipped for reading only; graphql-core writes with this.
for kind in SCHEMA.type_map.values():
    if isinstance(kind, GraphQLScalarType) and kind.name.startswith("AWS"):
        kind.coerce_output_value = kind.serialize


def run(query: str, **root: Any) -> ExecutionResult:
    return graphql_sync(SCHEMA, query, root)


def answered(query: str, **root: Any) -> dict[str, Any]:
    errors = run(query, **root).errors
    assert errors is not None
    [error] = errors
    return completion_error(error, SCHEMA)


def test_error_shape_is_that_of_appsync() -> None:
    assert list(answered("{thing {required}}", thing={}).items()) == [
        ("path", ["thing", "required"]),
        ("locations", None),
        (
            "message",
            "Cannot return null for non-nullable type: 'String' within parent 'Thing' "
            "(/thing/required)",
        ),
    ]


NULLS: list[tuple[str, dict[str, Any], list[Any], str, str, str]] = [
    ("{t: thing {r: required}}", {"thing": {}}, ["t", "r"], "String", "Thing", "/t/r"),
    # A list has no name in the engine, and prints as null.
    ("{things {tags}}", {}, ["things"], "null", "Query", "/things"),
    ("{things {tags}}", {"things": [None]}, ["things", 0], "Thing", "Query", "/things[0]"),
    (
        "{things {tags}}",
        {"things": [{"tags": ["a"]}, {"tags": ["a", None]}]},
        ["things", 1, "tags", 1],
        "String",
        "Thing",
        "/things[1]/tags[1]",
    ),
    ("{grid {kind}}", {"grid": [[], None]}, ["grid", 1], "null", "Query", "/grid[1]"),
    ("{grid {kind}}", {"grid": [[], [None]]}, ["grid", 1, 0], "Thing", "Query", "/grid[1][0]"),
]


@pytest.mark.parametrize(("query", "root", "path", "kind", "parent", "where"), NULLS)
def test_null_names_type_and_parent(
    query: str, root: dict[str, Any], path: list[Any], kind: str, parent: str, where: str
) -> None:
    assert answered(query, **root) == {
        "path": path,
        "locations": None,
        "message": f"Cannot return null for non-nullable type: '{kind}' "
        f"within parent '{parent}' ({where})",
    }


UNSERIALISABLE = [
    ("count", "abc", "Expected type 'Int' but was 'String'."),
    ("count", "", "Expected type 'Int' but was 'String'."),
    ("count", {"a": "x: 1"}, "Expected type 'Int' but was 'LinkedHashMap'."),
    ("count", [1], "Expected type 'Int' but was 'ArrayList'."),
    ("count", 1.5, "Expected type 'Int' but was 'Double'."),
    ("count", 5_000_000_000, "Expected type 'Int' but was 'Long'."),
    ("count", 10**30, "Expected type 'Int' but was 'BigInteger'."),
    ("ratio", "abc", "Expected type 'Float' but was 'String'."),
    ("ratio", [], "Expected type 'Float' but was 'ArrayList'."),
    ("flag", "true", "Expected type 'Boolean' but was 'String'."),
    ("flag", {}, "Expected type 'Boolean' but was 'LinkedHashMap'."),
    ("name", {"a": 1}, "Expected type 'String' but was 'LinkedHashMap'."),
    ("key", 1.5, "Expected type 'ID' but was 'Double'."),
    ("key", True, "Expected type 'ID' but was 'Boolean'."),
    ("name", object(), "Expected type 'String' but was 'Object'."),
    ("kind", "C", "Invalid input for Enum 'Kind'."),
    ("kind", {"a": 1}, "Invalid input for Enum 'Kind'."),
    ("when", "2020", "Unable to serialize `2020` as a valid DateTime Object."),
    ("when", {"a": 1e10}, "Unable to serialize `{a=1.0E10}` as a valid DateTime Object."),
]


@pytest.mark.parametrize(("field", "value", "text"), UNSERIALISABLE)
def test_bad_leaf_is_worded_by_its_scalar(field: str, value: Any, text: str) -> None:
    assert answered(f"{{{field}}}", **{field: value}) == {
        "path": [field],
        "locations": None,
        "message": f"Can't serialize value (/{field}) : {text}",
    }


def test_bad_leaf_in_a_list_is_placed_by_index() -> None:
    things = [{"kind": "A"}, {"kind": "C"}]
    message = "Can't serialize value (/things[1]/kind) : Invalid input for Enum 'Kind'."
    assert answered("{things {kind}}", things=things)["message"] == message


def test_scalar_that_gives_nothing_is_no_leak() -> None:
    void = GraphQLScalarType("Void", serialize=lambda _: None)
    schema = GraphQLSchema(GraphQLObjectType("Query", {"it": GraphQLField(void)}))
    [error] = graphql_sync(schema, "{it}", {"it": {"secret": 1}}).errors or []
    message = "Can't serialize value (/it) : Expected type 'Void' but was 'null'."
    assert completion_error(error, schema)["message"] == message


@pytest.mark.parametrize("value", [{"a": 1}, "abc", 1])
def test_value_that_is_no_list_is_a_mismatch(value: Any) -> None:
    assert answered("{list}", list=value) == {
        "path": ["list"],
        "locations": None,
        "message": "Can't resolve value (/list) : type mismatch error, expected type LIST",
    }


@pytest.mark.parametrize(
    "cause",
    [
        KeyError("secret"),
        ValueError("/home/me/secret.py"),
        TypeError("'Secret' object is not callable"),
        GraphQLError("Expected value of type 'Secret' but got: <Secret instance>."),
    ],
    ids=repr,
)
def test_unexpected_error_stays_inside(cause: Exception) -> None:
    def fail(*_: object) -> None:
        raise cause

    assert answered("{\n  count\n}", count=fail) == {
        "path": ["count"],
        "data": None,
        "errorType": "InternalFailure",
        "errorInfo": None,
        "locations": [{"line": 2, "column": 3, "sourceName": None}],
        "message": "An internal error occurred.",
    }


def test_error_without_a_path_stays_inside() -> None:
    answer = completion_error(GraphQLError("Unable to tell"), SCHEMA)
    assert answer["message"] == "An internal error occurred."


UNTYPED = "Could not determine the exact type of {}. Missing __typename key on value.'"


@pytest.mark.parametrize("name", [None, "Nope", "User", "Kind"])
def test_untyped_value_refuses_the_request(name: str | None) -> None:
    value = {"id": 1} | ({"__typename": name} if name else {})
    result = run("{count node {id}}", count="abc", node=value)
    refusal = untyped_value(result.errors or [], SCHEMA)
    assert refusal is not None
    assert refusal.status == 400
    assert refusal.body == {
        "errors": [{"errorType": "BadRequestException", "message": UNTYPED.format("Node")}]
    }


def test_untyped_member_of_a_mirrored_union_refuses_the_request() -> None:
    result = mirrored("{hit {__typename} hits {__typename}}", hit={"__typename": "Post"}, hits=[{}])
    refusal = untyped_value(result.errors or [], SCHEMA)
    assert refusal is not None
    assert refusal.message == UNTYPED.format("Hit")


def test_typed_values_refuse_nothing() -> None:
    result = run("{count node {id}}", count="abc", node={"id": 1, "__typename": "Post"})
    assert untyped_value(result.errors or [], SCHEMA) is None


class Root:
    """Answers root fields from a dict."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.values = values

    def resolve(self, coordinate: str, parent: Any, info: Any, arguments: dict[str, Any]) -> Any:
        return self.values.get(coordinate.removeprefix("Query."))


MIRROR = mirror(SCHEMA, [f"Query.{name}" for name in SCHEMA.query_type.fields])  # type: ignore[union-attr]


def mirrored(query: str, **root: Any) -> MirrorResult:
    result = asyncio.run(MIRROR.execute(query, context_value=Root(root)))
    assert isinstance(result, MirrorResult)
    return result


MIRRORED: list[tuple[str, dict[str, Any], str]] = [
    (
        "{things {tags}}",
        {"things": [{}]},
        "Cannot return null for non-nullable type: 'null' within parent 'Thing' (/things[0]/tags)",
    ),
    ("{kind}", {"kind": "C"}, "Can't serialize value (/kind) : Invalid input for Enum 'Kind'."),
    (
        "{when}",
        {"when": 1},
        "Can't serialize value (/when) : Unable to serialize `1` as a valid DateTime Object.",
    ),
    (
        "{list}",
        {"list": {}},
        "Can't resolve value (/list) : type mismatch error, expected type LIST",
    ),
]


@pytest.mark.parametrize(("query", "root", "expected"), MIRRORED)
def test_strawberrys_errors_are_worded_too(query: str, root: dict[str, Any], expected: str) -> None:
    [error] = mirrored(query, **root).errors or []
    assert completion_error(error, SCHEMA)["message"] == expected
