"""The stored readings, as JSON lines, to the stream that the dump is made of."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from resolvers.devices.resources import CONTEXT, STORED
from resolvers.shared import aws, settings

RECORD_BYTES = 1_000_000  # Kinesis takes records of 1 MiB


def report(readings: Sequence[Mapping[str, Any]]) -> None:
    """Put readings, as JSON has them, into the stream: as many in one record as it takes."""
    for record in _packed(map(_line, readings)):
        aws.client("kinesis").put_record(
            StreamName=settings.place("stream", CONTEXT.name, STORED.name),
            Data=record,
            PartitionKey=readings[0]["cursor"],  # any will do: lines stand for themselves
        )


def _line(reading: Mapping[str, Any]) -> bytes:
    return json.dumps(reading, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _packed(lines: Iterable[bytes]) -> Iterator[bytes]:
    record = bytearray()
    for line in lines:
        if len(record) + len(line) > RECORD_BYTES:
            yield bytes(record)
            record = bytearray()
        record += line
    if record:
        yield bytes(record)
