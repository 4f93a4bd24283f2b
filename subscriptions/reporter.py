"""The stored readings, as JSON lines, to the stream that the dump is made of."""

import json
from collections.abc import Iterable, Iterator, Sequence

from resolvers.devices.model import Reading
from resolvers.devices.resources import CONTEXT, STORED
from resolvers.shared import aws, settings
from resolvers.shared.shapes import to_json
from subscriptions.model import Message

RECORD_BYTES = 1_000_000  # Kinesis takes records of 1 MiB


def report(messages: Sequence[Message]) -> None:
    """Put readings into the stream, as many in one record as it takes."""
    for record in _packed(_line(message.reading) for message in messages):
        aws.client("kinesis").put_record(
            StreamName=settings.place("stream", CONTEXT.name, STORED.name),
            Data=record,
            PartitionKey=messages[0].reading.cursor,  # any will do: lines stand for themselves
        )


def _line(reading: Reading) -> bytes:
    return json.dumps(to_json(reading), ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _packed(lines: Iterable[bytes]) -> Iterator[bytes]:
    record = bytearray()
    for line in lines:
        if len(record) + len(line) > RECORD_BYTES:
            yield bytes(record)
            record = bytearray()
        record += line
    if record:
        yield bytes(record)
