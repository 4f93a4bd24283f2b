"""Everything between devices and functions, started and stopped with the twin."""

import asyncio
import socket
from collections.abc import Callable

from starlette.routing import BaseRoute

from local.cloud import channels
from local.cloud.client import AwsError, Client
from local.credentials import device_topics
from local.edge.cache import Cache
from local.edge.keys import Signed
from local.edge.names import base, edge_name, edges, secret
from local.edge.pages import edge_routes, origin
from local.events.delivery import Invoke
from local.events.loop import EventSources, Wakes
from local.events.model import mappings
from local.functions import STAGE, local_account
from local.iot.broker import Broker
from local.iot.firehose import Firehose
from local.iot.ingest import Ingest
from local.tls.authority import Authority
from resolvers.registry import Registry
from resolvers.shared.resources import Bucket, Context, bucket_name

AGAIN = 1.0  # seconds, after an error at the start


class Things:
    """Streams, queues and topics, who reads them, and the broker where devices come in."""

    def __init__(
        self,
        registry: Registry,
        endpoint_url: str,
        graphql_url: str,
        invoke: Invoke,
        log: Callable[[str], None],
    ) -> None:
        """Edges are beside `graphql_url`. Raises RuleError if a declared rule is not understood."""
        self._contexts, self._log = list(registry.contexts.values()), log
        self._account = local_account(endpoint_url)
        self._client, wakes = Client(endpoint_url), Wakes()
        self._wakes = wakes
        found = mappings(registry, STAGE, self._account)
        self._sources = EventSources(found, self._client, invoke, wakes, log)
        common = (self._contexts, STAGE, self._account, self._client, wakes, log)
        self._firehose, self._ingest = Firehose(*common), Ingest(*common)
        self._broker = Broker(self._ingest.take, device_topics, log)
        self._edges = {
            edge_name(context, bucket): self._edge(context, bucket, graphql_url)
            for context in self._contexts
            for bucket in edges(context)
        }
        self.mqtt_port: int | None = None  # where devices come in, once they may
        self._beginning: asyncio.Task[None] | None = None
        self._stopped = False

    async def make(self, *, fresh: bool) -> None:
        """Make what is declared, but for the streams of tables; raises AwsError, OSError."""
        await channels.provision(self._client, self._contexts, self._account, fresh=fresh)

    def begin(self) -> None:
        """Start to read, behind the start of the twin; the tables are there by now."""
        self._beginning = asyncio.create_task(self._begin())

    async def listen(self, listener: socket.socket, authority: Authority | None) -> None:
        """Let devices in."""
        await self._broker.start(listener, authority)
        self.mqtt_port = listener.getsockname()[1]

    def routes(self) -> list[BaseRoute]:
        """Give the edges' routes."""
        return edge_routes(
            {name: cache for name, (cache, _) in self._edges.items()},
            {name: signed.allows for name, (_, signed) in self._edges.items()},
        )

    async def pause(self) -> None:
        """Stop reading: what batches are under way come to their end, and buffers are written."""
        if self._beginning:
            self._beginning.cancel()
            await asyncio.gather(self._beginning, return_exceptions=True)
        await self._sources.stop()
        await self._firehose.flush()
        self._wakes.clear()
        for cache, signed in self._edges.values():
            cache.clear()
            signed.forget()

    async def stop(self) -> None:
        """Stop everything, devices first: what is not acknowledged, they send again."""
        if self._stopped:
            return
        self._stopped = True
        await self._broker.stop()
        await self._ingest.stop()
        await self.pause()
        self._client.close()

    def _edge(self, context: Context, bucket: Bucket, graphql_url: str) -> tuple[Cache, Signed]:
        name = bucket_name(STAGE, context.name, bucket.name, self._account.id)
        key = secret(STAGE, context, bucket)
        signed = Signed(self._client, base(graphql_url, context, bucket), key)
        return Cache(origin(self._client, name)), signed

    async def _begin(self) -> None:
        while True:
            try:
                await channels.watch_tables(self._client, self._contexts)
                await self._sources.start()
                await self._firehose.start()
            except (AwsError, OSError) as error:
                self._log(f"[events] can't start: {error}")
                await asyncio.sleep(AGAIN)
            else:
                return
