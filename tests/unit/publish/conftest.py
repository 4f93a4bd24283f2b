"""An endpoint with a made-up contract, and the operations that belong to it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from infra.operations import operations
from resolvers.shared import aws
from resolvers.shared import operations as composing
from resolvers.shared.resources import GRAPHQL_URL
from tests.support.endpoint import VARIABLES, Endpoint, RefusedField, serving

SDL = """
type Query { nothing: Int }
type Mutation {
  publishReading(input: ReadingInput!): Reading @aws_iam
  publishUser(id: ID!, reason: String): User! @aws_iam
  publishTick: Tick @aws_iam
}
type Subscription {
  onReading: Reading @aws_subscribe(mutations: ["publishReading"])
  onUser(id: ID): User @aws_subscribe(mutations: ["publishUser", "publishTick"])
}
type Reading { id: ID! value: Float! note: String place: Place }
type Place { room: String! }
type User { id: ID! name: String }
type Tick { at: Int }
input ReadingInput { id: ID! value: Float! note: String }
"""
MADE_UP = {  # users who are not as others
    "nobody": lambda: RefusedField("NotFound", "There is no user nobody."),
    "hidden": lambda: RefusedField("Unauthorized", "Not Authorized to access it"),
    "broken": lambda: RefusedField("InternalError", "Something went wrong"),
    "slow": lambda: RefusedField("Lambda:ExecutionTimeoutException", "Execution timed out."),
}


def publish_reading(input: dict[str, Any]) -> dict[str, Any] | None:
    if input["id"] == "bad":
        raise RefusedField("Invalid", f"what was sent: {input}")
    return None if input["id"] == "null" else input | {"place": {"room": "attic"}}


def publish_user(id: str, reason: str | None = None) -> dict[str, Any]:
    if make := MADE_UP.get(id):
        raise make()
    return {"id": id, "name": "x" * 250_000 if id == "long" else reason}


RESOLVERS: dict[str, Callable[..., Any]] = {
    "publishReading": publish_reading,
    "publishUser": publish_user,
    "publishTick": lambda: {"at": 1},
}


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Endpoint]:
    (tmp_path / "operations.graphql").write_text(operations(SDL))
    monkeypatch.setattr(composing, "OPERATIONS", tmp_path / "operations.graphql")
    caches = (composing._known, aws.session, aws.http)
    for each in caches:
        each.cache_clear()
    with serving(Endpoint(SDL, RESOLVERS)) as endpoint:
        for name, value in (VARIABLES | {GRAPHQL_URL: endpoint.url}).items():
            monkeypatch.setenv(name, value)
        yield endpoint
        aws.http().close()
    for each in caches:
        each.cache_clear()
