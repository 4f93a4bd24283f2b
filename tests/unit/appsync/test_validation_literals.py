"""What AppSync says of literals: which argument, the value in its engine's print, and the flaw."""

import pytest
from graphql import build_schema, parse

from local.appsync.validation import validate
from tests.unit.appsync.documents import messages

LITERALS = {
    "{post(id: A) {id}}": [
        "WrongType: argument 'id' with value 'EnumValue{name='A'}' is not a valid 'ID' @ 'post'"
    ],
    "{post(id: null) {id}}": [
        "WrongType: argument 'id' with value 'NullValue{}' must not be null @ 'post'"
    ],
    '{post(id: 1, at: "soon") {id}}': [
        "WrongType: argument 'at' with value 'StringValue{value='soon'}' "
        "is not a valid 'AWSDateTime' @ 'post'"
    ],
    "{posts(first: 1.50) {id}}": [
        "WrongType: argument 'first' with value 'FloatValue{value=1.50}' "
        "is not a valid 'Int' @ 'posts'"
    ],
    "{posts(first: 9999999999) {id}}": [
        "WrongType: argument 'first' with value 'IntValue{value=9999999999}' "
        "is not a valid 'Int' @ 'posts'"
    ],
    "{posts(ids: [1, true]) {id}}": [
        "WrongType: argument 'ids[1]' with value 'BooleanValue{value=true}' "
        "is not a valid 'ID' @ 'posts'"
    ],
    '{posts(filter: {and: [{kind: A}, {kind: "A"}]}) {id}}': [
        "WrongType: argument 'filter.and[1].kind' with value 'StringValue{value='A'}' "
        "is not a valid 'Kind' @ 'posts'"
    ],
    "{posts(filter: [1]) {id}}": [
        "WrongType: argument 'filter' with value 'ArrayValue{values=[IntValue{value=1}]}' "
        "must be an object type @ 'posts'"
    ],
    "query($x: Int) {posts(first: $x, filter: {zz: $x}) {id}}": [
        "WrongType: argument 'filter' with value 'ObjectValue{objectFields=[ObjectField"
        "{name='zz', value=VariableReference{name='x'}}]}' "
        "contains a field not in 'Filter': 'zz' @ 'posts'"
    ],
    'mutation {add(input: {rank: 1, nested: {title: "y"}}) {id}}': [
        "WrongType: argument 'input' with value 'ObjectValue{objectFields=[ObjectField"
        "{name='rank', value=IntValue{value=1}}, ObjectField{name='nested', value=ObjectValue"
        "{objectFields=[ObjectField{name='title', value=StringValue{value='y'}}]}}]}' "
        "is missing required fields '[title]' @ 'add'"
    ],
    'mutation {add(input: {title: "x"}, data: {upvotes: 10}) {id}}': [
        "WrongType: argument 'data' with value 'ObjectValue{objectFields=[ObjectField"
        "{name='upvotes', value=IntValue{value=10}}]}' is not a valid 'AWSJSON' @ 'add'"
    ],
    "{posts(filter: {kind: A, kind: B}) {id}}": [
        "UniqueObjectFieldName: There can be only one field named 'kind' @ 'posts'"
    ],
}


@pytest.mark.parametrize(("document", "expected"), LITERALS.items(), ids=LITERALS)
def test_literal_is_refused_in_appsyncs_words(document: str, expected: list[str]) -> None:
    assert messages(document) == expected


def test_float_that_is_out_of_range_is_refused() -> None:
    schema = build_schema("type Query { dear(price: Float): Int }")
    (error,) = validate(schema, parse("{ dear(price: 1e400) }"))
    assert error["message"] == (
        "Validation error of type WrongType: argument 'price' with value "
        "'FloatValue{value=1E+400}' is not a valid 'Float' @ 'dear'"
    )
