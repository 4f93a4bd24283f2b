"""The twin as a whole: the embedded AWS, the functions and AppSync, started and ended together."""

import asyncio
import gc
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from infra import settings
from infra.amplify import amplify_outputs
from local.appsync.auth import Authenticator
from local.appsync.fields import Limits
from local.appsync.service import AppSync, Request
from local.contract import contract
from local.functions import PROVISION, REGION, functions, routes
from local.lambdas import Lambdas
from resolvers.registry import registry

EXECUTION_SECONDS = 30  # AppSync's own, for every API
# The same at every start, so that a frontend's configuration keeps working; it opens nothing but
# this machine.
API_KEY = "da2-twinberrylocaldevelopment0"


class StartError(Exception):
    """The twin cannot start; str() is one clear sentence."""


class Twin:
    """One running twin."""

    api_key = API_KEY

    def __init__(
        self,
        endpoint_url: str,
        log: Callable[[str], None],
        erase: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """`erase` makes everything at the endpoint vanish, if it is ours alone."""
        self.endpoint_url = endpoint_url
        self._erase = erase
        found = registry()
        preload = [context.handler.rpartition(".")[0] for context in found.contexts.values()]
        self._lambdas = Lambdas(
            functions(found, endpoint_url),
            preload=["local.cloud.warm", "local.cloud.provision", *preload],
            log=log,
        )
        self._api = AppSync(
            contract(),
            routes(found),
            self._invoke,
            Authenticator(API_KEY),
            Limits(
                EXECUTION_SECONDS,
                settings.RESOLVER_COUNT_LIMIT,
                settings.QUERY_DEPTH_LIMIT,
            ),
        )
        self._ready = asyncio.Event()

    async def start(self, *, fresh: bool) -> int:
        """Start the functions and make what they need; returns the number of tables made."""
        await self._lambdas.start()
        made = await self._provision(fresh=fresh)
        self._ready.set()
        # What lives now lives as long as the server: the collector need not look at it again.
        gc.collect()
        gc.freeze()
        return made

    async def stop(self) -> None:
        """Stop the functions."""
        await self._lambdas.stop()

    async def reset(self) -> None:
        """Go back to the seeds; requests wait meanwhile."""
        self._ready.clear()
        try:
            if self._erase:
                await self._erase()
            await self._provision(fresh=self._erase is None)
        finally:
            self._ready.set()

    async def answer(self, request: Request, headers: Mapping[str, Any]) -> dict[str, Any]:
        """Answer a GraphQL request; raises Refusal where AppSync gives a status other than 200."""
        await self._ready.wait()
        return await self._api.answer(request, headers)

    def outputs(self, base_url: str) -> dict[str, Any]:
        """Give Amplify's configuration for a client that reaches the twin at `base_url`."""
        return amplify_outputs(url=f"{base_url}graphql", region=REGION, api_key=API_KEY)

    async def _invoke(self, function: str, event: bytes) -> tuple[bytes, bool]:
        outcome = await self._lambdas.invoke(function, event)
        return outcome.payload, outcome.failed

    async def _provision(self, *, fresh: bool) -> int:
        payload, failed = await self._invoke(PROVISION, json.dumps({"fresh": fresh}).encode())
        answer = json.loads(payload)
        if failed:
            raise StartError(f"The tables could not be made: {answer['errorMessage']}")
        made: int = answer["made"]
        return made
