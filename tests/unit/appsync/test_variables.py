"""How AppSync reads variables, and what it says about those it can't read."""

import json
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLEnumValue,
    GraphQLError,
    GraphQLField,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInt,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLString,
    OperationDefinitionNode,
    Undefined,
    parse,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from local.appsync.variables import coerce
from local.contract import read_contract

SCHEMA = read_contract("""
type Query { ok(ratio: Float, key: ID, day: AWSDate): Boolean }
enum Kind { A B }
input Outer {
  name: String!
  phone: AWSPhone
  data: AWSJSON
  count: Int = 3
  kind: Kind = B
  nested: Inner
  inners: [Inner!]
}
input Inner { title: String! kind: Kind inner: Inner flag: Boolean! = true }
""")


def read(
    declared: str,
    variables: dict[str, Any],
    schema: GraphQLSchema = SCHEMA,
    *,
    parsed: bool = True,
) -> tuple[dict[str, Any] | None, list[dict[str, Any]]]:
    [node] = parse(f"query Q({declared}) {{ok}}").definitions
    assert isinstance(node, OperationDefinitionNode)
    return coerce(schema, node, variables, parsed=parsed)


def value(declared: str, given: Any, *, parsed: bool = True) -> Any:
    values, errors = read(f"$x: {declared}", {"x": given}, parsed=parsed)
    assert errors == []
    assert values is not None
    return values["x"]


def message(declared: str, given: Any) -> str:
    values, [error] = read(f"$x: {declared}", {"x": given})
    assert values is None
    assert error["path"] is None
    return str(error["message"])


TAKEN: list[tuple[str, Any, Any]] = [
    ("Int", 5, 5),
    ("Int", 5.0, 5),
    ("Int", "5", 5),
    ("Int", "5e2", 500),
    ("Int", -(2**31), -(2**31)),
    ("Float", 5, 5.0),
    ("Float", "1.5", 1.5),
    ("String", "a", "a"),
    ("String", 1, "1"),
    ("String", 1e10, "1.0E10"),
    ("String", True, "true"),
    ("String", {"a": [1, None]}, "{a=[1, null]}"),
    ("Boolean", False, False),
    ("Boolean", "TRUE", True),
    ("Boolean", "yes", False),
    ("ID", "a", "a"),
    ("ID", 2**40, "1099511627776"),
    ("Kind", "A", "A"),
    ("AWSJSON", '{"a": [1]}', {"a": [1]}),
    ("[Int]", 1, [1]),
    ("[[Int]]", [1, None, [2, None]], [[1], None, [2, None]]),
    ("Int", None, None),
    ("Inner", {"title": "t"}, {"title": "t", "flag": True}),
    ("Inner", {"title": "t", "kind": None}, {"title": "t", "kind": None, "flag": True}),
    ("Outer", {"name": "n", "count": None}, {"name": "n", "count": None, "kind": "B"}),
]


@pytest.mark.parametrize(("declared", "given_value", "expected"), TAKEN)
def test_value_is_read_as_the_engine_does(declared: str, given_value: Any, expected: Any) -> None:
    read_value = value(declared, given_value)
    assert read_value == expected
    assert type(read_value) is type(expected)


def test_omitted_variable_is_absent_and_null_is_kept() -> None:
    sent = {"b": None, "undeclared": 1}
    assert read("$a: Int, $b: Int, $c: Int = 3", sent) == ({"b": None, "c": 3}, [])


def test_default_is_read_like_a_value() -> None:
    declared = '$a: Outer = {name: "n", kind: A, inners: {title: "t"}}, $b: [ID!] = 7'
    inner = {"title": "t", "flag": True}
    assert read(declared, {}) == (
        {"a": {"name": "n", "count": 3, "kind": "A", "inners": [inner]}, "b": ["7"]},
        [],
    )


