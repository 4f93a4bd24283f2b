"""A profile: where the time of a request for 20 products of a constant list goes, part by part.

Each part is run by itself in this process, again and again, so its caches are warm; in the twin it
runs once a request, between other things, and takes up to twice as long. What no part accounts for
are sockets, the kernel, and two processes that wake each other up.
"""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from statistics import median
from typing import Any

from bench import constant, engine
from bench.peers import BOOKS
from bench.rows import Row
from local.appsync.auth import Authenticator
from local.appsync.fields import Limits
from local.appsync.service import AppSync, Request
from local.contract import contract
from local.credentials import API_KEY, api_keys
from local.endpoint import GraphQLEndpoint
from local.functions import routes
from local.lambdas.payload import decode, encode
from resolvers.registry import registry

TIMES = 2_000
BODY = json.dumps({"query": BOOKS}).encode()
CLIENT = {"host": "127.0.0.1:4000", "x-api-key": API_KEY, "content-type": "application/json"}
SCOPE = {
    "type": "http",
    "method": "POST",
    "path": "/graphql",
    "query_string": b"",
    "headers": [(name.encode(), value.encode()) for name, value in CLIENT.items()],
    "scheme": "http",
    "client": ("127.0.0.1", 40_000),
}
REST = "everything else: sockets, kernel, uvicorn, caches gone cold"


class Invocation:
    """The event of the request's one field, and what the function makes of it."""

    aws_request_id = "bench"

    def __init__(self) -> None:
        self.event: Any = None
        self.result: Any = None
        self.answer = b""

    async def invoke(self, _function: str, event: bytes) -> tuple[bytes, bool]:
        """Run the function the first time, and answer the same for ever after."""
        if self.event is None:
            self.event = decode(event)
            self.result = self.run()
            self.answer = encode(self.result)
        return self.answer, False

    def run(self) -> Any:
        """Run the function, as its environment does."""
        context: Any = self
        return constant.handler(self.event, context)


def measure(whole: float) -> list[Row]:
    """Time the parts, in µs; `whole` is what a client waits for all of them, in ms."""
    parts = asyncio.run(_parts())
    parts[REST] = whole * 1000 - sum(parts.values())
    return [Row(what, taken, "µs", stage=True) for what, taken in parts.items()]


async def _parts() -> dict[str, float]:
    invocation = Invocation()
    keys = Authenticator(api_keys())
    api = AppSync(contract(), routes(registry()), invocation.invoke, keys, Limits(30, 0, 0))
    execute, request = engine.ours(), Request(BOOKS, {}, None)
    answer = await api.answer(request, CLIENT)
    written = json.dumps(invocation.event).encode()

    async def at_once(_request: Any, _headers: Any) -> Any:
        return answer

    endpoint = GraphQLEndpoint(at_once)
    whole = await _awaited(lambda: api.answer(request, CLIENT))
    execution = await _awaited(lambda: execute(engine.QUERY.format(20)))
    return {
        "server: HTTP, the answer's JSON": await _awaited(lambda: _served(endpoint)),
        "server: credentials, limits, event, the function's JSON": whole - execution,
        "server: execution and completion": execution,
        "environment: JSON": _timed(lambda: (decode(written), encode(invocation.result))),
        "environment: Powertools, arguments, results": _timed(invocation.run),
    }


async def _served(endpoint: GraphQLEndpoint) -> None:
    async def receive() -> Any:
        return {"type": "http.request", "body": BODY, "more_body": False}

    async def send(_message: Any) -> None:
        return None

    await endpoint(SCOPE, receive, send)


async def _awaited(run: Callable[[], Awaitable[Any]]) -> float:
    taken = []
    for _ in range(TIMES):
        began = time.perf_counter()
        await run()
        taken.append((time.perf_counter() - began) * 1e6)
    return median(taken)


def _timed(run: Callable[[], Any]) -> float:
    taken = []
    for _ in range(TIMES):
        began = time.perf_counter()
        run()
        taken.append((time.perf_counter() - began) * 1e6)
    return median(taken)
