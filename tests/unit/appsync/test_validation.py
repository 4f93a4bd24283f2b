"""What AppSync says about documents; texts are those of real answers where `wording.py` says so."""

from typing import Any

import pytest
from graphql import get_introspection_query, parse

from local.appsync.validation import validate
from local.contract import read_contract
from tests.unit.appsync.documents import SCHEMA, messages

QUERIES_ONLY = read_contract("type Query { ok: Boolean }")


def at(line: int, column: int) -> dict[str, Any]:
    return {"line": line, "column": column, "sourceName": None}


def test_error_shape_is_that_of_appsync() -> None:
    [error] = validate(SCHEMA, parse("{badfield}"))
    assert list(error.items()) == [
        ("path", None),
        ("locations", [{"line": 1, "column": 2, "sourceName": None}]),
        (
            "message",
            "Validation error of type FieldUndefined: "
            "Field 'badfield' in type 'Query' is undefined @ 'badfield'",
        ),
    ]
    assert list(error["locations"][0]) == ["line", "column", "sourceName"]


VALID = {
    "shorthand": "{ok}",
    "arguments": '{post(id: 1, at: "2020-01-01T00:00Z") {title(length: 2)}}',
    "list from a single value": '{posts(ids: "1", filter: {and: {kind: A}}) {id}}',
    "null": "{posts(filter: null, ids: null) {id}}",
    "json in a string": 'mutation {add(input: {title: "x"}, data: "{\\"a\\": 1}") {id}}',
    "variables": "query($id: ID!, $n: Int) {post(id: $id) {id} posts(first: $n) {id}}",
    "a variable with a default for a non-null": "query($id: ID = 1) {post(id: $id) {id}}",
    "a variable in a list": "query($id: ID!) {posts(ids: [$id]) {id}}",
    "fragments": "query($n: Int) {node {...F}} fragment F on Post {title(length: $n) ...G} "
    "fragment G on Node {id}",
    "types that exclude each other": "{search {...on Post {a: author {x: id}} "
    "...on User {a: self {x: id}} __typename}}",
    "the same field twice": "{post(id: 1) {id} post(id: 1) {id self {id}}}",
    "directives": "query($b: Boolean!) {ok @include(if: $b) ...@skip(if: true) {done}}",
    "several operations": "query A {ok} query B {ok}",
    "a subscription": "subscription {added {id}}",
    "introspection": '{__schema {types {name}} __type(name: "Post") {name} __typename}',
}


@pytest.mark.parametrize("document", VALID.values(), ids=VALID)
def test_document_that_appsync_takes_is_valid(document: str) -> None:
    assert validate(SCHEMA, parse(document)) == []


@pytest.mark.parametrize("modern", [False, True])
def test_introspection_of_clients_is_valid(modern: bool) -> None:
    document = get_introspection_query(
        directive_is_repeatable=modern,
        input_value_deprecation=modern,
        schema_description=modern,
        specified_by_url=modern,
    )
    assert ("inputFields(includeDeprecated: true)" in document) is modern
    assert validate(SCHEMA, parse(document)) == []