def test_error_points_at_the_definition() -> None:
    [node] = parse("query Q(\n  $ok: Int,\n  $input: String!\n) {ok}").definitions
    assert isinstance(node, OperationDefinitionNode)
    _, errors = coerce(SCHEMA, node, {})
    assert errors == [
        {
            "path": None,
            "locations": [{"line": 3, "column": 3, "sourceName": None}],
            "message": "Variable 'input' has coerced Null value for NonNull type 'String!'",
        }
    ]


def test_unknown_input_field_has_no_location() -> None:
    _, errors = read("$x: Outer", {"x": {"name": "n", "nope": 1}})
    assert errors == [
        {
            "path": None,
            "locations": None,
            "message": "The variables input contains a field that is not defined "
            "for input object type 'Outer' ",
        }
    ]


def test_only_the_first_error_is_answered() -> None:
    _, errors = read("$x: Int!, $y: Int!", {})
    assert len(errors) == 1


NULLS = [
    ("Int!", None, "Int!"),
    ("[Int!]", [1, None], "Int!"),
    ("Outer", {}, "String!"),
    # The variable's name with the inner type, as a real API answers (aws-appsync-community 406).
    ("Outer!", {"name": "n", "nested": {}}, "String!"),
    ("Outer", {"name": "n", "inners": [{"title": None}]}, "String!"),
]


@pytest.mark.parametrize(("declared", "given_value", "kind"), NULLS)
def test_null_is_refused_by_the_variables_name(declared: str, given_value: Any, kind: str) -> None:
    expected = f"Variable 'x' has coerced Null value for NonNull type '{kind}'"
    assert message(declared, given_value) == expected


MAPS_ONLY = "Variables for input objects must be an instance of type 'Map'."
INVALID = [
    ("Int", "abc", "x", "Expected type 'Int' but was 'String'."),
    ("Int", "1_000", "x", "Expected type 'Int' but was 'String'."),
    ("Int", 1.5, "x", "Expected type 'Int' but was 'Double'."),
    ("Int", True, "x", "Expected type 'Int' but was 'Boolean'."),
    ("Int", 2**31, "x", "Expected type 'Int' but was 'Long'."),
    ("Int", 2**63, "x", "Expected type 'Int' but was 'BigInteger'."),
    ("Int", "1e999999999", "x", "Expected type 'Int' but was 'String'."),
    ("Float", [], "x", "Expected type 'Float' but was 'ArrayList'."),
    ("Float", "1e999", "x", "Expected type 'Float' but was 'String'."),
    ("Boolean", {}, "x", "Expected type 'Boolean' but was 'LinkedHashMap'."),
    ("ID", ["a"], "x", "Expected type 'ID' but was 'ArrayList'."),
    ("ID", 1.5, "x", "Expected type 'ID' but was 'Double'."),
    ("ID", False, "x", "Expected type 'ID' but was 'Boolean'."),
    ("Kind", "C", "x", "Invalid input for Enum 'Kind'. No value found for name 'C'"),
    ("Outer", "{}", "x", f"Expected type 'Map' but was 'String'. {MAPS_ONLY}"),
    ("Outer", {"name": "n", "count": "q"}, "count", "Expected type 'Int' but was 'String'."),
    (
        "Outer!",
        {"name": "n", "phone": "1110004444"},
        "phone",
        "Unable to parse `1110004444` as a valid phone number.",
    ),
    (
        "Outer",
        {"name": "n", "data": {"key1": "hi", "weirdKey:hello": {"nested": True}}},
        "data",
        "Unable to parse {key1=hi, weirdKey:hello={nested=true}} as valid JSON.",
    ),
    ("[AWSDate]", ["2020-01-01", "soon"], "x", "Unable to parse `soon` as a valid date."),
]


@pytest.mark.parametrize(("declared", "given_value", "name", "text"), INVALID)
def test_invalid_value_is_named_by_its_field(
    declared: str, given_value: Any, name: str, text: str
) -> None:
    expected = f"Variable '{name}' has an invalid value. {text}"
    assert message(declared, given_value) == expected


