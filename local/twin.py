"""The twin as a whole: the embedded AWS, the functions and AppSync, started and ended together."""

import asyncio
import gc
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from infra import settings
from infra.amplify import amplify_outputs
from local.functions import PROVISION, REGION, functions, routes
from local.lambdas import Lambdas
from resolvers.registry import registry

if TYPE_CHECKING:
    from local.appsync.service import AppSync, Request

EXECUTION_SECONDS = 30  # AppSync's own, for every API
# The same at every start, so that a frontend's configuration keeps working; it opens nothing but
# this machine.
API_KEY = "da2-twinberrylocaldevelopment0"


@dataclass(frozen=True, slots=True)
class Provisioned:
    """How many tables were made, and which contexts were filled with their seeds."""

    made: int
    seeded: list[str]


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
        self._lambdas = Lambdas(
            functions(found, endpoint_url),
            preload=["local.cloud.warm", "local.cloud.provision"],
            log=log,
        )
        self._api: AppSync
        self._ready = asyncio.Event()
        self._resetting = asyncio.Lock()
        self._under_way = 0
        self._idle = asyncio.Event()
        self._idle.set()

    async def start(self, *, fresh: bool) -> Provisioned:
        """Start the functions and make what they need."""
        await self._lambdas.start()
        provisioning = asyncio.ensure_future(self._provision(fresh=fresh))
        await asyncio.sleep(0)
        # While the functions' parent imports and the tables are looked at, in processes of their
        # own, this one imports Strawberry and mirrors the schema.
        try:
            self._api = self._mirrored()
        except StartError:
            provisioning.cancel()
            raise
        made = await provisioning
        self._ready.set()
        # What lives now lives as long as the server: the collector need not look at it again.
        gc.collect()
        gc.freeze()
        return made

    def _mirrored(self) -> "AppSync":
        from local.appsync.auth import Authenticator  # noqa: PLC0415 - heavy, see `start`
        from local.appsync.fields import Limits  # noqa: PLC0415
        from local.appsync.service import AppSync  # noqa: PLC0415
        from local.contract import SchemaError, contract  # noqa: PLC0415

        try:
            schema = contract()
        except SchemaError as error:
            raise StartError(str(error)) from None
        limits = Limits(
            EXECUTION_SECONDS, settings.RESOLVER_COUNT_LIMIT, settings.QUERY_DEPTH_LIMIT
        )
        return AppSync(schema, routes(registry()), self._invoke, Authenticator(API_KEY), limits)

    async def stop(self) -> None:
        """Stop the functions."""
        await self._lambdas.stop()

    async def reset(self) -> None:
        """Go back to the seeds; requests wait meanwhile."""
        async with self._resetting:
            self._ready.clear()
            try:
                await self._idle.wait()
                if self._erase:
                    await self._erase()
                await self._provision(fresh=self._erase is None)
            finally:
                self._ready.set()

    async def answer(self, request: "Request", headers: Mapping[str, Any]) -> dict[str, Any]:
        """Answer a GraphQL request; raises Refusal where AppSync gives a status other than 200."""
        while not self._ready.is_set():
            await self._ready.wait()
        self._under_way += 1
        self._idle.clear()
        try:
            return await self._api.answer(request, headers)
        finally:
            self._under_way -= 1
            if not self._under_way:
                self._idle.set()

    def outputs(self, base_url: str) -> dict[str, Any]:
        """Give Amplify's configuration for a client that reaches the twin at `base_url`."""
        # The modes that the twin has so far; a client that took another would only be refused.
        return amplify_outputs(
            url=f"{base_url}graphql",
            region=REGION,
            api_key=API_KEY,
            default="API_KEY",
            additional=(),
        )

    async def _invoke(self, function: str, event: bytes) -> tuple[bytes, bool]:
        outcome = await self._lambdas.invoke(function, event)
        return outcome.payload, outcome.failed

    async def _provision(self, *, fresh: bool) -> Provisioned:
        payload, failed = await self._invoke(PROVISION, json.dumps({"fresh": fresh}).encode())
        answer = json.loads(payload)
        if failed:
            raise StartError(f"The tables could not be made: {answer['errorMessage']}")
        return Provisioned(**answer)
