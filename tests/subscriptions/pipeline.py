"""The pipeline on moto: a stream of made-up messages, brought batch by batch as Lambda does."""

import json
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from resolvers.devices import store
from resolvers.devices.model import AlertRule, Device, Severity
from resolvers.shared import aws, settings
from resolvers.shared.operations import Publication
from subscriptions.known import Known
from subscriptions.transformer import Transformer

Json = dict[str, Any]
NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
HOT = AlertRule("temperature", Severity.CRITICAL, above=Decimal(90))
SERVICES = ("dynamodb", "kinesis", "sqs", "sns")
# An answer of a service that is not well.
BROKEN = (AWSResponse("", 500, HTTPHeaders(), None), {"Error": {"Code": "InternalServerError"}})
OWN = {"GetItem"}  # the tests' own calls, in the midst of a batch
_numbers = count(49590338271490256608559692538361571095921575989136588898)


def payload(id: str, **given: Any) -> Json:
    """Make what a device sends."""
    return {
        "id": id,
        "metric": "temperature",
        "value": 20,
        "unit": "C",
        "at": "2026-01-01T11:59:00Z",
    } | given


def record(device: str, sent: Mapping[str, Any] | bytes) -> Json:
    """Make the stream's record of a message, with the next sequence number."""
    raw = sent if isinstance(sent, bytes) else json.dumps(sent).encode()
    envelope = {"data": b64encode(raw).decode(), "deviceId": device, "receivedAt": 1767268740000}
    return raw_record(json.dumps(envelope).encode(), device)


def raw_record(data: bytes, key: str = "pump") -> Json:
    """Make a record of any bytes."""
    number = str(next(_numbers))
    return {
        "eventID": f"shardId-000000000000:{number}",
        "kinesis": {
            "sequenceNumber": number,
            "partitionKey": key,
            "data": b64encode(data).decode(),
            "approximateArrivalTimestamp": 1767268740.5,
        },
    }


class Crash(BaseException):
    """The environment is killed: nothing of the code under test may catch this."""


@dataclass
class Pipeline:
    """A transformer, and what it published; a crash takes what the environment knew along."""

    watched_only: bool = False
    published: list[tuple[str, Json]] = field(default_factory=list)
    requests: int = 0
    before_send: Callable[[], None] = lambda: None
    clock: datetime = NOW

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Start a new environment."""
        self.transformer = Transformer(self._send, Known(self.watched_only))

    def _send(self, publications: Sequence[Publication]) -> Sequence[object]:
        self.requests += 1
        self.before_send()
        for publication in publications:
            if publication.field == "publishReading":
                given = publication.arguments["input"]
                key = {"deviceId": given["deviceId"], "cursor": given["cursor"]}
                assert store.readings.get(**key), "published, and not stored"
            self.published.append((publication.field, publication.arguments["input"]))
        return ()

    def once(self, records: Sequence[Json]) -> int | None:
        """Bring a batch; gives the place from which it is to be brought again, None if done."""
        return self.transformer.transform(records, self.clock)

    def deliver(self, records: Sequence[Json], most: int = 50) -> None:
        """Bring a batch until it is done, as the mapping does: from the first failure on."""
        left = list(records)
        for _ in range(most):
            try:
                failed_at = self.once(left)
            except Crash:
                self.restart()
                continue
            if failed_at is None:
                return
            left = left[failed_at:]
        raise AssertionError("the batch was never done")

    def readings(self) -> list[Json]:
        """Give the published readings."""
        return [given for kind, given in self.published if kind == "publishReading"]


def register(*ids: str, rules: Sequence[AlertRule] = (HOT,)) -> None:
    """Make devices known."""
    for id in ids:
        store.add(Device(id, model="m1", name=id, alert_rules=tuple(rules)))


def stored(device: str = "pump") -> list[str]:
    """Give the ids of a device's readings in the order of their cursors."""
    return [reading.id for reading in store.by_cursor(device, None, 100)]


def queued() -> list[Json]:
    """Take the poison queue's messages out."""
    url = settings.place("queue", "devices", "poison")
    found: list[Json] = []
    while (
        messages := aws.client("sqs")
        .receive_message(QueueUrl=url, MaxNumberOfMessages=10)
        .get("Messages")
    ):
        found += [json.loads(message["Body"]) for message in messages]
        for message in messages:
            aws.client("sqs").delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return found


def dumped() -> list[Json]:
    """Give the lines in the stream that the dump is made of."""
    client, name = aws.client("kinesis"), settings.place("stream", "devices", "stored")
    (shard,) = client.list_shards(StreamName=name)["Shards"]
    iterator = client.get_shard_iterator(
        StreamName=name, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    records = client.get_records(ShardIterator=iterator)["Records"]
    lines = b"".join(each["Data"] for each in records).splitlines()
    return [json.loads(line) for line in lines]


@contextmanager
def at_call(do: Callable[[int, str, str], Any]) -> Iterator[Counter[str]]:
    """Call a function with number, moment (before, after) and operation of every AWS call.

    What it gives before a call is the service's answer. Gives the number of calls by operation.
    """
    counts: Counter[str] = Counter()

    def before(model: Any, **_: Any) -> Any:
        if model.name in OWN:
            return None
        counts[model.name] += 1
        return do(counts.total(), "before", model.name)

    def after(model: Any, **_: Any) -> None:
        if model.name not in OWN:
            do(counts.total(), "after", model.name)

    clients = [aws.client(service) for service in SERVICES]
    for client in clients:
        client.meta.events.register("before-call", before)
        client.meta.events.register("after-call", after)
    try:
        yield counts
    finally:
        for client in clients:
            client.meta.events.unregister("before-call", before)
            client.meta.events.unregister("after-call", after)


@contextmanager
def calls() -> Iterator[Counter[str]]:
    """Count AWS calls by operation."""
    with at_call(lambda *_: None) as counts:
        yield counts


def later(seconds: float) -> datetime:
    """Give a moment after NOW."""
    return NOW + timedelta(seconds=seconds)