def test_values_stay_as_sent_for_an_executor_that_reads_them() -> None:
    given_value = {"name": 1, "data": "[1]", "kind": "A", "nested": {"title": "t"}}
    assert value("Outer", given_value, parsed=False) == {
        "name": "1",
        "data": "[1]",
        "count": 3,
        "kind": "A",
        "nested": {"title": "t", "flag": True},
    }


def refuse(error: Exception | object) -> Any:
    if isinstance(error, Exception):
        raise error
    return error


def hand_made(parse_value: Any) -> GraphQLSchema:
    """Make a schema as Strawberry makes them: Python values and names behind the GraphQL ones."""
    color = GraphQLEnumType("Color", {"RED": GraphQLEnumValue(1), "BLUE": GraphQLEnumValue([2])})
    point = GraphQLInputObjectType(
        "Point",
        lambda: {
            "fromX": GraphQLInputField(GraphQLInt, out_name="from_x"),
            "y": GraphQLInputField(GraphQLInt, default_value=7),
            "color": GraphQLInputField(color),
        },
    )
    pair = GraphQLInputObjectType(
        "Pair", {"a": GraphQLInputField(GraphQLString)}, out_type=lambda given: ("pair", given)
    )
    odd = GraphQLScalarType("Odd", parse_value=parse_value)
    query = GraphQLObjectType("Query", {"ok": GraphQLField(GraphQLString)})
    return GraphQLSchema(query, types=[color, point, pair, odd])


def test_python_values_of_a_schema_come_out() -> None:
    schema = hand_made(lambda given: given * 2)
    declared = "$c: Color, $d: Color = BLUE, $p: Point, $q: Pair, $o: Odd"
    variables = {"c": "RED", "p": {"fromX": 1, "color": "BLUE"}, "q": {"a": "b"}, "o": 4}
    assert read(declared, variables, schema) == (
        {
            "c": 1,
            "d": [2],
            "p": {"fromX": 1, "y": 7, "color": [2]},
            "q": ("pair", {"a": "b"}),
            "o": 8,
        },
        [],
    )


@pytest.mark.parametrize(
    ("refusal", "text"),
    [
        (GraphQLError("No odd one."), "No odd one."),
        (ValueError("No odd one."), "No odd one."),
        (TypeError("No odd one."), "No odd one."),
        (ValueError(), "Expected type 'Odd' but was 'Integer'."),
        (OverflowError("Python int too large"), "Expected type 'Odd' but was 'Integer'."),
        (Undefined, "Expected type 'Odd' but was 'Integer'."),
    ],
    ids=repr,
)
def test_scalars_refusal_becomes_the_text(refusal: object, text: str) -> None:
    _, [error] = read("$o: Odd", {"o": 4}, hand_made(lambda _: refuse(refusal)))
    assert error["message"] == f"Variable 'o' has an invalid value. {text}"


def test_value_nested_too_deeply_is_refused() -> None:
    nested: dict[str, Any] = {"title": "t"}
    for _ in range(2_000):
        nested = {"title": "t", "inner": nested}
    assert message("Inner", nested) == "Variable 'x' has an invalid value. Nested too deeply."


plain = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
names = st.sampled_from(["name", "title", "count", "nested", "inners", "inner", "data", "z"])
trees = st.recursive(
    plain, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=4)
)
KINDS = ["Int", "Float!", "String", "Boolean", "ID!", "Kind", "AWSJSON", "[Inner!]!", "Outer"]


@given(st.sampled_from(KINDS), trees)
@settings(max_examples=300, deadline=None)
def test_any_value_is_read_or_refused(declared: str, given_value: Any) -> None:
    values, errors = read(f"$x: {declared}", {"x": given_value})
    assert (values is None) == (len(errors) == 1)
    if values is not None:
        json.dumps(values)
