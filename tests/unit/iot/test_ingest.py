"""Messages into the stream: acknowledged when they are there, together where they come together."""

import asyncio
import base64
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from local.cloud.client import Client
from local.events.loop import Wakes
from local.functions import STAGE
from local.iot.ingest import Ingest
from local.iot.sql import Message
from resolvers.shared.resources import Account, Context, Queue, Rule, Stream, physical_name
from tests.support.aws import embedded_aws, messages

DECLARED = Context(
    "home",
    streams=(Stream("raw"),),
    queues=(Queue("failed"),),
    rules=(
        Rule(
            "ingest",
            topic="devices/+/readings",
            select="*, topic(2) AS deviceId",
            stream="raw",
            key="${topic(2)}",
            on_failure="failed",
        ),
    ),
)
RAW = physical_name(STAGE, "home", "raw")


def ingest(client: Client, account: Account, log: list[str] | None = None) -> Ingest:
    said = [] if log is None else log
    return Ingest([DECLARED], STAGE, account, client, Wakes(), said.append)


def message(device: str, payload: bytes) -> Message:
    return Message(f"devices/{device}/readings", payload, client=device, received=0)


async def held(client: Client) -> list[dict[str, Any]]:
    """Read the stream's records, shard by shard."""
    found = []
    described = await client.call("Kinesis_20131202.DescribeStream", {"StreamName": RAW})
    for shard in described["StreamDescription"]["Shards"]:
        place = {"StreamName": RAW, "ShardId": shard["ShardId"]}
        begin = {**place, "ShardIteratorType": "TRIM_HORIZON"}
        iterator = await client.call("Kinesis_20131202.GetShardIterator", begin)
        found += (await client.call("Kinesis_20131202.GetRecords", iterator))["Records"]
    return found


def test_message_is_in_the_stream_when_it_is_done(tmp_path: Path) -> None:
    async def scenario() -> Sequence[dict[str, Any]]:
        async with embedded_aws(tmp_path, DECLARED) as (client, account):
            rules = ingest(client, account)
            await rules.take(message("d1", b'{"id": "m1"}'))
            return await held(client)

    (record,) = asyncio.run(scenario())
    assert record["PartitionKey"] == "d1"
    assert json.loads(base64.b64decode(record["Data"])) == {"id": "m1", "deviceId": "d1"}


def test_messages_go_together_and_in_order(tmp_path: Path) -> None:
    async def scenario() -> tuple[Sequence[dict[str, Any]], int]:
        async with embedded_aws(tmp_path, DECLARED) as (client, account):
            call, calls = client.call, []

            async def counted(target: str, request: Any) -> Any:
                calls.append(target)
                return await call(target, request)

            client.call = counted  # type: ignore[method-assign]
            rules = ingest(client, account)
            texts = [json.dumps({"n": number}).encode() for number in range(1200)]
            await asyncio.gather(*(rules.take(message("d1", text)) for text in texts))
            return await held(client), calls.count("Kinesis_20131202.PutRecords")

    records, calls = asyncio.run(scenario())
    numbers = [json.loads(base64.b64decode(record["Data"]))["n"] for record in records]
    assert numbers == list(range(1200))
    assert calls == 3


def test_what_fits_no_rule_is_done_at_once(tmp_path: Path) -> None:
    async def scenario() -> Sequence[dict[str, Any]]:
        async with embedded_aws(tmp_path, DECLARED) as (client, account):
            await ingest(client, account).take(Message("devices/d1/state", b"", "d1", 0))
            return await held(client)

    assert asyncio.run(scenario()) == []


def test_what_a_rule_cannot_read_goes_to_its_queue(tmp_path: Path) -> None:
    async def scenario() -> dict[str, Any]:
        async with embedded_aws(tmp_path, DECLARED) as (client, account):
            await ingest(client, account).take(message("d1", b"no JSON"))
            url = account.queue_url(physical_name(STAGE, "home", "failed"))
            (found,) = await messages(client, url)
            body: dict[str, Any] = json.loads(found["Body"])
            return body

    failure = asyncio.run(scenario())
    assert (failure["ruleName"], failure["topic"]) == ("ingest", "devices/d1/readings")
    assert base64.b64decode(failure["base64OriginalPayload"]) == b"no JSON"


def test_a_stream_that_is_away_for_a_while_loses_nothing(tmp_path: Path) -> None:
    async def scenario() -> tuple[Sequence[dict[str, Any]], list[str]]:
        log: list[str] = []
        async with embedded_aws(tmp_path, DECLARED) as (client, account):
            await client.call("Kinesis_20131202.DeleteStream", {"StreamName": RAW})
            done = ingest(client, account, log).take(message("d1", b'{"id": "m1"}'))
            while not log:  # until the first try has failed
                await asyncio.sleep(0.01)
            again = {"StreamName": RAW, "ShardCount": 1}
            await client.call("Kinesis_20131202.CreateStream", again)
            await done
            return await held(client), log

    records, log = asyncio.run(scenario())
    assert len(records) == 1
    assert "ResourceNotFoundException" in log[0]
