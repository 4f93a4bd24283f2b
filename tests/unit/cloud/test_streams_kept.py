"""What streams took is there again: after a stop, a kill, and a kill in the middle of a save."""

import asyncio
import base64
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from local.cloud.client import AwsError, Client
from local.cloud.engine import FOLDER, Engine, erase

SELDOM = ("--save-every", "1000")
OFTEN = ("--save-every", "0.05")


@asynccontextmanager
async def running(data: Path, *arguments: str) -> AsyncIterator[tuple[Engine, Client]]:
    engine = Engine(data, arguments=arguments)
    client = Client(await engine.start())
    try:
        yield engine, client
    finally:
        client.close()
        await engine.stop()


async def kinesis(client: Client, operation: str, **request: Any) -> dict[str, Any]:
    return await client.call(f"Kinesis_20131202.{operation}", request)


async def put(client: Client, *texts: str) -> list[str]:
    """Put records with the same key; gives their sequence numbers."""
    records = [
        {"PartitionKey": "k", "Data": base64.b64encode(text.encode()).decode()} for text in texts
    ]
    answer = await kinesis(client, "PutRecords", StreamName="s", Records=records)
    return [each["SequenceNumber"] for each in answer["Records"]]


async def held(client: Client) -> list[tuple[str, str]]:
    """Read all there is: sequence numbers and texts."""
    found = []
    description = await kinesis(client, "DescribeStream", StreamName="s")
    for shard in description["StreamDescription"]["Shards"]:
        place: dict[str, Any] = {"ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
        iterator = await kinesis(client, "GetShardIterator", StreamName="s", **place)
        records = await kinesis(client, "GetRecords", ShardIterator=iterator["ShardIterator"])
        for record in records["Records"]:
            found.append((record["SequenceNumber"], base64.b64decode(record["Data"]).decode()))
    return found


async def kill(engine: Engine) -> None:
    assert engine.pid
    os.kill(engine.pid, signal.SIGKILL)
    await engine.exited()


def test_acknowledged_records_survive_a_kill(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path, *SELDOM) as (engine, client):
            await kinesis(client, "CreateStream", StreamName="s", ShardCount=2)
            numbers = await put(client, "a", "b")
            await kill(engine)
        async with running(tmp_path, *SELDOM) as (engine, client):
            assert await held(client) == list(zip(numbers, "ab", strict=True))
            numbers += await put(client, "c")
            await kill(engine)
        async with running(tmp_path) as (_, client):
            assert await held(client) == list(zip(numbers, "abc", strict=True))
            assert numbers == sorted(numbers)

    asyncio.run(scenario())


def test_records_are_there_once_however_saves_and_kills_fall(tmp_path: Path) -> None:
    async def scenario() -> None:
        numbers = []
        for round_ in range(4):
            async with running(tmp_path, *OFTEN) as (engine, client):
                if not round_:
                    await kinesis(client, "CreateStream", StreamName="s", ShardCount=1)
                for number in range(100):
                    numbers += await put(client, f"{round_}-{number}")
                await kill(engine)
        async with running(tmp_path) as (_, client):
            assert [number for number, _ in await held(client)] == numbers

    asyncio.run(scenario())


def test_numbers_grow_though_the_clock_is_set_back(tmp_path: Path) -> None:
    journal = tmp_path / FOLDER / "kinesis.journal"

    async def scenario() -> None:
        async with running(tmp_path, *SELDOM) as (engine, client):
            await kinesis(client, "CreateStream", StreamName="s", ShardCount=1)
            (now,) = await put(client, "a")
            await kill(engine)
        an_hour_on = f"{int(now) + 3_600_000 * 10**10:030}"
        journal.write_text(journal.read_text().replace(now, an_hour_on))
        async with running(tmp_path, *SELDOM) as (engine, client):
            assert min(await put(client, "b", "c")) > an_hour_on
            await kill(engine)
        async with running(tmp_path) as (_, client):
            assert [text for _, text in await held(client)] == ["a", "b", "c"]

    asyncio.run(scenario())


def test_a_torn_last_line_was_never_acknowledged(tmp_path: Path) -> None:
    journal = tmp_path / FOLDER / "kinesis.journal"

    async def scenario() -> None:
        async with running(tmp_path, *SELDOM) as (engine, client):
            await kinesis(client, "CreateStream", StreamName="s", ShardCount=1)
            await put(client, "a")
            await kill(engine)
        with journal.open("ab") as file:
            file.write(b'{"key": ["0000000')
        async with running(tmp_path, *SELDOM) as (engine, client):
            await put(client, "b")
            await kill(engine)
        async with running(tmp_path) as (_, client):
            assert [text for _, text in await held(client)] == ["a", "b"]

    asyncio.run(scenario())


def test_deleted_streams_stay_deleted(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path, *SELDOM) as (engine, client):
            await kinesis(client, "CreateStream", StreamName="s", ShardCount=1)
            await put(client, "a")
            await kinesis(client, "DeleteStream", StreamName="s")
            await kill(engine)
        async with running(tmp_path, *SELDOM) as (engine, client):
            with pytest.raises(AwsError, match="ResourceNotFoundException"):
                await put(client, "b")
            await kinesis(client, "CreateStream", StreamName="s", ShardCount=1)
            await put(client, "b")
            await engine.reset()
            await kill(engine)
        async with running(tmp_path) as (engine, client):
            assert (await kinesis(client, "ListStreams"))["StreamNames"] == []
            await kinesis(client, "CreateStream", StreamName="s", ShardCount=1)
            await put(client, "c")
            await kill(engine)
        erase(tmp_path)
        async with running(tmp_path) as (_, client):
            assert (await kinesis(client, "ListStreams"))["StreamNames"] == []

    asyncio.run(scenario())


def test_changes_of_tables_survive_a_stop(tmp_path: Path) -> None:
    table: dict[str, Any] = {
        "TableName": "things",
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    }

    async def changes(client: Client, arn: str) -> list[str]:
        target = "DynamoDBStreams_20120810"
        shards = await client.call(f"{target}.DescribeStream", {"StreamArn": arn})
        place = {
            "StreamArn": arn,
            "ShardId": shards["StreamDescription"]["Shards"][0]["ShardId"],
            "ShardIteratorType": "TRIM_HORIZON",
        }
        iterator = await client.call(f"{target}.GetShardIterator", place)
        found = await client.call(f"{target}.GetRecords", iterator)
        return [each["dynamodb"]["Keys"]["id"]["S"] for each in found["Records"]]

    async def scenario() -> None:
        async with running(tmp_path) as (_, client):
            made = await client.call("DynamoDB_20120810.CreateTable", table)
            arn = made["TableDescription"]["LatestStreamArn"]
            item = {"TableName": "things", "Item": {"id": {"S": "1"}}}
            await client.call("DynamoDB_20120810.PutItem", item)
        async with running(tmp_path) as (_, client):
            assert await changes(client, arn) == ["1"]

    asyncio.run(scenario())


def test_iterators_keep_their_place_when_old_records_expire(tmp_path: Path) -> None:
    """The engine's clock can't be moved, so the patched module is asked itself."""
    from local.cloud.ministack_patches import expire_quickly

    class Iterators(dict[str, dict[str, Any]]):
        def all_values(self) -> list[dict[str, Any]]:
            return list(self.values())

    class Kinesis:
        _shard_iterators = Iterators()
        _expire_iterators = staticmethod(lambda: None)
        _expire_records = staticmethod(lambda stream: None)

    kinesis_: Any = Kinesis()
    expire_quickly(kinesis_)
    records = [{"ApproximateArrivalTimestamp": moment} for moment in (1.0, 2.0, 9e9, 9e9)]
    stream = {"StreamARN": "arn", "RetentionPeriodHours": 24, "shards": {"0": {"records": records}}}
    places = {"behind": 1, "ahead": 3}
    for name, position in places.items():
        iterator = {"stream_arn": "arn", "shard_id": "0", "position": position}
        kinesis_._shard_iterators[name] = iterator
    kinesis_._expire_records(stream)
    assert len(records) == 2
    assert {n: i["position"] for n, i in kinesis_._shard_iterators.items()} == {
        "behind": 0,
        "ahead": 1,
    }
