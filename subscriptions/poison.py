"""Poison records: set aside in their queue, whole, with the reason, so that the rest flows.

The handler sends them itself. Left to the mapping, a poison record would halve its batch seven
times, be tried a hundred times while the shard waits, and leave a pointer in the queue, good for a
day and without a reason.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from resolvers.devices.resources import CONTEXT, POISON
from resolvers.shared import aws, settings
from resolvers.shared.observability import count
from subscriptions.model import Failed, SetAside

ENTRIES = 10  # SQS' own limits: entries and bytes of a call
CALL_BYTES = 256 * 1024
# MQTT payloads have 128 KiB at most, and fit in whole; what somebody else put may be larger. The
# stream has it for a day, under the sequence number.
LONGEST = 240_000


def set_aside(records: Sequence[Mapping[str, Any]], poison: Sequence[SetAside]) -> None:
    """Send records to the queue; raises Failed if some did not get there."""
    bodies = [_body(records[each.place], each.reason) for each in poison]
    for some in _calls(bodies):
        answer = aws.client("sqs").send_message_batch(
            QueueUrl=settings.place("queue", CONTEXT.name, POISON.name),
            Entries=[{"Id": str(n), "MessageBody": body} for n, body in enumerate(some)],
        )
        if answer.get("Failed"):
            raise Failed(f"{len(answer['Failed'])} poison records did not get to the queue")
    if bodies:
        count("MessagesSetAside", len(bodies))


def _body(record: Mapping[str, Any], reason: str) -> str:
    kinesis = record["kinesis"]
    data = kinesis["data"]
    body = {
        "reason": reason,
        "eventID": record.get("eventID"),
        "partitionKey": kinesis.get("partitionKey"),
        "sequenceNumber": kinesis["sequenceNumber"],
        "approximateArrivalTimestamp": kinesis.get("approximateArrivalTimestamp"),
        "data": data[:LONGEST],
        "length": len(data),
    }
    return json.dumps(body)


def _calls(bodies: Sequence[str]) -> list[list[str]]:
    calls: list[list[str]] = []
    for body in bodies:  # ASCII all of it, so that characters are bytes
        fits = calls and len(calls[-1]) < ENTRIES
        if fits and sum(map(len, calls[-1])) + len(body) <= CALL_BYTES:
            calls[-1].append(body)
        else:
            calls.append([body])
    return calls
