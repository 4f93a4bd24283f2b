"""The access matrix (docs/access.md), cell by cell: what the twin refuses is what it says."""

import json
import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLObjectType,
    get_named_type,
    get_nullable_type,
    is_required_argument,
    is_required_input_field,
)

from local.access_matrix import PRINCIPALS, denied, places
from local.appsync.auth.identity import Place
from local.contract import contract
from tests.support.signing import signed
from tests.support.twin import RunningTwin

SCHEMA = contract()
PEOPLE = ("alice", "ada", "otto", "anna")
REFUSAL = re.compile(r"Not Authorized to access (\w+) on type (\w+)")
# Texts are empty, which is refused; nothing has the id.
MINIMAL = {
    "String": "",
    "ID": "nope",
    "Int": 0,
    "Float": 0,
    "Boolean": False,
    "AWSTimestamp": 0,
    "AWSDateTime": "2026-01-01T00:00:00Z",
}
# What the seeds have, so that there are fields to be seen.
SEEDED = {
    "device": {"id": '"pump-1"'},
    "readings": {"deviceId": '"pump-1"'},
    "firmware": {"model": '"twinberry-p1"'},
}
# Those that are harmless with the least of arguments, rather than refused.
CHANGES_NOTHING = (
    "updateMe",
    "endSubscriptions",
    "watchDevice",
    "publishReading",
    "publishAlert",
)
TODOS = {"Todo", "TodoPage", "TodoSync"}
DEVICES = {"Device", "DevicePage", "Reading", "ReadingPage", "AlertRule"}
# Types of which there is nothing: no product of the seeds has an image. (Subscriptions are not for
# HTTP, see test_subscriptions.py.)
EMPTY = {"Image", "Subscription"}
# Types of which these callers can get no object at all: no field that gives one is open to them.
NOT_REACHED = {
    "key": TODOS | DEVICES | {"User", "EndedSubscriptions", "Alert"},
    "partner": TODOS | DEVICES | {"User", "EndedSubscriptions", "Alert"},
    **{user: {"EndedSubscriptions", "Alert"} for user in ("alice", "otto", "anna")},
    "ada": {"Alert"},
    "publishers": TODOS | {"Product", "Category", "Review", "Image", "ProductPage", "Firmware"},
}


class Caller:
    """Somebody of the matrix, who asks a twin."""

    def __init__(self, twin: RunningTwin, name: str) -> None:
        self._twin, self._name = twin, name
        outputs = twin.client.get("/amplify_outputs.json").json()
        self._keys = outputs["custom"]["publisher"]
        self._headers = {"content-type": "application/json"}
        if name == "key":
            self._headers["x-api-key"] = twin.key
        elif name == "partner":
            self._headers["authorization"] = "partner-demo"
        elif name in PEOPLE:
            answer = twin.client.post("/local/token", json={"user": name})
            self._headers["authorization"] = answer.json()["idToken"]

    def ask(self, query: str) -> Any:
        body = json.dumps({"query": query}).encode()
        headers = self._headers
        if self._name == "publishers":
            headers = signed(f"{self._twin.url}/graphql", body, self._keys)
        return self._twin.client.post("/graphql", content=body, headers=headers).json()


@pytest.fixture(scope="module")
def someone(twin: RunningTwin) -> Any:
    return Caller(twin, "alice").ask("{ me { id } }")["data"]["me"]["id"]


@pytest.fixture(params=PRINCIPALS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def caller(twin: RunningTwin, name: str) -> Iterator[Caller]:
    """With a todo, if it can have one: else there would be none to see the fields of."""
    caller, todo = Caller(twin, name), f"access-{uuid4().hex}"
    if name in PEOPLE:
        caller.ask(f'mutation {{ createTodo(input: {{id: "{todo}", text: "x"}}) {{ id }} }}')
    yield caller
    if name in PEOPLE:
        caller.ask(f'mutation {{ deleteTodo(id: "{todo}") {{ id }} }}')


def minimal(kind: GraphQLInputType) -> str:
    """Write the least value of a type that is valid."""
    if str(get_nullable_type(kind)).startswith("["):
        return "[]"
    named = get_named_type(kind)
    if isinstance(named, GraphQLEnumType):
        return str(next(iter(named.values)))
    if not isinstance(named, GraphQLInputObjectType):
        return json.dumps(MINIMAL[named.name])
    fields = {key: field for key, field in named.fields.items() if is_required_input_field(field)}
    return "{" + ", ".join(f"{key}: {minimal(field.type)}" for key, field in fields.items()) + "}"


def arguments(field: GraphQLField, given: dict[str, str]) -> str:
    values = {
        key: given.get(key) or minimal(argument.type)
        for key, argument in field.args.items()
        if is_required_argument(argument)
    }
    if "limit" in field.args:
        values["limit"] = "2"
    return (
        "(" + ", ".join(f"{key}: {value}" for key, value in values.items()) + ")" if values else ""
    )


def selection(field: GraphQLField, above: tuple[str, ...] = ()) -> str:
    """Select all that there is below a field, but no type within itself."""
    kind = get_named_type(field.type)
    if not isinstance(kind, GraphQLObjectType):
        return ""
    path = (*above, kind.name)
    below = [
        f"{name}{arguments(each, {})}{selection(each, path)}"
        for name, each in kind.fields.items()
        if get_named_type(each.type).name not in path
    ]
    return " { __typename " + " ".join(below) + " }"


def seen(value: Any) -> Iterator[Place]:
    """Name the fields that an answer has, with their types."""
    if isinstance(value, list):
        for each in value:
            yield from seen(each)
    elif isinstance(value, dict):
        for name, each in value.items():
            yield value["__typename"], name
            yield from seen(each)


def tried(caller: Caller, root: GraphQLObjectType, someone: str) -> tuple[set[Place], set[Place]]:
    """Ask for each field of a root on its own; gives the places reached and those refused."""
    reached: set[Place] = set()
    refused: set[Place] = set()
    for name, field in root.fields.items():
        given = {"id": json.dumps(someone)} if name == "user" else SEEDED.get(name, {})
        asked = f"{name}{arguments(field, given)}{selection(field)}"
        answer = caller.ask(f"{root.name.lower()} {{ __typename {asked} }}")
        reached |= {(root.name, name), *seen(answer.get("data"))}
        if root is SCHEMA.mutation_type and name not in CHANGES_NOTHING:
            assert answer["errors"], f"{name} did something"
        for error in answer.get("errors", ()):
            refused |= refusal((root.name, name), error)
    return reached | refused, refused


def refusal(asked: Place, error: dict[str, Any]) -> set[Place]:
    # A role that may not have the one root field it asks for is turned away altogether.
    if error["message"] == "Permission denied":
        assert error["errorType"] == "UnauthorizedException"
        return {asked}
    if error["errorType"] != "Unauthorized":
        return set()
    found = REFUSAL.fullmatch(error["message"])
    assert found, error
    return {(found[2], found[1])}


def test_every_cell_is_as_the_matrix_says(caller: Caller, name: str, someone: str) -> None:
    assert SCHEMA.query_type and SCHEMA.mutation_type
    roots = (SCHEMA.query_type, SCHEMA.mutation_type)
    answers = [tried(caller, root, someone) for root in roots]
    reached = {place for each, _ in answers for place in each if place[1] != "__typename"}
    refused = {place for _, each in answers for place in each}
    assert refused == denied(SCHEMA, PRINCIPALS[name]) & reached
    unseen = EMPTY | NOT_REACHED.get(name, set())
    assert set(places(SCHEMA)) - reached == {
        place for place in places(SCHEMA) if place[0] in unseen
    }
