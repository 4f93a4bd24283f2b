"""The twin as a whole: the embedded AWS, the functions and AppSync, started and ended together."""

import asyncio
import contextlib
import gc
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infra import settings
from infra.amplify import amplify_outputs
from local.appsync.auth import Authenticator
from local.appsync.auth.keys import fetch_json
from local.appsync.auth.oidc import OidcIssuer
from local.appsync.auth.user_pool import UserPool
from local.appsync.cache import ResolverCache, cached_fields
from local.appsync.errors import Refusal
from local.cloud import LANE, tables
from local.cloud.client import AwsError, Client
from local.credentials import API_KEY, api_keys, custom, modes
from local.functions import (
    PROVISION,
    REGION,
    functions,
    routes,
    subscriptions,
    unanswered,
)
from local.iot.service import Things
from local.lambdas.service import Lambdas
from local.lambdas.zygote_process import ZygoteProcess
from local.stages import reached
from local.starting import StartError
from local.users import Tokens, Users
from resolvers.registry import registry

if TYPE_CHECKING:
    from local.appsync.service import AppSync, Request
    from local.realtime.service import Realtime

# What environments are forked with: botocore warm, the way to its endpoint, and every context.
PRELOADED = [f"local.cloud.{name}" for name in ("warm", "road", "provision", "users")]
EXECUTION_SECONDS = 30  # AppSync's own, for every API


@dataclass(frozen=True, slots=True)
class Provisioned:
    """How many tables were made, and which contexts were filled with their seeds."""

    made: int
    seeded: list[str]


