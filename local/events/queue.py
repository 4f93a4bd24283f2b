"""A queue brought to a worker: messages that were processed are deleted, others come again."""

import asyncio
from collections.abc import Callable
from typing import Any

import orjson

from local.cloud.client import AwsError, Client
from local.events.delivery import Invoke, failed_items
from local.events.model import Mapping

IDLE = 0.25  # seconds between two looks at an empty queue; a long poll keeps the engine awake
AGAIN = 1.0  # seconds, after an error
AT_ONCE = 10  # messages in one call, at most
CONCURRENCY = 5  # batches under way, as Lambda begins with


class QueueReader:
    """Some pollers, each with a batch of its own."""

    def __init__(
        self, mapping: Mapping, url: str, invoke: Invoke, client: Client, log: Callable[[str], None]
    ) -> None:
        self._mapping, self._url = mapping, url
        self._invoke, self._client, self._log = invoke, client, log
        account = mapping.account
        self._arn = f"arn:aws:sqs:{account.region}:{account.id}:{mapping.source}"
        self._under_way: set[asyncio.Task[None]] = set()
        self._polling: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin."""
        self._polling = asyncio.create_task(self._poll())

    async def stop(self, seconds: float) -> None:
        """End, after a while for what is under way; the rest comes again."""
        if self._polling:
            self._polling.cancel()
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=seconds)
        for task in self._under_way:
            task.cancel()

    async def _poll(self) -> None:
        room = asyncio.Semaphore(CONCURRENCY)
        while True:
            await room.acquire()
            batch = await self._batch()
            if not batch:
                room.release()
                await asyncio.sleep(IDLE)
                continue
            task = asyncio.create_task(self._process(batch))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
            task.add_done_callback(lambda _: room.release())

    async def _batch(self) -> list[dict[str, Any]]:
        """Receive a batch: as soon as there is one message, as many as come within the window."""
        loop, worker = asyncio.get_running_loop(), self._mapping.worker
        found = await self._receive(worker.batch_size)
        until = loop.time() + worker.window
        while found and len(found) < worker.batch_size:
            more = await self._receive(worker.batch_size - len(found))
            found += more
            if not more:
                if loop.time() >= until:
                    break
                await asyncio.sleep(min(IDLE, until - loop.time()))
        return found

    async def _receive(self, most: int) -> list[dict[str, Any]]:
        request = {
            "QueueUrl": self._url,
            "MaxNumberOfMessages": min(most, AT_ONCE),
            "AttributeNames": ["All"],
            "MessageAttributeNames": ["All"],
        }
        try:
            found = await self._client.call("AmazonSQS.ReceiveMessage", request)
        except (AwsError, OSError) as error:
            self._log(f"[events] {self._mapping.source} can't be read: {error}")
            await asyncio.sleep(AGAIN)
            return []
        return list(found.get("Messages", []))

    async def _process(self, batch: list[dict[str, Any]]) -> None:
        event = {"Records": [self._event(message) for message in batch]}
        outcome = await self._invoke(self._mapping.function, orjson.dumps(event))
        failed = failed_items(outcome.payload) if self._mapping.worker.report_failures else []
        if outcome.failed or failed is None:
            return  # all of them come again when their visibility timeout is over
        if not set(failed) <= {message["MessageId"] for message in batch}:
            return  # a wrong identifier fails the batch, as on Lambda
        await self._delete([each for each in batch if each["MessageId"] not in failed])

    async def _delete(self, messages: list[dict[str, Any]]) -> None:
        for start in range(0, len(messages), AT_ONCE):
            entries = [
                {"Id": str(index), "ReceiptHandle": message["ReceiptHandle"]}
                for index, message in enumerate(messages[start : start + AT_ONCE])
            ]
            request = {"QueueUrl": self._url, "Entries": entries}
            try:
                await self._client.call("AmazonSQS.DeleteMessageBatch", request)
            except (AwsError, OSError) as error:
                self._log(f"[events] {self._mapping.source} keeps what is done: {error}")

    def _event(self, message: dict[str, Any]) -> dict[str, Any]:
        return {
            "messageId": message["MessageId"],
            "receiptHandle": message["ReceiptHandle"],
            "body": message["Body"],
            "attributes": message.get("Attributes", {}),
            "messageAttributes": {
                name: _attribute(each)
                for name, each in message.get("MessageAttributes", {}).items()
            },
            "md5OfBody": message["MD5OfBody"],
            "eventSource": "aws:sqs",
            "eventSourceARN": self._arn,
            "awsRegion": self._mapping.account.region,
        }


def _attribute(given: dict[str, Any]) -> dict[str, Any]:
    """Write a message attribute as Lambda does: StringValue becomes stringValue."""
    lower = {name[0].lower() + name[1:]: value for name, value in given.items()}
    return {"stringListValues": [], "binaryListValues": [], **lower}
