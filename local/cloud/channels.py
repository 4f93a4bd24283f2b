"""Make the streams, queues, topics and buckets that the registry declares, from the server itself.

Tables are made by provision.py. What is there already is left as it is, but with `fresh`.
"""

import asyncio
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

from local.cloud.client import AwsError, Client
from local.edge.keys import make_key
from local.edge.names import edges, secret
from local.events.checkpoints import CHECKPOINTS, TABLE, Checkpoints
from local.functions import STAGE
from resolvers.shared.resources import Account, Context, Queue, Stream, bucket_name, physical_name

SHARDS = 2  # AWS begins with four on demand; two cores are busy enough with two
THERE = {"ResourceInUseException", "QueueAlreadyExists", "QueueNameExists"}
GONE = {"ResourceNotFoundException"}
OWN_BUCKET = "BucketAlreadyOwnedByYou"
MADE = ("channels", "declared")  # where among the checkpoints it stands what is made
VIEW = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}


async def provision(
    client: Client, contexts: Iterable[Context], account: Account, *, fresh: bool = False
) -> None:
    """Complete everything, unless it is complete already; raises AwsError, OSError."""
    declared = list(contexts)
    if fresh:
        await _clear(client, declared, account)
    wanted = digest(declared)
    if await _made(client) == wanted:  # one call, where all the others would hold up every start
        return
    await _make(client, declared, account)
    await Checkpoints(client).write(*MADE, wanted)


def digest(declared: Sequence[Context]) -> str:
    """Give what tells declarations apart, from one start to the next."""
    return sha256(repr(declared).encode()).hexdigest()


async def _made(client: Client) -> str | None:
    """Give the digest of what was made last; None if nothing ever was."""
    try:
        return await Checkpoints(client).read(*MADE)
    except AwsError as error:
        if error.code not in GONE:
            raise
        return None


async def _make(client: Client, declared: Sequence[Context], account: Account) -> None:
    await asyncio.gather(
        _checkpoints(client),
        *(_stream(client, _name(c, each), each) for c in declared for each in c.streams),
        *(_queue(client, _name(c, each), each) for c in declared for each in c.queues),
        *(_topic(client, _name(c, each)) for c in declared for each in c.topics),
        *(_bucket(client, c, each.name, account) for c in declared for each in c.buckets),
        *(make_key(client, secret(STAGE, c, each)) for c in declared for each in edges(c)),
    )


async def watch_tables(client: Client, contexts: Iterable[Context]) -> None:
    """Have those tables stream their changes that a worker reads; raises AwsError, OSError."""
    watched = [name for context in contexts for name in _watched_tables(context)]
    await asyncio.gather(*(_table_stream(client, name) for name in watched))


async def _clear(client: Client, contexts: Iterable[Context], account: Account) -> None:
    for context in contexts:
        for stream in context.streams:
            request: dict[str, Any] = {"StreamName": _name(context, stream)}
            await _unless(GONE, client, "Kinesis_20131202.DeleteStream", request)
        for queue in context.queues:
            request = {"QueueUrl": account.queue_url(_name(context, queue))}
            await _unless({*GONE, "QueueDoesNotExist"}, client, "AmazonSQS.PurgeQueue", request)
        for bucket in context.buckets:
            await _empty(client, bucket_name(STAGE, context.name, bucket.name, account.id))
    await _unless(GONE, client, "DynamoDB_20120810.DeleteTable", {"TableName": TABLE})


async def _checkpoints(client: Client) -> None:
    keys = (CHECKPOINTS.partition, "HASH"), (CHECKPOINTS.sort, "RANGE")
    request = {
        "TableName": TABLE,
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [{"AttributeName": name, "KeyType": kind} for name, kind in keys],
        "AttributeDefinitions": [
            {"AttributeName": name, "AttributeType": "S"} for name in CHECKPOINTS.key_attributes
        ],
    }
    await _unless(THERE, client, "DynamoDB_20120810.CreateTable", request)


async def _stream(client: Client, name: str, stream: Stream) -> None:
    mode = {"StreamMode": "ON_DEMAND"}
    request = {"StreamName": name, "ShardCount": SHARDS, "StreamModeDetails": mode}
    await _unless(THERE, client, "Kinesis_20131202.CreateStream", request)
    target = "Kinesis_20131202.DescribeStreamSummary"
    found = (await client.call(target, {"StreamName": name}))["StreamDescriptionSummary"]
    if found["RetentionPeriodHours"] < stream.retention_hours:
        more = {"StreamName": name, "RetentionPeriodHours": stream.retention_hours}
        await client.call("Kinesis_20131202.IncreaseStreamRetentionPeriod", more)


async def _queue(client: Client, name: str, queue: Queue) -> None:
    attributes = {
        "VisibilityTimeout": str(queue.visibility),
        "MessageRetentionPeriod": str(queue.retention_days * 86_400),
    }
    request = {"QueueName": name, "Attributes": attributes}
    await _unless(THERE, client, "AmazonSQS.CreateQueue", request)


async def _topic(client: Client, name: str) -> None:
    form = {"content-type": "application/x-www-form-urlencoded"}
    body = f"Action=CreateTopic&Version=2010-03-31&Name={quote(name)}".encode()
    await _sent(client, "sns", "POST", "/", body, form)


async def _bucket(client: Client, context: Context, name: str, account: Account) -> None:
    path = f"/{bucket_name(STAGE, context.name, name, account.id)}"
    try:
        await _sent(client, "s3", "PUT", path)
    except AwsError as error:  # the bucket outlives a kill that its region does not
        if OWN_BUCKET not in str(error):
            raise


async def _empty(client: Client, bucket: str) -> None:
    while True:
        answer = await client.send("s3", "GET", f"/{bucket}?list-type=2")
        keys = [] if answer.status >= 400 else _keys(answer.body)  # noqa: PLR2004 - an HTTP error
        if not keys:
            return
        for key in keys:
            await _sent(client, "s3", "DELETE", f"/{bucket}/{quote(key)}")


def _keys(listing: bytes) -> list[str]:
    # The listing is the endpoint's own, whom everything here is trusted to.
    return [each.text or "" for each in ElementTree.fromstring(listing).iter() if _is_key(each)]  # noqa: S314


def _is_key(element: ElementTree.Element) -> bool:
    return element.tag.rpartition("}")[2] == "Key"


async def _table_stream(client: Client, table: str) -> None:
    found = await client.call("DynamoDB_20120810.DescribeTable", {"TableName": table})
    if not found["Table"].get("StreamSpecification", {}).get("StreamEnabled"):
        request = {"TableName": table, "StreamSpecification": VIEW}
        await client.call("DynamoDB_20120810.UpdateTable", request)


def _watched_tables(context: Context) -> set[str]:
    tables = {table.name for table in context.tables}
    watched = tables & {worker.source for worker in context.workers}
    return {physical_name(STAGE, context.name, name) for name in watched}


def _name(context: Context, resource: Stream | Queue | Any) -> str:
    return physical_name(STAGE, context.name, resource.name)


async def _unless(expected: set[str], client: Client, target: str, request: dict[str, Any]) -> None:
    try:
        await client.call(target, request)
    except AwsError as error:
        if error.code.rpartition(".")[2] not in expected:
            raise


async def _sent(
    client: Client,
    service: str,
    method: str,
    path: str,
    body: bytes = b"",
    headers: dict[str, str] | None = None,
) -> None:
    answer = await client.send(service, method, path, body, headers)
    if answer.status >= 400:  # noqa: PLR2004 - an HTTP error
        raise AwsError(str(answer.status), answer.body.decode(errors="replace")[:500])
