"""Firehose: what is in the bucket, read as a reporting tool reads it."""

import asyncio
import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import duckdb
import pytest

from local.cloud.client import Client
from local.events.loop import Wakes
from local.functions import STAGE
from local.iot.firehose import Firehose, prefix
from resolvers.shared.resources import (
    Account,
    Bucket,
    Context,
    Delivery,
    Stream,
    bucket_name,
    physical_name,
)
from tests.support.aws import embedded_aws, put

STREAM = physical_name(STAGE, "home", "stored")


def declared(**delivery: Any) -> Context:
    return Context(
        "home",
        streams=(Stream("stored"),),
        buckets=(Bucket("dump"),),
        deliveries=(
            Delivery(
                "reporting",
                stream="stored",
                bucket="dump",
                prefix="readings/date=!{timestamp:yyyy-MM-dd}/",
                **delivery,
            ),
        ),
    )


def firehose(context: Context, client: Client, account: Account) -> Firehose:
    return Firehose([context], STAGE, account, client, Wakes(), lambda _: None)


async def objects(client: Client, account: Account) -> dict[str, bytes]:
    """Download everything in the bucket, by key."""
    bucket = bucket_name(STAGE, "home", "dump", account.id)
    listing = await client.send("s3", "GET", f"/{bucket}?list-type=2")
    tree = ElementTree.fromstring(listing.body)  # noqa: S314 - our own engine's
    keys = [each.text or "" for each in tree.iter() if each.tag.endswith("}Key")]
    return {key: (await client.send("s3", "GET", f"/{bucket}/{key}")).body for key in keys}


async def objects_once(client: Client, account: Account, count: int) -> dict[str, bytes]:
    async with asyncio.timeout(10):
        while len(found := await objects(client, account)) < count:
            await asyncio.sleep(0.01)
    return found


def lines(numbers: range) -> list[tuple[str, bytes]]:
    """Readings of ten devices."""
    return [
        (f"d{n % 10}", json.dumps({"id": f"m{n}", "value": n / 2}).encode() + b"\n")
        for n in numbers
    ]


def test_a_day_is_read_back_with_duckdb_and_each_reading_counted_once(tmp_path: Path) -> None:
    context = declared()

    async def scenario() -> dict[str, bytes]:
        async with embedded_aws(tmp_path, context) as (client, account):
            for start in range(0, 1000, 250):
                delivery = firehose(context, client, account)
                await delivery.start()
                await put(client, STREAM, lines(range(start, start + 250)))
                await settled(client, account, delivery)
            return await objects(client, account)

    async def settled(client: Client, account: Account, delivery: Firehose) -> None:
        """Stop when everything has been read."""
        async with asyncio.timeout(10):
            while sum(len(b.lines) for s in delivery._shards if (b := s._buffer)) < 250:
                await asyncio.sleep(0.01)
        await delivery.flush()

    for key, body in asyncio.run(scenario()).items():
        path = tmp_path / "dump" / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    query = """
        SELECT count(*), count(DISTINCT id), sum(value), count(DISTINCT date)
        FROM read_json($files, format = 'newline_delimited', hive_partitioning = true)
    """
    files = {"files": f"{tmp_path}/dump/readings/date=*/*.gz"}
    total, distinct, value, days = duckdb.execute(query, files).fetchall()[0]
    assert (total, distinct, value) == (1000, 1000, sum(range(1000)) / 2)
    assert days in {1, 2}  # midnight may pass


def test_a_full_buffer_is_written_before_its_time(tmp_path: Path) -> None:
    context = declared(buffer_mb=1, buffer_seconds=900, compressed=False)

    async def scenario() -> dict[str, bytes]:
        async with embedded_aws(tmp_path, context) as (client, account):
            delivery = firehose(context, client, account)
            await delivery.start()
            await put(client, STREAM, [("k", b"x" * 600_000), ("k", b"y" * 600_000)])
            found = await objects_once(client, account, 1)
            await delivery.flush()
            return found

    ((key, body),) = asyncio.run(scenario()).items()
    assert body == b"x" * 600_000 + b"y" * 600_000
    assert not key.endswith(".gz")


def test_time_writes_a_buffer_that_is_not_full(tmp_path: Path) -> None:
    context = declared(buffer_seconds=0)

    async def scenario() -> dict[str, bytes]:
        async with embedded_aws(tmp_path, context) as (client, account):
            delivery = firehose(context, client, account)
            await delivery.start()
            await put(client, STREAM, [("k", b"{}\n")])
            found = await objects_once(client, account, 1)
            await delivery.flush()
            return found

    assert len(asyncio.run(scenario())) == 1


def test_it_ends_though_no_bucket_takes_what_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("local.iot.firehose.STOP_SECONDS", 0.01)
    context = declared()

    async def scenario() -> None:
        async with embedded_aws(tmp_path, context) as (client, account):
            await put(client, STREAM, [("k", b"{}\n")])
            delivery = firehose(context, client, account)
            await delivery.start()
            async with asyncio.timeout(10):
                while not any(shard._buffer for shard in delivery._shards):
                    await asyncio.sleep(0.01)
        async with asyncio.timeout(10):
            await delivery.flush()

    asyncio.run(scenario())


def test_an_object_without_its_checkpoint_is_written_again_in_its_place(tmp_path: Path) -> None:
    context = declared(compressed=False)

    async def scenario() -> dict[str, bytes]:
        async with embedded_aws(tmp_path, context) as (client, account):
            await put(client, STREAM, [("k", b"1\n")])
            for _ in range(2):
                delivery = firehose(context, client, account)
                await delivery.start()
                async with asyncio.timeout(10):
                    while not any(shard._buffer for shard in delivery._shards):
                        await asyncio.sleep(0.01)
                await delivery.flush()
                await forget_checkpoints(client)
            return await objects(client, account)

    assert list(asyncio.run(scenario()).values()) == [b"1\n"]


async def forget_checkpoints(client: Client) -> None:
    from local.events.checkpoints import TABLE

    for item in (await client.call("DynamoDB_20120810.Scan", {"TableName": TABLE}))["Items"]:
        key = {name: item[name] for name in ("reader", "shard")}
        await client.call("DynamoDB_20120810.DeleteItem", {"TableName": TABLE, "Key": key})


def test_prefix_takes_javas_letters() -> None:
    pattern = "a/!{timestamp:yyyy/MM/dd/HH}/b=!{timestamp:yyyy'T'mm}/"
    assert prefix(pattern, 1545084650.0) == "a/2018/12/17/22/b=2018T10/"
