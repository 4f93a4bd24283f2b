"""An API made up to reach what the real contract can't; its functions answer what a case says."""

import asyncio
from collections.abc import Mapping
from functools import cache
from typing import Any

import httpx
import orjson
from graphql import GraphQLSchema

from local.appsync.auth import Authenticator
from local.appsync.fields import Limits
from local.appsync.route import Route
from local.appsync.service import AppSync
from local.contract import read_contract
from local.endpoint import GraphQLEndpoint
from resolvers.shared.routing import Eviction
from tests.conformance.cases import FOLDER, Case

KEY = "da2-" + "m" * 26
BATCHED = {"Thing.batched": 3, "Thing.batchedThing": 3, "Thing.strict": 3}
EVICTIONS = {"Mutation.evicting": (Eviction("Query.thing", {}),)}
UNBOUND = "Query.unbound"
LIMITS: dict[str, Any] = {"seconds": 5.0, "resolvers": 100, "depth": 20}


@cache
def contract() -> GraphQLSchema:
    """Read the made-up contract."""
    return read_contract((FOLDER / "made_up.graphql").read_text())


def routes() -> dict[str, Route]:
    """Bind every root field, and those in batches, to a function of the field's name."""
    schema = contract()
    roots = [root for root in (schema.query_type, schema.mutation_type) if root]
    names = [f"{root.name}.{field}" for root in roots for field in root.fields]
    single = {name: Route(name, 0, EVICTIONS.get(name, ())) for name in names}
    del single[UNBOUND]
    return single | {name: Route(name, size) for name, size in BATCHED.items()}


class Functions:
    """The functions of one case, and what was called."""

    def __init__(self) -> None:
        self.answers: Mapping[str, Any] = {}
        self.calls: list[str] = []

    async def invoke(self, function: str, event: bytes) -> tuple[bytes, bool]:
        """Answer as the case says; null where it says nothing."""
        self.calls.append(function)
        answer = self.answers.get(function)
        if not isinstance(answer, dict):
            return orjson.dumps(answer), False
        name = next(iter(answer), "")
        if name == "$sleep":
            await asyncio.sleep(answer[name])
        return _payload(name, answer, orjson.loads(event)), name == "$raise"


def _payload(name: str, answer: dict[str, Any], event: Any) -> bytes:
    if name == "$raw":
        return str(answer[name]).encode()
    if name == "$text":
        return orjson.dumps("x" * answer[name])
    if name == "$arguments":
        return orjson.dumps(event["arguments"])
    if name == "$event":
        for key in answer[name]:
            event = event[key]
        return orjson.dumps(event)
    if name == "$parents":
        return orjson.dumps([answer[name] for _ in event])
    return orjson.dumps(answer.get(name) if name in ("$raise", "$sleep") else answer)


@cache
def _api(**limits: Any) -> tuple[Functions, AppSync]:
    functions = Functions()
    allowed = Limits(**(LIMITS | limits))
    return functions, AppSync(contract(), routes(), functions.invoke, Authenticator(KEY), allowed)


def ask(case: Case, headers: httpx.Headers) -> tuple[httpx.Response, list[str]]:
    """Send a case's request; gives the answer and which functions were called."""
    functions, api = _api(**case.limits)
    functions.answers, functions.calls = case.functions, []
    sent = case.request

    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(GraphQLEndpoint(api.answer))
        async with httpx.AsyncClient(transport=transport, base_url="http://made-up") as client:
            return await client.request(
                sent.method, "/graphql", headers=headers, params=sent.params, content=sent.content
            )

    return asyncio.run(send()), functions.calls
