"""The two kinds of streams, read shard by shard; what they hand over is shaped as by Lambda."""

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

from local.cloud.client import AwsError, Client
from local.events.model import Record

FRAME = 400  # bytes of an event around a record's own, more or less
TRIMMED = {"TrimmedDataAccessException", "InvalidArgumentException"}
EXPIRED = {"ExpiredIteratorException", *TRIMMED}
PAUSE = 0.03  # seconds between two reads of a shard at least: what comes meanwhile comes together
AGAIN = 1.0  # seconds, after an error


class Source(Protocol):
    """A stream."""

    arn: str
    idle: float  # seconds between two looks at a shard that had nothing

    async def open(self) -> list[str]:
        """Find the stream, and give its shards; raises AwsError, OSError."""

    async def iterator(self, shard: str, after: str | None) -> str:
        """Give an iterator behind a sequence number, or at the beginning."""

    async def read(self, shard: str, iterator: str) -> tuple[list[Record], str | None]:
        """Read on; gives the next iterator too."""


class Kinesis:
    """A Kinesis stream."""

    idle = 1.0

    def __init__(self, client: Client, name: str, region: str) -> None:
        self._client, self._name, self._region = client, name, region
        self.arn = ""

    async def open(self) -> list[str]:
        """Find the stream, and give its shards; raises AwsError, OSError."""
        found = await self._call("DescribeStream", StreamName=self._name)
        self.arn = found["StreamDescription"]["StreamARN"]
        return [shard["ShardId"] for shard in found["StreamDescription"]["Shards"]]

    async def iterator(self, shard: str, after: str | None) -> str:
        """Give an iterator behind a sequence number, or at the beginning."""
        kind: dict[str, Any] = {"ShardIteratorType": "TRIM_HORIZON"}
        if after is not None:
            kind = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "StartingSequenceNumber": after}
        found = await self._call("GetShardIterator", StreamName=self._name, ShardId=shard, **kind)
        return str(found["ShardIterator"])

    async def read(self, shard: str, iterator: str) -> tuple[list[Record], str | None]:
        """Read on; gives the next iterator too."""
        found = await self._call("GetRecords", ShardIterator=iterator, Limit=2_000)
        return [self._record(shard, each) for each in found["Records"]], found["NextShardIterator"]

    async def _call(self, operation: str, **request: Any) -> dict[str, Any]:
        return await self._client.call(f"Kinesis_20131202.{operation}", request)

    def _record(self, shard: str, found: dict[str, Any]) -> Record:
        sequence, key, data = found["SequenceNumber"], found["PartitionKey"], found["Data"]
        event = {
            "kinesis": {
                "kinesisSchemaVersion": "1.0",
                "partitionKey": key,
                "sequenceNumber": sequence,
                "data": data,
                "approximateArrivalTimestamp": found["ApproximateArrivalTimestamp"],
            },
            "eventSource": "aws:kinesis",
            "eventVersion": "1.0",
            "eventID": f"{shard}:{sequence}",
            "eventName": "aws:kinesis:record",
            "invokeIdentityArn": "arn:aws:iam::000000000000:role/twin",
            "awsRegion": self._region,
            "eventSourceARN": self.arn,
        }
        arrived = found["ApproximateArrivalTimestamp"]
        return Record(sequence, key, arrived, len(data) + len(key) + FRAME, event)


class TableStream:
    """The stream of a DynamoDB table."""

    idle = 0.25

    def __init__(self, client: Client, table: str, region: str) -> None:
        self._client, self._table, self._region = client, table, region
        self.arn = ""

    async def open(self) -> list[str]:
        """Find the stream, and give its shards; raises AwsError, OSError."""
        target = "DynamoDB_20120810.DescribeTable"
        table = (await self._client.call(target, {"TableName": self._table}))["Table"]
        self.arn = table["LatestStreamArn"]
        found = await self._call("DescribeStream", StreamArn=self.arn)
        return [shard["ShardId"] for shard in found["StreamDescription"]["Shards"]]

    async def iterator(self, shard: str, after: str | None) -> str:
        """Give an iterator behind a sequence number, or at the beginning."""
        kind: dict[str, Any] = {"ShardIteratorType": "TRIM_HORIZON"}
        if after is not None:
            kind = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": after}
        found = await self._call("GetShardIterator", StreamArn=self.arn, ShardId=shard, **kind)
        return str(found["ShardIterator"])

    async def read(self, shard: str, iterator: str) -> tuple[list[Record], str | None]:
        """Read on; gives the next iterator too."""
        found = await self._call("GetRecords", ShardIterator=iterator, Limit=1_000)
        records = [self._record(each) for each in found["Records"]]
        return records, found.get("NextShardIterator")

    async def _call(self, operation: str, **request: Any) -> dict[str, Any]:
        return await self._client.call(f"DynamoDBStreams_20120810.{operation}", request)

    def _record(self, found: dict[str, Any]) -> Record:
        change = found["dynamodb"]
        return Record(
            sequence=change["SequenceNumber"],
            key=repr(sorted(change["Keys"].items())),
            arrived=change["ApproximateCreationDateTime"],
            size=3 * int(change.get("SizeBytes", 0)) + FRAME,  # JSON has names and types besides
            event={**found, "awsRegion": self._region, "eventSourceARN": self.arn},
        )


class Tail:
    """A shard, read on and on from where somebody stopped."""

    def __init__(
        self,
        source: Source,
        shard: str,
        after: str | None,
        woken: asyncio.Event,
        log: Callable[[str], None],
    ) -> None:
        self._source, self._shard, self._woken, self._log = source, shard, woken, log
        self._after = after
        self._iterator: str | None = None
        self._last = 0.0

    async def read(self) -> list[Record]:
        """Wait for the next records."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(max(0, self._last + PAUSE - loop.time()))
            self._last = loop.time()
            self._woken.clear()
            if records := await self._read():
                return records
            try:
                async with asyncio.timeout(self._source.idle):
                    await self._woken.wait()
            except TimeoutError:
                continue

    async def _read(self) -> list[Record]:
        try:
            if self._iterator is None:
                self._iterator = await self._source.iterator(self._shard, self._after)
            records, self._iterator = await self._source.read(self._shard, self._iterator)
        except AwsError as error:
            self._iterator = None
            if error.code in TRIMMED:  # the oldest there is, then
                self._after = None
            if error.code not in EXPIRED:
                await self._failed(error)
            return []
        except OSError as error:
            self._iterator = None
            await self._failed(error)
            return []
        if records:
            self._after = records[-1].sequence
        return records

    async def _failed(self, error: Exception) -> None:
        self._log(f"[events] {self._shard} can't be read: {error}")
        await asyncio.sleep(AGAIN)
