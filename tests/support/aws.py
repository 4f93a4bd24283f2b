"""An embedded AWS of a test's own, and what the twin's mappings need in it."""

import asyncio
import base64
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from local.cloud import channels
from local.cloud.client import Client
from local.cloud.engine import Engine
from local.functions import STAGE, local_account
from resolvers.shared.resources import Account, Context, physical_name


@asynccontextmanager
async def embedded_aws(
    data: Path, context: Context | None = None
) -> AsyncIterator[tuple[Client, Account]]:
    """Run an engine with what a context declares, but for its tables."""
    engine = Engine(data)
    url = await engine.start()
    client = Client(url)
    try:
        if context:
            await channels.provision(client, [context], local_account(url))
        yield client, local_account(url)
    finally:
        client.close()
        await engine.stop()


async def make_table(client: Client, context: Context, table: str) -> str:
    """Make a table with the key `id`; gives its physical name."""
    name = physical_name(STAGE, context.name, table)
    request = {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    }
    await client.call("DynamoDB_20120810.CreateTable", request)
    return name


async def put(client: Client, stream: str, records: list[tuple[str, bytes]]) -> list[str]:
    """Put records, by key, into a stream; gives their sequence numbers."""
    given = [{"PartitionKey": k, "Data": base64.b64encode(d).decode()} for k, d in records]
    request = {"StreamName": stream, "Records": given}
    answer = await client.call("Kinesis_20131202.PutRecords", request)
    return [each["SequenceNumber"] for each in answer["Records"]]


async def messages(client: Client, url: str) -> list[dict[str, Any]]:
    """Receive what a queue has, waiting for the first of it."""
    request = {"QueueUrl": url, "MaxNumberOfMessages": 10, "WaitTimeSeconds": 5}
    async with asyncio.timeout(10):
        answer = await client.call("AmazonSQS.ReceiveMessage", request)
    return list(answer.get("Messages", []))
