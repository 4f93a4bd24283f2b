"""A batch of a stream, delivered: again and again, by halves, and at last to where failures go."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import orjson

from local.cloud.client import Client
from local.events.model import Mapping, Record
from local.lambdas import Outcome

FIRST_PAUSE, LONGEST_PAUSE = 0.05, 5.0  # seconds before an attempt is repeated
Invoke = Callable[[str, bytes], Awaitable[Outcome]]


@dataclass(frozen=True, slots=True)
class Shard:
    """Where a batch is from: the stream's ARN and the shard's id."""

    stream: str
    id: str


class Delivery:
    """How one mapping's batches reach its function."""

    def __init__(
        self,
        mapping: Mapping,
        shard: Shard,
        invoke: Invoke,
        client: Client,
        log: Callable[[str], None],
    ) -> None:
        self._mapping, self._shard = mapping, shard
        self._invoke, self._client, self._log = invoke, client, log

    async def deliver(
        self, batch: Sequence[Record], done: Callable[[Sequence[Record]], None]
    ) -> None:
        """Have a batch processed, in order; `done` hears of records that are, or are given up."""
        worker = self._mapping.worker
        due = [(batch, 1)]
        while due:
            records, attempt = due.pop()
            outcome = await self._attempt(records)
            first = _first_failure(outcome, records, reported=worker.report_failures)
            done(records[:first])
            left = records[first:]
            if not left:
                continue
            if worker.bisect and first == 0 and len(left) > 1:
                middle = len(left) // 2  # halving is no retry
                due += [(left[middle:], attempt), (left[:middle], attempt)]
            elif attempt > worker.retries and not first:
                await self._give_up(left, attempt, outcome)
                done(left)
            else:
                due.append((left, 1 if first else attempt + 1))
            await asyncio.sleep(min(FIRST_PAUSE * 2 ** min(attempt, 10), LONGEST_PAUSE))

    async def _attempt(self, records: Sequence[Record]) -> Outcome:
        event = orjson.dumps({"Records": [record.event for record in records]})
        return await self._invoke(self._mapping.function, event)

    async def _give_up(self, records: Sequence[Record], attempts: int, outcome: Outcome) -> None:
        ends = f"{records[0].sequence} to {records[-1].sequence}"
        self._log(
            f"[events] {self._mapping.function} fails {len(records)} records for good: {ends}"
        )
        if self._mapping.on_failure is None:
            return
        body = json.dumps(failure(self._mapping, self._shard, records, attempts, outcome))
        queue = self._mapping.on_failure
        await self._client.enqueue(
            queue, body, LONGEST_PAUSE, lambda line: self._log(f"[events] {line}")
        )


def failure(
    mapping: Mapping, shard: Shard, records: Sequence[Record], attempts: int, outcome: Outcome
) -> dict[str, Any]:
    """Write what Lambda sends to an on-failure queue: of the records, only where they are."""
    kind = "KinesisBatchInfo" if mapping.kind == "stream" else "DDBStreamBatchInfo"
    response: dict[str, Any] = {"statusCode": 200, "executedVersion": "$LATEST"}
    return {
        "requestContext": {
            "requestId": str(uuid4()),
            "functionArn": mapping.function_arn,
            "condition": "RetryAttemptsExhausted",
            "approximateInvokeCount": attempts,
        },
        "responseContext": response | ({"functionError": "Unhandled"} if outcome.failed else {}),
        "version": "1.0",
        "timestamp": _moment(datetime.now(UTC).timestamp()),
        kind: {
            "shardId": shard.id,
            "startSequenceNumber": records[0].sequence,
            "endSequenceNumber": records[-1].sequence,
            "approximateArrivalOfFirstRecord": _moment(records[0].arrived),
            "approximateArrivalOfLastRecord": _moment(records[-1].arrived),
            "batchSize": len(records),
            "streamArn": shard.stream,
        },
    }


def _moment(seconds: float) -> str:
    text = datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
    return text.removesuffix("+00:00") + "Z"


def failed_items(payload: bytes) -> list[str] | None:
    """Read the identifiers of `batchItemFailures`; None if the answer is no such report."""
    try:
        answer = orjson.loads(payload)
        failures = (answer or {}).get("batchItemFailures") or []
        found = [each["itemIdentifier"] for each in failures]
    except (ValueError, AttributeError, KeyError, TypeError):
        return None
    return found if all(isinstance(each, str) and each for each in found) else None


def _first_failure(outcome: Outcome, records: Sequence[Record], *, reported: bool) -> int:
    """Tell how many records at the beginning are done; a wrong report means none is."""
    if outcome.failed:
        return 0
    failed = failed_items(outcome.payload) if reported else []
    if failed is None:
        return 0
    positions = {record.sequence: index for index, record in enumerate(records)}
    return min((positions.get(each, 0) for each in failed), default=len(records))