class Twin:
    """One running twin."""

    api_key = API_KEY

    def __init__(
        self,
        endpoint_url: str,
        graphql_url: str,
        log: Callable[[str], None],
        erase: Callable[[], Awaitable[None]] | None = None,
        oidc: settings.Oidc | None = None,
        caching: settings.Caching = settings.Caching.OFF,
        *,
        lane: Path | None = None,
        introspection: bool = True,
        watched_only: bool = False,
        zygote: ZygoteProcess | None = None,
    ) -> None:
        """`endpoint_url` is AWS's; at `graphql_url` functions that publish reach the twin itself.

        `erase` makes everything at the endpoint vanish, if it is ours alone. `lane` is the socket
        of the lane (cloud/lane.py) to it, if functions may take that; `zygote`, their parent, if it
        has been started already. `oidc` is an issuer whose tokens are taken besides those of the
        user pool. With `watched_only`, readings that nobody waits for are not published.
        """
        self.endpoint_url = endpoint_url
        self._erase = erase
        found = registry()
        self._lambdas = Lambdas(
            functions(found, endpoint_url, graphql_url, caching, watched_only=watched_only),
            preload=PRELOADED,
            preload_variables={LANE: str(lane)} if lane else None,
            log=log,
            zygote=zygote,
        )
        self.things = Things(found, endpoint_url, graphql_url, self._lambdas.invoke, log)
        issuer = OidcIssuer(oidc, fetch_json) if oidc else None
        self._users = Users(endpoint_url, self._invoke, log, issuer)
        taken = modes(self._invoke, self._users, found.contexts)
        self._authenticator = Authenticator(
            api_keys(), taken, log=lambda line: log(f"[auth] {line}")
        )
        cached = cached_fields(found.bindings.values(), caching)
        self.cache = ResolverCache(cached) if cached else None
        self._introspection = introspection
        self._modes = ["API_KEY", "AWS_IAM", "AWS_LAMBDA", *(["OPENID_CONNECT"] if oidc else [])]
        self._log = log
        self._api: AppSync
        self.realtime: Realtime
        self._ready = asyncio.Event()
        self._resetting = asyncio.Lock()
        self._under_way = 0
        self._idle = asyncio.Event()
        self._idle.set()

    async def start(self, *, fresh: bool) -> Provisioned:
        """Start the functions and make what they need."""
        await self._lambdas.start()
        await self._make_things(fresh=fresh)  # seeds may go into buckets
        there = not fresh and await self._complete()
        provisioning = None if there else asyncio.ensure_future(self._provision(fresh=fresh))
        await asyncio.sleep(0)
        # While the functions' parent imports and the tables are made, in processes of their own,
        # this one imports Strawberry and mirrors the schema.
        try:
            self._mirror()
        except StartError:
            if provisioning:
                provisioning.cancel()
            raise
        reached("the schema is mirrored")
        made = await provisioning if provisioning else Provisioned(0, [])
        self._users.provision(fresh=fresh)
        self.things.begin()
        self._ready.set()
        # What lives now lives as long as the server: the collector need not look at it, ever. It
        # has been off until now; to look first takes 40 ms and finds next to nothing.
        gc.freeze()
        gc.enable()
        return made

    def _mirror(self) -> None:
        from local.appsync.fields import Limits  # noqa: PLC0415 - heavy, see `start`
        from local.appsync.service import AppSync  # noqa: PLC0415
        from local.contract import SchemaError, contract  # noqa: PLC0415
        from local.realtime.broker import Broker, heard_by  # noqa: PLC0415
        from local.realtime.service import Realtime  # noqa: PLC0415
        from local.realtime.subscriptions import Subscriptions  # noqa: PLC0415

        try:
            schema = contract()
        except SchemaError as error:
            raise StartError(str(error)) from None
        limits = Limits(
            EXECUTION_SECONDS,
            settings.RESOLVER_COUNT_LIMIT,
            settings.QUERY_DEPTH_LIMIT,
            self._introspection,
        )
        broker = Broker(heard_by(schema), lambda line: self._log(f"[realtime] {line}"))
        self._api = AppSync(
            schema,
            routes(registry()),
            self._invoke,
            self._authenticator,
            limits,
            self.cache,
            broker.completed,
            broker.invalidate,
        )
        for coordinate in unanswered(schema, registry()):
            self._log(f"[twin] {coordinate} has no function in resolvers/: it is null")
        declared = Subscriptions(self._api, subscriptions(registry()))
        self.realtime = Realtime(self._api, declared, broker, self.answer, self._ready.wait)

    async def stop(self) -> None:
        """Stop the functions, and before them what invokes them."""
        await self.things.stop()
        self._users.stop()
        await self._lambdas.stop()

    async def reset(self) -> None:
        """Go back to the seeds; requests wait meanwhile."""
        async with self._resetting:
            await self.things.pause()  # while what workers publish is still answered
            self._ready.clear()
            try:
                await self._idle.wait()
                if self._erase:
                    await self._erase()
                await self._make_things(fresh=self._erase is None)
                await self._provision(fresh=self._erase is None)
                self._users.provision(fresh=self._erase is None)
            finally:
                self._authenticator.forget()
                self.flush_cache()
                self.things.begin()
                self._ready.set()
                # What was subscribed to was another world's, and so were its users.
                self.realtime.close_all("everything was reset")

    def flush_cache(self) -> int:
        """Forget every cached value, as FlushApiCache does; tells how many."""
        return self.cache.flush() if self.cache else 0

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

    async def sign_in(self, user: Any) -> Tokens:
        """Give a seeded user's tokens; raises Refusal if there is no such user."""
        await self._ready.wait()
        return await self._users.sign_in(user)

    async def outputs(self, base_url: str) -> dict[str, Any]:
        """Give Amplify's configuration for a client that reaches the twin at `base_url`."""
        pool: UserPool | None = None
        with contextlib.suppress(Refusal):  # the log has the reason; the other modes work
            pool = await self._users.pool()
        return amplify_outputs(
            url=f"{base_url}graphql",
            region=REGION,
            api_key=API_KEY,
            user_pool_id=pool.pool_id if pool else None,
            client_id=pool.client_id if pool else None,
            additional=self._modes,
            custom=custom(self.endpoint_url),
        )

    async def _invoke(self, function: str, event: bytes) -> tuple[bytes, bool]:
        outcome = await self._lambdas.invoke(function, event)
        return outcome.payload, outcome.failed

    async def _make_things(self, *, fresh: bool) -> None:
        try:
            await self.things.make(fresh=fresh)
        except (AwsError, OSError) as error:
            raise StartError(f"The streams and buckets could not be made: {error}") from None

    async def _complete(self) -> bool:
        with contextlib.closing(Client(self.endpoint_url)) as client:
            return await tables.complete(client, registry().contexts.values())

    async def _provision(self, *, fresh: bool) -> Provisioned:
        payload, failed = await self._invoke(PROVISION, json.dumps({"fresh": fresh}).encode())
        answer = json.loads(payload)
        if failed:
            raise StartError(f"The tables could not be made: {answer['errorMessage']}")
        with contextlib.closing(Client(self.endpoint_url)) as client:
            await tables.note(client, registry().contexts.values())
        return Provisioned(**answer)
