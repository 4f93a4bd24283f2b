"""`python -m bench.handler`: what a batch of 100 readings costs the transformer itself; a replay.

AWS answers from memory, at once, so that calls can be counted and nothing but the handler's own CPU
is measured, botocore's serialising and signing included. The replay brings 100,000 records, half of
them duplicates and out of order, to two environments in turn.
"""

import json
import os
import random
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from botocore.awsrequest import AWSResponse

from resolvers.devices.resources import CONTEXT
from resolvers.shared import aws
from resolvers.shared.items import Item, marshal_item, unmarshal_item
from resolvers.shared.operations import Publication, compose
from resolvers.shared.resources import Account, function_variables
from subscriptions.transformer import Transformer

HERE = Account("eu-west-1", "123456789012", sqs="http://127.0.0.1:9")
DEVICES = 50
BATCH = 100
FIRST = 49590338271490256608559692538361571095921575989136588898
KEYS = {"devices": "id", "markers": "message", "interest": "deviceId"}


class Tables:
    """Tables that are dictionaries: enough for batch gets and transactions."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self.readings = 0
        self._items: dict[tuple[str, str], Item] = {}
        for n in range(DEVICES):
            device = {"id": f"d{n}", "model": "m", "name": "n"}
            self._items["devices", f"d{n}"] = marshal_item(device)

    def __call__(self, request: Any, event_name: str, **_: Any) -> AWSResponse:
        """Answer a request, as botocore's `before-send` has it."""
        operation = event_name.rpartition(".")[2]
        self.calls[operation] += 1
        asked = json.loads(request.body)
        answer: Any = {}
        if operation == "BatchGetItem":
            found = {name: self._found(name, each) for name, each in asked["RequestItems"].items()}
            answer = {"Responses": found}
        if operation == "TransactWriteItems" and (refused := self._write(asked["TransactItems"])):
            answer = {"__type": "TransactionCanceledException", "CancellationReasons": refused}
        status = 400 if "__type" in answer else 200
        return AWSResponse(request.url, status, {}, _Raw(json.dumps(answer).encode()))  # type: ignore[arg-type]

    def _write(self, actions: list[dict[str, Any]]) -> list[dict[str, str]] | None:
        """Write everything, or give the reasons why nothing was: markers that are there already."""
        puts = [(_kind(each["Put"]["TableName"]), each["Put"]["Item"]) for each in actions]
        taken = [
            kind == "markers" and (kind, item["message"]["S"]) in self._items for kind, item in puts
        ]
        if any(taken):
            return [{"Code": "ConditionalCheckFailed" if each else "None"} for each in taken]
        for kind, item in puts:
            self.readings += kind == "readings"
            if kind in KEYS:
                self._items[kind, unmarshal_item(item)[KEYS[kind]]] = item
        return None

    def _found(self, table: str, asked: Any) -> list[Item]:
        keys = ((_kind(table), next(iter(unmarshal_item(key).values()))) for key in asked["Keys"])
        return [self._items[key] for key in keys if key in self._items]


class _Raw:
    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self) -> Iterator[bytes]:
        yield self._body


def _kind(table: str) -> str:
    return table.rpartition("-")[2]


@contextmanager
def in_memory() -> Iterator[Tables]:
    """Have AWS answer from memory."""
    before = dict(os.environ)
    os.environ |= {
        "AWS_REGION": HERE.region,
        "AWS_ACCESS_KEY_ID": "x",
        "AWS_SECRET_ACCESS_KEY": "y",
    }
    os.environ |= function_variables({CONTEXT.name: CONTEXT}, CONTEXT.name, "bench", HERE)
    tables = Tables()
    for client in (aws.dynamodb(), aws.client("kinesis")):
        client.meta.events.register("before-send", tables)  # type: ignore[arg-type]  # its answers
    try:
        yield tables
    finally:
        os.environ.clear()
        os.environ.update(before)
        aws._client.cache_clear()


def batch(start: int, sequence: int) -> list[dict[str, Any]]:
    """Make a batch of messages, and its records' sequence numbers."""
    return [_record(f"message-{start + n}", f"d{n % DEVICES}", sequence + n) for n in range(BATCH)]


def _record(id: str, device: str, sequence: int) -> dict[str, Any]:
    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    sent = {"id": id, "metric": "temperature", "value": 21.5, "unit": "C", "at": at}
    data = b64encode(json.dumps(sent).encode()).decode()
    envelope = json.dumps({"data": data, "deviceId": device, "receivedAt": 1})
    kinesis = {"sequenceNumber": str(sequence), "data": b64encode(envelope.encode()).decode()}
    return {"kinesis": kinesis}


def measure(batches: int = 50) -> dict[str, Any]:
    """Give CPU per record in ms, and calls of a batch of new records, then of duplicates."""
    requests: list[int] = []

    def send(publications: Sequence[Publication]) -> None:
        request = compose(publications)
        requests.append(
            len(json.dumps({"query": request.document, "variables": request.variables}))
        )

    with in_memory() as tables:
        transformer = Transformer(send)
        given = [batch(n * BATCH, FIRST + n * BATCH) for n in range(batches)]
        transformer.transform(given[0], datetime.now(UTC))
        new, published = Counter(tables.calls), len(requests)
        began = time.process_time()
        for each in given[1:]:
            transformer.transform(each, datetime.now(UTC))
        cpu = (time.process_time() - began) / (batches - 1) / BATCH
        tables.calls.clear()
        transformer.transform(batch(0, FIRST + batches * BATCH), datetime.now(UTC))
    return {
        "cpu": cpu * 1000,
        "new": dict(new),
        "requests": published,
        "duplicates": dict(tables.calls),
    }


def replay(records: int = 100_000) -> tuple[int, int]:
    """Bring records of which half are duplicates; gives how many are distinct, and stored."""
    chance = random.Random(1)  # noqa: S311 - the same each time
    numbers = [*range(records // 2)] * 2
    chance.shuffle(numbers)
    with in_memory() as tables:
        environments = [Transformer(lambda _: None), Transformer(lambda _: None)]
        for start in range(0, records, BATCH):
            given = [
                _record(f"message-{number}", f"d{number % DEVICES}", FIRST + start + place)
                for place, number in enumerate(numbers[start : start + BATCH])
            ]
            left = environments[start // BATCH % 2].transform(given, datetime.now(UTC))
            assert left is None, "the batch was not done"
        return len(set(numbers)), tables.readings


if __name__ == "__main__":
    found = measure()
    print(f"handler CPU a record: {found['cpu']:.3f} ms (promised 0.15)")
    print(f"calls for {BATCH} new records, cold: {found['new']}; requests: {found['requests']}")
    print(f"calls for {BATCH} duplicates: {found['duplicates']}")
    distinct, stored = replay()
    print(f"replay of 100,000 records: {distinct:,} distinct, {stored:,} stored")
