"""Table streams and queues to a worker: Lambda's shapes, and what comes again."""

import asyncio
import json
from pathlib import Path
from typing import Any

from local.cloud.channels import watch_tables
from local.functions import STAGE
from resolvers.shared.resources import physical_name
from tests.support.aws import embedded_aws, make_table
from tests.unit.events.support import FAILURE, SUCCESS, Event, Function, context, mapped, report

EVENTS = Path(__file__).parents[2] / "events"


def recorded(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((EVENTS / name).read_text())["Records"][0]
    return found


def bodies(function: Function) -> list[str]:
    return [record["body"] for event in function.events for record in event["Records"]]


def test_changes_of_a_table_come_in_order(tmp_path: Path) -> None:
    declared = context(source="items", parallelisation=2, batch_size=2)

    async def scenario() -> list[dict[str, Any]]:
        function = Function()
        async with embedded_aws(tmp_path, declared) as (client, account):
            table = await make_table(client, declared, "items")
            await watch_tables(client, [declared])
            async with mapped(declared, client, account, function):
                for price in range(3):
                    item = {"id": {"S": "apple"}, "price": {"N": str(price)}}
                    put = {"TableName": table, "Item": item}
                    await client.call("DynamoDB_20120810.PutItem", put)
                await function.until(lambda: changed(function) == 3)
        return [record for event in function.events for record in event["Records"]]

    def changed(function: Function) -> int:
        return sum(len(event["Records"]) for event in function.events)

    records = asyncio.run(scenario())
    assert [record["eventName"] for record in records] == ["INSERT", "MODIFY", "MODIFY"]
    prices = [record["dynamodb"]["NewImage"]["price"]["N"] for record in records]
    assert prices == ["0", "1", "2"]
    known = recorded("dynamodb_stream.json")
    assert records[1].keys() == known.keys()
    assert records[1]["dynamodb"].keys() == known["dynamodb"].keys()


def test_messages_are_deleted_once_processed(tmp_path: Path) -> None:
    declared = context(source="mail", batch_size=10)

    async def scenario() -> tuple[Function, dict[str, str]]:
        function = Function()
        async with embedded_aws(tmp_path, declared) as (client, account):
            url = account.queue_url(physical_name(STAGE, "shop", "mail"))
            attribute = {"kind": {"DataType": "String", "StringValue": "greeting"}}
            message = {"QueueUrl": url, "MessageBody": "hello", "MessageAttributes": attribute}
            await client.call("AmazonSQS.SendMessage", message)
            async with mapped(declared, client, account, function):
                await function.until(lambda: bool(function.events))
            counts = {"QueueUrl": url, "AttributeNames": ["All"]}
            found = await client.call("AmazonSQS.GetQueueAttributes", counts)
        return function, found["Attributes"]

    function, left = asyncio.run(scenario())
    (record,) = function.events[0]["Records"]
    known = recorded("sqs.json")
    assert record.keys() == known.keys()
    assert known["attributes"].keys() <= record["attributes"].keys()
    assert record["messageAttributes"]["kind"] == known["messageAttributes"]["kind"]
    assert record["eventSourceARN"].endswith(":twinberry-local-shop-mail")
    assert left["ApproximateNumberOfMessages"] == "0"
    assert left["ApproximateNumberOfMessagesNotVisible"] == "0"


def test_only_failed_messages_come_again(tmp_path: Path) -> None:
    declared = context(source="mail", batch_size=10)
    first = {"bad": True, "worse": True}

    def answer(event: Event) -> Any:
        failed = [r["messageId"] for r in event["Records"] if first.pop(r["body"], False)]
        return report(*failed)

    async def scenario() -> Function:
        function = Function(answer)
        async with embedded_aws(tmp_path, declared) as (client, account):
            url = account.queue_url(physical_name(STAGE, "shop", "mail"))
            for body in ("good", "bad", "worse"):
                sent = {"QueueUrl": url, "MessageBody": body}
                await client.call("AmazonSQS.SendMessage", sent)
            async with mapped(declared, client, account, function):
                await function.until(lambda: len(bodies(function)) == 5)
        return function

    assert sorted(bodies(asyncio.run(scenario()))) == ["bad", "bad", "good", "worse", "worse"]


def test_all_messages_of_a_failed_batch_come_again(tmp_path: Path) -> None:
    declared = context(source="mail")
    answers = [FAILURE, report("no-such-message"), SUCCESS]

    async def scenario() -> Function:
        function = Function(lambda _: answers.pop(0))
        async with embedded_aws(tmp_path, declared) as (client, account):
            url = account.queue_url(physical_name(STAGE, "shop", "mail"))
            await client.call("AmazonSQS.SendMessage", {"QueueUrl": url, "MessageBody": "a"})
            async with mapped(declared, client, account, function):
                await function.until(lambda: len(function.events) == 3)
        return function

    assert bodies(asyncio.run(scenario())) == ["a", "a", "a"]
