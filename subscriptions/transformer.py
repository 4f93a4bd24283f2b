"""The stream's batches: Kinesis' event in, from where to try again out.

A batch is decoded, told from what was seen before, stored, and only then told to the world: the
dump, the topic of alerts, the subscribers. What fails for now is reported by the first record that
it concerns: Lambda brings that one and all behind it again, in order, and whatever was done already
is recognised (see `dedupe`). Alarms do not wait for subscribers: the topic has an alert though
AppSync be down, and has it once, however often publishing is tried.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from resolvers.shared import aws, settings
from resolvers.shared.observability import logger
from resolvers.shared.publish import Unavailable, publish
from resolvers.shared.shapes import to_json
from subscriptions import dedupe, notifier, poison, publisher, reporter
from subscriptions.known import Known
from subscriptions.message import decode
from subscriptions.model import Failed, Message, Poison, SetAside
from subscriptions.publisher import Send

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

Records = Sequence[Mapping[str, Any]]


def _failures() -> tuple[type[Exception], ...]:
    return (Failed, Unavailable, *aws.failures())


@dataclass(slots=True)
class Transformer:
    """One execution environment's way with batches; `send` asks AppSync for mutations."""

    send: Send
    known: Known = field(default_factory=Known)

    def transform(self, records: Records, now: datetime) -> int | None:
        """Do a batch; gives the place of the record from which on to try again, None if done."""
        batch = Batch(records)
        messages, bad = _decoded(records, now)
        moment = now.timestamp()
        with batch.attempt(0):
            found = dedupe.sort(messages, self.known, moment)
        if batch.failed_at == 0:
            return 0
        bad += [SetAside(message.place, "an unknown device") for message in found.unknown]
        stored = found.again + batch.store(found.new, moment)
        told = self._tell(batch, sorted(stored, key=lambda message: message.place), moment)
        batch.set_aside(bad)
        batch.keep_told(told, moment)
        return batch.failed_at

    def _tell(self, batch: "Batch", stored: Sequence[Message], moment: float) -> list[Message]:
        """Tell the world of what is stored; gives what dump and topic have had just now."""
        messages = [message for message in stored if batch.reaches(message.place)]
        told: list[Message] = []
        if not messages:
            return told
        alerts = notifier.alerts(messages, self.known.devices)
        untold = {message.key: message for message in messages if not message.told}
        with batch.attempt(messages[0].place):
            readings = [to_json(message.reading) for message in messages]
            pairs = zip(messages, readings, strict=True)
            reporter.report([reading for message, reading in pairs if message.key in untold])
            notifier.notify([alert for alert in alerts if alert.id in untold])
            told += untold.values()
            publisher.publish(readings, alerts, self.known, moment, self.send)
        return told


@dataclass(slots=True)
class Batch:
    """How far a batch has come: up to the first record that something failed for."""

    records: Records
    failed_at: int | None = None

    def reaches(self, place: int) -> bool:
        """Say whether a record lies before the first failure."""
        return self.failed_at is None or place < self.failed_at

    @contextmanager
    def attempt(self, place: int) -> Iterator[None]:
        """Have a failure of the block count from a place on."""
        try:
            yield
        except _failures() as error:
            logger.warning("a batch is to be tried again", extra={"why": str(error)})
            self.failed_at = place if self.reaches(place) else self.failed_at

    def store(self, new: Sequence[Message], moment: float) -> list[Message]:
        """Store messages in order, until one chunk fails; gives what is stored."""
        stored: list[Message] = []
        for chunk in dedupe.chunks(new):
            with self.attempt(chunk[0].place):
                stored += dedupe.remember(chunk, moment)
            if not self.reaches(chunk[0].place):
                break
        return stored

    def set_aside(self, bad: Sequence[SetAside]) -> None:
        """Set poison aside, the last of all steps: what is behind a failure comes again."""
        ours = sorted(
            (each for each in bad if self.reaches(each.place)), key=lambda each: each.place
        )
        if ours:
            with self.attempt(ours[0].place):
                poison.set_aside(self.records, ours)

    def keep_told(self, told: Sequence[Message], moment: float) -> None:
        """Have what comes again, and what dump and topic have, not told to them again."""
        again = [message for message in told if not self.reaches(message.place)]
        if again:
            with self.attempt(again[0].place):
                dedupe.keep_told(again, moment)


def _decoded(records: Records, now: datetime) -> tuple[list[Message], list[SetAside]]:
    messages, bad = [], []
    for place, record in enumerate(records):
        try:
            messages.append(Message(place, decode(record, now)))
        except Poison as reason:
            bad.append(SetAside(place, str(reason)))
    return messages, bad


@cache
def environment() -> Transformer:
    """Give what this execution environment keeps from batch to batch."""
    return Transformer(publish, Known(settings.watched_only()))


def handler(event: dict[str, Any], context: "LambdaContext") -> dict[str, Any]:
    """Do a batch of Kinesis' and answer as `ReportBatchItemFailures` has it."""
    logger.append_keys(request_id=context.aws_request_id)
    failed_at = environment().transform(event["Records"], datetime.now(UTC))
    if failed_at is None:
        return {"batchItemFailures": []}
    number = event["Records"][failed_at]["kinesis"]["sequenceNumber"]
    return {"batchItemFailures": [{"itemIdentifier": number}]}
