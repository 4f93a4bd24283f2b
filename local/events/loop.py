"""All mappings of the twin, started and stopped together."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Protocol

from local.cloud.client import AwsError, Client
from local.events.checkpoints import Checkpoints
from local.events.delivery import Delivery, Invoke, Shard
from local.events.model import Mapping
from local.events.queue import QueueReader
from local.events.shard import Progress, ShardReader
from local.events.sources import AGAIN, Kinesis, Source, TableStream, Tail

STOP_SECONDS = 3.0  # for the batches under way


class Reader(Protocol):
    """What reads one shard or queue."""

    def start(self) -> None:
        """Begin."""

    async def stop(self, seconds: float) -> None:
        """End, with a while for what is under way."""


class Wakes:
    """Who waits for news of which stream: told, they need not wait for their next look."""

    def __init__(self) -> None:
        self._events: dict[str, list[asyncio.Event]] = defaultdict(list)

    def event(self, stream: str) -> asyncio.Event:
        """Give one more event that news of a stream sets."""
        event = asyncio.Event()
        self._events[stream].append(event)
        return event

    def wake(self, stream: str) -> None:
        """Tell that there is something new."""
        for event in self._events[stream]:
            event.set()

    def clear(self) -> None:
        """Forget everybody."""
        self._events.clear()


class EventSources:
    """The mappings' readers; raises nothing, but logs and tries again."""

    def __init__(
        self,
        mappings: Iterable[Mapping],
        client: Client,
        invoke: Invoke,
        wakes: Wakes,
        log: Callable[[str], None],
    ) -> None:
        self._mappings = list(mappings)
        self._client, self._invoke, self._wakes, self._log = client, invoke, wakes, log
        self._checkpoints = Checkpoints(client)
        self._readers: list[Reader] = []

    async def start(self) -> None:
        """Open every source and begin to read."""
        for mapping in self._mappings:
            self._readers += await self._open(mapping)
        for reader in self._readers:
            reader.start()

    async def stop(self) -> None:
        """End, with a while for the batches under way."""
        readers, self._readers = self._readers, []
        await asyncio.gather(*(reader.stop(STOP_SECONDS) for reader in readers))

    async def _open(self, mapping: Mapping) -> list[Reader]:
        if mapping.kind == "queue":
            url = mapping.account.queue_url(mapping.source)
            return [QueueReader(mapping, url, self._invoke, self._client, self._log)]
        region = mapping.account.region
        stream = Kinesis if mapping.kind == "stream" else TableStream
        source: Source = stream(self._client, mapping.source, region)
        while True:
            try:
                shards = await source.open()
                return [await self._shard(mapping, source, shard) for shard in shards]
            except (AwsError, OSError) as error:
                self._log(f"[events] {mapping.source} can't be read: {error}")
                await asyncio.sleep(AGAIN)

    async def _shard(self, mapping: Mapping, source: Source, shard: str) -> Reader:
        after = await self._checkpoints.read(mapping.name, shard)
        tail = Tail(source, shard, after, self._wakes.event(mapping.source), self._log)
        where = Shard(source.arn, shard)
        delivery = Delivery(mapping, where, self._invoke, self._client, self._log)
        progress = Progress(mapping.name, shard, self._checkpoints)
        return ShardReader(mapping, tail, delivery, progress)
