"""Rules applied to messages, and the records put into their streams, some together."""

import asyncio
import base64
import json
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from local.cloud.client import AwsError, Client
from local.events.loop import Wakes
from local.iot.sql import Message, RuleError, selection, template
from local.iot.topics import matches
from resolvers.shared.resources import Account, Context, Rule, physical_name

TOGETHER = 0.004  # seconds that a record waits for others, unless a call is under way
MOST_RECORDS, MOST_BYTES = 500, 5_000_000  # of one PutRecords
AGAIN = 0.5  # seconds, after an error


class Putter:
    """Puts records into one stream, in their order: one call at a time."""

    def __init__(
        self, client: Client, stream: str, put: Callable[[], None], log: Callable[[str], None]
    ) -> None:
        """`put` is called after every call, to tell that there is something new."""
        self._client, self._stream, self._put, self._log = client, stream, put, log
        self._waiting: deque[tuple[dict[str, str], asyncio.Future[None]]] = deque()
        self._task: asyncio.Task[None] | None = None

    def add(self, key: str, data: bytes) -> "asyncio.Future[None]":
        """Take a record; gives what is done when the stream has it."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        record = {"PartitionKey": key, "Data": base64.b64encode(data).decode()}
        self._waiting.append((record, done))
        if self._task is None:
            self._task = asyncio.create_task(self._run())
        return done

    async def stop(self) -> None:
        """End; what is not in the stream stays without an answer."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        await asyncio.sleep(TOGETHER)
        while self._waiting:
            batch = self._batch()
            await self._deliver([record for record, _ in batch])
            for _, done in batch:
                if not done.done():
                    done.set_result(None)
            self._put()
        self._task = None

    def _batch(self) -> list[tuple[dict[str, str], "asyncio.Future[None]"]]:
        batch, room = [self._waiting.popleft()], MOST_BYTES
        room -= len(batch[0][0]["Data"])
        while self._waiting and len(batch) < MOST_RECORDS:
            room -= len(self._waiting[0][0]["Data"])
            if room < 0:
                break
            batch.append(self._waiting.popleft())
        return batch

    async def _deliver(self, records: list[dict[str, str]]) -> None:
        while records:
            request = {"StreamName": self._stream, "Records": records}
            try:
                answer = await self._client.call("Kinesis_20131202.PutRecords", request)
            except (AwsError, OSError) as error:
                self._log(f"[iot] {self._stream} takes nothing: {error}")
                await asyncio.sleep(AGAIN)
                continue
            results = zip(records, answer["Records"], strict=True)
            records = [record for record, result in results if "ErrorCode" in result]
            if records:  # throttled, as AWS may
                await asyncio.sleep(AGAIN)


@dataclass(frozen=True, slots=True)
class Compiled:
    """A rule, ready to be applied; `failures` is the URL of its queue."""

    rule: Rule
    shape: Callable[[Message], bytes]
    key: Callable[[Message], str]
    putter: Putter
    failures: str


class Ingest:
    """Every declared rule."""

    def __init__(
        self,
        contexts: Iterable[Context],
        stage: str,
        account: Account,
        client: Client,
        wakes: Wakes,
        log: Callable[[str], None],
    ) -> None:
        """Raises RuleError if a rule is not understood."""
        self._client, self._log = client, log
        self._putters: dict[str, Putter] = {}
        self._failing: set[asyncio.Task[None]] = set()
        self._rules = [
            Compiled(
                rule,
                selection(rule.select),
                template(rule.key),
                self._putter(physical_name(stage, context.name, rule.stream), wakes),
                account.queue_url(physical_name(stage, context.name, rule.on_failure)),
            )
            for context in contexts
            for rule in context.rules
        ]

    def take(self, message: Message) -> "asyncio.Future[None]":
        """Apply the rules; gives what is done when every record is in its stream."""
        fitting = [each for each in self._rules if matches(each.rule.topic, message.topic)]
        done = [self._apply(each, message) for each in fitting]
        return done[0] if len(done) == 1 else asyncio.ensure_future(_all(done))

    async def stop(self) -> None:
        """End; what is not in a stream stays without an answer."""
        await asyncio.gather(*(putter.stop() for putter in self._putters.values()))

    def _putter(self, stream: str, wakes: Wakes) -> Putter:
        return self._putters.setdefault(
            stream, Putter(self._client, stream, lambda: wakes.wake(stream), self._log)
        )

    def _apply(self, rule: Compiled, message: Message) -> "asyncio.Future[None]":
        try:
            return rule.putter.add(rule.key(message), rule.shape(message))
        except RuleError as error:
            task = asyncio.ensure_future(self._fail(rule, message, str(error)))
            self._failing.add(task)
            task.add_done_callback(self._failing.discard)
            return task

    async def _fail(self, rule: Compiled, message: Message, why: str) -> None:
        self._log(f"[iot] rule {rule.rule.name}, {message.topic}: {why}")
        body = json.dumps(_failure(rule.rule, message, why))
        await self._client.enqueue(
            rule.failures, body, AGAIN, lambda line: self._log(f"[iot] {line}")
        )


async def _all(done: Iterable["asyncio.Future[None]"]) -> None:
    await asyncio.gather(*done)


def _failure(rule: Rule, message: Message, why: str) -> dict[str, Any]:
    """Write what a rule's error action gets."""
    return {
        "ruleName": rule.name,
        "topic": message.topic,
        "clientId": message.client,
        "base64OriginalPayload": base64.b64encode(message.payload).decode(),
        "failures": [
            {"failedAction": "KinesisAction", "failedResource": rule.stream, "errorMessage": why}
        ],
    }
