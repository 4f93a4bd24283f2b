"""The API of the contract in front of the real handlers, on moto, for one who may ask anything."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from importlib import import_module
from typing import Any

from local.appsync.auth import Authenticator, Call, Identity
from local.appsync.cache import ResolverCache
from local.appsync.fields import Limits
from local.appsync.service import AppSync, Request
from local.contract import contract
from local.functions import STAGE, routes
from resolvers.registry import registry
from resolvers.shared.identity import Mode
from resolvers.shared.resources import physical_name
from tests.unit.calls import USER, LambdaContext, hooked

HANDLERS = {
    physical_name(STAGE, name): import_module(context.handler.rpartition(".")[0]).handler
    for name, context in registry().contexts.items()
    if any(binding.context == name for binding in registry().bindings.values())
}
CLAIMS = {"token_use": "id", "email": "ada@example.com", "email_verified": True}
PERSON = {**USER, "claims": {**CLAIMS, "sub": USER["sub"]}}


class Trusting(Authenticator):
    """Takes everybody for an administrator."""

    async def authenticate(self, call: Call) -> Identity:
        return Identity(Mode.USER_POOL, PERSON, frozenset({"admin"}))


async def _invoke(function: str, event: bytes) -> tuple[bytes, bool]:
    try:
        answer = HANDLERS[function](json.loads(event), LambdaContext())
    except Exception as failure:
        report = {"errorType": type(failure).__name__, "errorMessage": str(failure)}
        return json.dumps(report).encode(), True
    return json.dumps(answer).encode(), False


def api(cache: ResolverCache | None = None) -> AppSync:
    """Make an API, with a cache or without."""
    return _made() if cache is None else _make(cache)


@lru_cache
def _made() -> AppSync:
    return _make(None)


def _make(cache: ResolverCache | None) -> AppSync:
    limits = Limits(30, 0, 0)
    return AppSync(contract(), routes(registry()), _invoke, Trusting("key"), limits, cache)


def ask(query: str, of: AppSync | None = None, **variables: Any) -> dict[str, Any]:
    """Send a query; gives the answer, errors and all."""
    return asyncio.run((of or api()).answer(Request(query, variables, None), {}))


@contextmanager
def read_attributes() -> Iterator[dict[str, set[str]]]:
    """Note, by the end of a table's name, the attributes of items that DynamoDB has sent."""
    found: dict[str, set[str]] = {}

    def note(table: str, items: list[dict[str, Any]]) -> None:
        found.setdefault(table.rpartition("-")[2], set()).update(*items)

    def query(parsed: Any, context: Any, **_: Any) -> None:
        for name, items in parsed.get("Responses", {}).items():
            note(name, items)
        if table := context.get("table"):
            note(table, parsed.get("Items") or [parsed.get("Item", {})])

    def remember(params: Any, context: Any, **_: Any) -> None:
        context["table"] = json.loads(params["body"]).get("TableName")

    with hooked("before-call.dynamodb", remember), hooked("after-call.dynamodb", query):
        yield found