FIELDS = {
    "{post(id: 1) {author {nope}}}": [
        "FieldUndefined: Field 'nope' in type 'User' is undefined @ 'post/author/nope'"
    ],
    "{a: post(id: 1) {b: nope}}": [
        "FieldUndefined: Field 'nope' in type 'Post' is undefined @ 'post/nope'"
    ],
    "{node {...F}} fragment F on Post {self {nope}}": [
        "FieldUndefined: Field 'nope' in type 'Post' is undefined @ 'F/self/nope'"
    ],
    "{search {name}}": ["FieldUndefined: Field 'name' in type 'Hit' is undefined @ 'search/name'"],
    "{post {id}}": ["MissingFieldArgument: Missing field argument id @ 'post'"],
    "{post(id: 1, x: 2) {id}}": ["UnknownArgument: Unknown field argument x @ 'post'"],
    "{post(x: 1) {id}}": [  # as answered by a real API, in this order
        "MissingFieldArgument: Missing field argument id @ 'post'",
        "UnknownArgument: Unknown field argument x @ 'post'",
    ],
    "{post(id: 1, id: 2) {id}}": [
        "DuplicateArgumentNames: There can be only one argument named 'id' @ 'post'"
    ],
    "{post(id: 1)}": [
        "SubSelectionRequired: Sub selection required for type Post of field post @ 'post'"
    ],
    "{posts}": [  # a list has no name in the engine, and prints as null
        "SubSelectionRequired: Sub selection required for type null of field posts @ 'posts'"
    ],
    "{done {a}}": [
        "SubSelectionNotAllowed: "
        "Sub selection not allowed on leaf type Boolean of field done @ 'done'"
    ],
}
FRAGMENTS = {
    "{...F}": ["UndefinedFragment: Undefined fragment F"],
    "{post(id: 1) {...F}}": ["UndefinedFragment: Undefined fragment F @ 'post'"],
    "{ok} fragment F on Post {id}": ["UnusedFragment: Unused fragment F"],
    "{ok} fragment F on Nope {id}": [
        "UnknownType: Unknown type Nope @ 'F'",
        "UnusedFragment: Unused fragment F",
    ],
    "{ok ...F} fragment F on Kind {id}": [
        "FragmentTypeConditionInvalid: "
        "Fragment type condition is invalid, must be on Object/Interface/Union @ 'F'"
    ],
    "{post(id: 1) {...on Int {id}}}": [
        "InlineFragmentTypeConditionInvalid: Inline fragment type condition is invalid, "
        "must be on Object/Interface/Union @ 'post'"
    ],
    "{post(id: 1) {...on User {id}}}": [
        "InvalidFragmentType: Fragment cannot be spread here as objects of "
        "type Post can never be of type User @ 'post'"
    ],
    "{post(id: 1) {...F}} fragment F on User {id}": [
        "InvalidFragmentType: Fragment F cannot be spread here as objects of "
        "type Post can never be of type User @ 'post'"
    ],
    "{node {...F}} fragment F on Post {self {...F}}": [
        "FragmentCycle: Fragment cycles not allowed @ 'F'"
    ],
    "{node {...F}} fragment F on Post {...G} fragment G on Post {...F}": [
        "FragmentCycle: Fragment cycles not allowed @ 'F'",
        "FragmentCycle: Fragment cycles not allowed @ 'G'",
    ],
    "{node {...F}} fragment F on Post {id} fragment F on Post {id}": [
        "DuplicateFragmentName: There can be only one fragment named 'F' @ 'F'"
    ],
}
DIRECTIVES = {
    "{ok @nope}": ["UnknownDirective: Unknown directive nope @ 'ok'"],
    "{ok @aws_iam}": ["MisplacedDirective: Directive aws_iam not allowed here @ 'ok'"],
    "query @skip(if: true) {ok}": ["MisplacedDirective: Directive skip not allowed here"],
    "{ok @skip}": ["MissingDirectiveArgument: Missing directive argument if @ 'ok'"],
    "{ok @skip(if: true, x: 1)}": ["UnknownDirective: Unknown directive argument x @ 'ok'"],
    "{ok @skip(if: 1)}": [
        "WrongType: argument 'if' with value 'IntValue{value=1}' is not a valid 'Boolean' @ 'ok'"
    ],
    "{\n ok @skip(if: true) @skip(if: false)}": [
        "DuplicateDirectiveName: Non repeatable directives must be uniquely named within a "
        "location. The directive 'skip' used on a 'Field' is not unique. @ 'ok'"
    ],
}
VARIABLES = {
    "{post(id: $x) {id}}": ["UndefinedVariable: Undefined variable x @ 'post'"],
    "query($x: Int) {ok}": ["UnusedVariable: Unused variable x"],
    "query($x: String!) {post(id: $x) {id}}": [
        "VariableTypeMismatch: Variable type 'String!' doesn't match expected type 'ID!' @ 'post'"
    ],
    "query($x: ID) {post(id: $x) {id}}": [
        "VariableTypeMismatch: Variable type 'ID' doesn't match expected type 'ID!' @ 'post'"
    ],
    "query($x: [ID]) {posts(ids: $x) {id}}": [
        "VariableTypeMismatch: Variable type '[ID]' doesn't match expected type '[ID!]' @ 'posts'"
    ],
    "query($x: Nope) {ok @skip(if: $x)}": ["UnknownType: Unknown type Nope"],
    "query($x: Post) {post(id: $x) {id}}": [
        "NonInputTypeOnVariable: Wrong type for a variable",
        "VariableTypeMismatch: Variable type 'Post' doesn't match expected type 'ID!' @ 'post'",
    ],
    "query($x: Int = A) {posts(first: $x) {id}}": [
        "BadValueForDefaultArg: Bad default value EnumValue{name='A'} for type Int"
    ],
    "query($x: Int, $x: Int) {posts(first: $x) {id}}": [
        "DuplicateVariableName: There can be only one variable named 'x'"
    ],
    "query($x: Int!) {node {...F}} fragment F on User {self {...G}} "
    "fragment G on User {posts {title(length: $x) self {title(length: $y)}}}": [
        "UndefinedVariable: Undefined variable y @ 'node/F/self/G/posts/self/title'"
    ],
    "query($x: String) {node {...F}} fragment F on Post {title(length: $x)}": [
        "VariableTypeMismatch: "
        "Variable type 'String' doesn't match expected type 'Int' @ 'node/F/title'"
    ],
    # A variable's complaint belongs to its operation, also when it is about a fragment.
    "query($x: Int) {node {...F}} fragment F on Post {nope}": [
        "UnusedVariable: Unused variable x",
        "FieldUndefined: Field 'nope' in type 'Post' is undefined @ 'F/nope'",
    ],
}
OPERATIONS = {
    "query A {ok} {ok}": [
        "LoneAnonymousOperationViolation: Anonymous operation with other operations."
    ],
    "{ok} query A {ok}": [
        "LoneAnonymousOperationViolation: Operation A is following anonymous operation."
    ],
    "query A {ok} query A {ok}": [
        "DuplicateOperationName: There can be only one operation named 'A'"
    ],
    "{ok} type T {id: Nope}": ["NonExecutableDefinition: The T definition is not executable."],
    "{ok} schema {query: Query}": [
        "NonExecutableDefinition: The schema definition is not executable."
    ],
    "{ok} directive @d on FIELD": [
        "NonExecutableDefinition: The provided definition is not executable."
    ],
    "subscription S {... {...F}} fragment F on Subscription {added {id} removed {id}}": [
        "SubscriptionMultipleRootFields: "
        "Subscription operation 'S' must have exactly one root field."
    ],
}
CONFLICTS = {
    "{post(id: 1) {a: kind a: id}}": [
        "FieldsConflict: a: fields have different nullability shapes @ 'post'"
    ],
    "{post(id: 1) {a: tags a: title}}": [
        "FieldsConflict: a: fields have different list shapes @ 'post'"
    ],
    "{post(id: 1) {a: kind a: title}}": [
        "FieldsConflict: a: they return differing types Kind and String @ 'post'"
    ],
    "{post(id: 1) {a: self a: author {id}}}": [
        "SubSelectionRequired: Sub selection required for type Post of field self @ 'post/self'",
        "FieldsConflict: a: self and author are different fields @ 'post'",
    ],
    "{node {self {id} ...on Post {self {id}}}}": [  # the engine wants the very same type
        "FieldsConflict: self: they return differing types Node and Post @ 'node'"
    ],
    "{post(id: 1) {id} post(id: 2) {id}}": ["FieldsConflict: post: they have differing arguments"],
    "{post(id: 1) {self {a: title}} ...F} fragment F on Query {post(id: 1) {self {a: kind}}}": [
        "FieldsConflict: post: (self: (a: they return differing types String and Kind))"
    ],
    "{search {...on Post {a: title} ...on User {a: title}}}": [
        "FieldsConflict: a: they return differing types String and Int @ 'search'"
    ],
    "{post(id: 1) {a: title(length: 1) a: title(length: 2) a: title(length: 3)}}": [
        "FieldsConflict: a: they have differing arguments @ 'post'"
    ]
    * 3,
}
TABLE = FIELDS | FRAGMENTS | DIRECTIVES | VARIABLES | OPERATIONS | CONFLICTS


