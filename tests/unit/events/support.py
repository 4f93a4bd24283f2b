"""A worker that tests can look into, and the mapping that brings it its events."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from local.cloud.client import Client
from local.events.loop import EventSources, Wakes
from local.events.model import mappings
from local.functions import STAGE
from local.lambdas import Outcome
from resolvers.registry import Registry
from resolvers.shared.resources import Account, Context, Queue, Stream, Table, Worker

Event = dict[str, Any]
SUCCESS = Outcome(b"null", failed=False)
FAILURE = Outcome(b'{"errorType": "Broken"}', failed=True)


def context(**worker: Any) -> Context:
    """Declare a worker and everything that it may be brought."""
    return Context(
        "shop",
        tables=(Table("items", partition="id"),),
        streams=(Stream("orders"),),
        queues=(Queue("mail", visibility=1), Queue("failed")),
        workers=(Worker(**{"name": "clerk", "entry": "none", "source": "orders", **worker}),),
    )


class Function:
    """Stands for the worker's function: keeps its events, and answers as told."""

    def __init__(self, answer: Callable[[Event], Outcome] = lambda _: SUCCESS) -> None:
        self.events: list[Event] = []
        self._answer = answer
        self._changed = asyncio.Condition()

    async def invoke(self, _name: str, payload: bytes) -> Outcome:
        event = json.loads(payload)
        self.events.append(event)
        async with self._changed:
            self._changed.notify_all()
        await asyncio.sleep(0)
        return self._answer(event)

    async def until(self, enough: Callable[[], bool]) -> None:
        """Wait until what is known of the events is enough."""
        async with asyncio.timeout(20), self._changed:
            await self._changed.wait_for(enough)

    @property
    def batches(self) -> list[list[str]]:
        """The texts of each batch's records."""
        return [texts(event) for event in self.events]

    @property
    def all(self) -> list[str]:
        return [text for batch in self.batches for text in batch]


def texts(event: Event) -> list[str]:
    """Give what the records of a Kinesis event say."""
    return [base64.b64decode(each["kinesis"]["data"]).decode() for each in event["Records"]]


def report(*identifiers: str) -> Outcome:
    failures = [{"itemIdentifier": each} for each in identifiers]
    return Outcome(json.dumps({"batchItemFailures": failures}).encode(), failed=False)


@asynccontextmanager
async def mapped(
    declared: Context, client: Client, account: Account, function: Function
) -> AsyncIterator[Wakes]:
    """Run the mappings of a context for a while."""
    wakes, log = Wakes(), list[str]()
    found = mappings(Registry({declared.name: declared}, {}), STAGE, account)
    sources = EventSources(found, client, function.invoke, wakes, log.append)
    await sources.start()
    try:
        yield wakes
    finally:
        await sources.stop()
