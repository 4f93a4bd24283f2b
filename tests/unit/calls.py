"""Call a handler as Lambda does for AppSync: JSON in, JSON out, one field or a batch of it."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import Any

from resolvers.shared import aws

Handler = Callable[[Any, Any], Any]
Counts = dict[str, int]

USER = {
    "sub": "u-1",
    "issuer": "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_pool",
    "username": "ada",
    "claims": {"sub": "u-1", "cognito:groups": ["admin"]},
    "sourceIp": ["127.0.0.1"],
    "defaultAuthStrategy": "ALLOW",
    "groups": ["admin"],
}


@dataclass(frozen=True)
class LambdaContext:
    """What a handler reads of Lambda's context."""

    aws_request_id: str = "request-1"


def event(
    coordinate: str,
    arguments: Mapping[str, Any],
    source: Any = None,
    identity: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Make the event of a direct Lambda resolver for a field such as `Query.products`.

    It tells no selection, so that everything is read.
    """
    type_name, field_name = coordinate.split(".")
    return {
        "arguments": dict(arguments),
        "identity": identity,
        "source": source,
        "request": {"headers": {"host": "localhost"}, "domainName": None},
        "prev": None,
        "info": {
            "selectionSetList": [],
            "selectionSetGraphQL": "",
            "parentTypeName": type_name,
            "fieldName": field_name,
            "variables": {},
        },
        "stash": {},
    }


def invoke(handler: Handler, payload: Any) -> Any:
    """Send an event through JSON, there and back."""
    return json.loads(json.dumps(handler(json.loads(json.dumps(payload)), LambdaContext())))


def batch(coordinate: str, parents: Iterable[Any], **arguments: Any) -> list[dict[str, Any]]:
    """Make the event of a batch: one element a parent."""
    return [event(coordinate, arguments, source=parent) for parent in parents]


@contextmanager
def counted() -> Iterator[Counts]:
    """Count the DynamoDB calls of a block, by operation."""
    counts: Counts = {}
    one_at_a_time = Lock()

    def count(model: Any, **_: Any) -> None:
        with one_at_a_time:
            counts[model.name] = counts.get(model.name, 0) + 1

    with hooked("before-call.dynamodb", count):
        yield counts


@contextmanager
def hooked(
    moment: str, hook: Callable[..., Any], client: Callable[[], Any] = aws.dynamodb
) -> Iterator[None]:
    """Have botocore call a function at moments such as `before-call.dynamodb.GetItem`.

    What the function gives back, if anything, is the service's answer: a status and a parsed body.
    """
    events = client().meta.events
    events.register(moment, hook)
    try:
        yield
    finally:
        events.unregister(moment, hook)