@pytest.mark.parametrize(("document", "expected"), TABLE.items(), ids=TABLE)
def test_complaint_is_in_appsyncs_words(document: str, expected: list[str]) -> None:
    assert messages(document) == expected


@pytest.mark.parametrize(("kind", "plural"), [("mutation", "mutations"), ("subscription", "s")])
def test_operation_without_root_is_refused(kind: str, plural: str) -> None:
    [error] = validate(QUERIES_ONLY, parse(kind + " {a {b}}"))
    assert error["message"].startswith("Schema is not configured for ")
    assert error["message"].endswith(f"{plural}.")


PLACES = {
    "query GetPost($a: String!, $b: Int) {\n  post(at: null, id: $b) {\n    id\n  }\n}": [
        [at(2, 22)],  # the variable in use
        [at(1, 15)],  # the variable's definition
    ],
    "{\r\n  ok\r\n  post {id}\r}": [[at(3, 3)]],
    "{\n  post(id: 1) {x: kind\n  x: title}\n}": [[at(2, 16), at(3, 3)]],
    "{node {...F}} fragment F on Post {...G} fragment G on Post {...F}": [
        [at(1, 35)],
        [at(1, 61)],
    ],
    "{node {...F}} fragment F on Post {...F}": [[]],
}


@pytest.mark.parametrize(("document", "expected"), PLACES.items(), ids=PLACES)
def test_location_is_where_the_engine_puts_it(document: str, expected: list[Any]) -> None:
    assert [error["locations"] for error in validate(SCHEMA, parse(document))] == expected


def test_location_is_absent_without_a_source() -> None:
    [error] = validate(SCHEMA, parse("{badfield}", no_location=True))
    assert error["locations"] == []
