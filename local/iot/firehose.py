"""Firehose: a stream's records, gathered by size and time, as objects in a bucket.

Each record is delivered at least once, as on AWS. An object is named after the shard and the first
record in it: written again after a crash, before its checkpoint was, it takes its own place. Where
the checkpoint went back by more than one object, as when the embedded AWS is killed, the objects
are divided anew, and a record may be in two. Readings have ids to be told apart by.
"""

import asyncio
import base64
import contextlib
import gzip
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from local.cloud.client import AwsError, Client
from local.events.checkpoints import Checkpoints
from local.events.loop import Wakes
from local.events.model import Record
from local.events.sources import AGAIN, Kinesis, Tail
from resolvers.shared.resources import Account, Context, Delivery, bucket_name, physical_name

MEGABYTE = 1_048_576
TIMESTAMP = re.compile(r"!\{timestamp:([^}]*)\}")
# Java's letters for the parts of a date, as Firehose takes them.
PARTS = {"yyyy": "%Y", "MM": "%m", "dd": "%d", "HH": "%H", "mm": "%M", "ss": "%S"}
PART = re.compile(r"'([^']*)'|yyyy|MM|dd|HH|mm|ss")
SAVED = 200
STOP_SECONDS = 3.0  # for the last objects


@dataclass(frozen=True, slots=True)
class Flow:
    """A declared delivery with its physical names."""

    declared: Delivery
    name: str
    stream: str
    bucket: str
    region: str


@dataclass(slots=True)
class Buffer:
    """Records that are on their way to one object; `due` is when the loop's clock says so."""

    first: Record
    due: float
    lines: list[bytes] = field(default_factory=list)
    size: int = 0
    last: str = ""

    def add(self, record: Record) -> None:
        """Take a record."""
        data = base64.b64decode(record.event["kinesis"]["data"])
        self.lines.append(data)
        self.size += len(data)
        self.last = record.sequence


def prefix(pattern: str, seconds: float) -> str:
    """Fill in the time of a prefix, in UTC."""
    moment = datetime.fromtimestamp(seconds, UTC)

    def part(found: re.Match[str]) -> str:
        return found[1] if found[1] is not None else moment.strftime(PARTS[found[0]])

    return TIMESTAMP.sub(lambda found: PART.sub(part, found[1]), pattern)


class ShardDelivery:
    """One shard's way into the bucket."""

    def __init__(
        self,
        flow: Flow,
        shard: str,
        tail: Tail,
        client: Client,
        log: Callable[[str], None],
    ) -> None:
        self._flow, self._shard, self._tail = flow, shard, tail
        self._client, self._log = client, log
        self._checkpoints = Checkpoints(client)
        self._buffer: Buffer | None = None

    async def run(self) -> None:
        """Deliver for ever; cancelled, it keeps what it has for `flush`."""
        while True:
            due = self._buffer.due if self._buffer else None
            try:
                async with asyncio.timeout_at(due):
                    records = await self._tail.read()
            except TimeoutError:
                await self.flush()
                continue
            for record in records:
                self._add(record)
                if self._buffer and self._buffer.size >= self._most:
                    await self.flush()

    async def flush(self) -> None:
        """Write what has come, until the bucket has it."""
        buffer = self._buffer
        if buffer is None:
            return
        while not await self._write(buffer):
            await asyncio.sleep(AGAIN)
        self._buffer = None
        await self._checkpoints.write(self._flow.name, self._shard, buffer.last)

    @property
    def _most(self) -> int:
        return self._flow.declared.buffer_mb * MEGABYTE

    def _add(self, record: Record) -> None:
        if self._buffer is None:
            due = asyncio.get_running_loop().time() + self._flow.declared.buffer_seconds
            self._buffer = Buffer(record, due)
        self._buffer.add(record)

    async def _write(self, buffer: Buffer) -> bool:
        declared, body = self._flow.declared, b"".join(buffer.lines)
        headers = {"content-type": "application/octet-stream"}
        if declared.compressed:
            # Some megabytes take a tenth of a second, in which others want to be served.
            body = await asyncio.to_thread(gzip.compress, body, 6)
        path = f"/{self._flow.bucket}/{self._key(buffer)}"
        try:
            answer = await self._client.send("s3", "PUT", path, body, headers)
        except (AwsError, OSError) as error:
            self._log(f"[firehose] {declared.name} can't write: {error}")
            return False
        if answer.status != SAVED:
            self._log(f"[firehose] {declared.name} can't write: {answer.status}")
        return answer.status == SAVED

    def _key(self, buffer: Buffer) -> str:
        arrived = buffer.first.arrived
        moment = datetime.fromtimestamp(arrived, UTC).strftime("%Y-%m-%d-%H-%M-%S")
        name = f"{self._flow.name}-1-{moment}-{self._shard}-{buffer.first.sequence}"
        suffix = ".gz" if self._flow.declared.compressed else ""
        return prefix(self._flow.declared.prefix, arrived) + name + suffix


class Firehose:
    """Every declared delivery."""

    def __init__(
        self,
        contexts: list[Context],
        stage: str,
        account: Account,
        client: Client,
        wakes: Wakes,
        log: Callable[[str], None],
    ) -> None:
        self._client, self._wakes, self._log = client, wakes, log
        self._flows = [
            Flow(
                declared,
                name=physical_name(stage, context.name, declared.name),
                stream=physical_name(stage, context.name, declared.stream),
                bucket=bucket_name(stage, context.name, declared.bucket, account.id),
                region=account.region,
            )
            for context in contexts
            for declared in context.deliveries
        ]
        self._shards: list[ShardDelivery] = []
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Begin to read; raises AwsError, OSError."""
        for flow in self._flows:
            source = Kinesis(self._client, flow.stream, flow.region)
            for shard in await source.open():
                after = await Checkpoints(self._client).read(flow.name, shard)
                tail = Tail(source, shard, after, self._wakes.event(flow.stream), self._log)
                self._shards.append(ShardDelivery(flow, shard, tail, self._client, self._log))
        self._tasks = [asyncio.create_task(shard.run()) for shard in self._shards]

    async def flush(self) -> None:
        """Stop reading, and write what has come; where no bucket takes it, it is read again."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(STOP_SECONDS):
                await asyncio.gather(*(shard.flush() for shard in self._shards))
        self._shards, self._tasks = [], []
