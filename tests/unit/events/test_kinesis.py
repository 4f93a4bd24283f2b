"""Kinesis to a worker: batches, order, retries, halves, what is given up, and going on after."""

import asyncio
import base64
import json
from pathlib import Path
from typing import Any

from local.functions import STAGE
from local.lambdas import Outcome
from resolvers.shared.resources import physical_name
from tests.support.aws import embedded_aws, messages, put
from tests.unit.events.support import (
    FAILURE,
    SUCCESS,
    Event,
    Function,
    context,
    mapped,
    report,
    texts,
)

STREAM = physical_name(STAGE, "shop", "orders")
RECORDED = Path(__file__).parents[2] / "events" / "kinesis.json"


def numbered(count: int, key: str = "k") -> list[tuple[str, bytes]]:
    return [(key, f"{key}{number}".encode()) for number in range(count)]


def test_event_has_the_shape_of_lambdas(tmp_path: Path) -> None:
    async def scenario() -> Event:
        function = Function()
        async with embedded_aws(tmp_path, context()) as (client, account):
            await put(client, STREAM, [("a", b"one")])
            async with mapped(context(), client, account, function):
                await function.until(lambda: bool(function.events))
        return function.events[0]

    (record,) = asyncio.run(scenario())["Records"]
    (known,) = json.loads(RECORDED.read_text())["Records"]
    assert record.keys() == known.keys()
    assert record["kinesis"].keys() == known["kinesis"].keys()
    assert record["eventID"] == f"shardId-000000000000:{record['kinesis']['sequenceNumber']}"
    assert base64.b64decode(record["kinesis"]["data"]) == b"one"
    assert record["eventSourceARN"].endswith(f":stream/{STREAM}")
    same = ("eventSource", "eventVersion", "eventName")
    assert [record[name] for name in same] == [known[name] for name in same]


def test_batches_are_as_large_as_declared_and_keep_order(tmp_path: Path) -> None:
    declared = context(batch_size=10, parallelisation=3)

    async def scenario() -> Function:
        function = Function()
        async with embedded_aws(tmp_path, declared) as (client, account):
            for key in "abcde":
                await put(client, STREAM, numbered(30, key))
            async with mapped(declared, client, account, function):
                await function.until(lambda: len(function.all) == 150)
        return function

    function = asyncio.run(scenario())
    assert max(map(len, function.batches)) == 10
    for key in "abcde":
        assert [text for text in function.all if text[0] == key] == [
            data.decode() for _, data in numbered(30, key)
        ]


def test_window_gathers_what_comes_within_it(tmp_path: Path) -> None:
    declared = context(batch_size=3, window=300)

    async def scenario() -> Function:
        function = Function()
        async with (
            embedded_aws(tmp_path, declared) as (client, account),
            mapped(declared, client, account, function) as wakes,
        ):
            for record in numbered(3):
                await put(client, STREAM, [record])
                wakes.wake(STREAM)
            await function.until(lambda: bool(function.events))
        return function

    assert asyncio.run(scenario()).batches == [["k0", "k1", "k2"]]


def test_poison_is_isolated_and_reported_to_the_queue(tmp_path: Path) -> None:
    declared = context(retries=1, report_failures=False, on_failure="failed")

    def answer(event: Event) -> Outcome:
        return FAILURE if "k5" in texts(event) else SUCCESS

    async def scenario() -> tuple[Function, dict[str, Any], list[str]]:
        function = Function(answer)
        async with embedded_aws(tmp_path, declared) as (client, account):
            numbers = await put(client, STREAM, numbered(8))
            async with mapped(declared, client, account, function):
                url = account.queue_url(physical_name(STAGE, "shop", "failed"))
                (message,) = await messages(client, url)
                await function.until(lambda: "k7" in done(function))
        return function, json.loads(message["Body"]), numbers

    def done(function: Function) -> list[str]:
        return [text for batch in function.batches if "k5" not in batch for text in batch]

    function, failure, numbers = asyncio.run(scenario())
    assert done(function) == [f"k{number}" for number in range(8) if number != 5]
    assert function.batches.count(["k5"]) == 2  # once, and one retry
    assert failure["requestContext"]["condition"] == "RetryAttemptsExhausted"
    assert failure["requestContext"]["approximateInvokeCount"] == 2
    info = failure["KinesisBatchInfo"]
    assert info["startSequenceNumber"] == info["endSequenceNumber"] == numbers[5]
    assert (info["batchSize"], info["shardId"][:8]) == (1, "shardId-")


def test_reported_failure_is_tried_again_from_there(tmp_path: Path) -> None:
    declared = context()
    failing = {"k3": 2}

    def answer(event: Event) -> Outcome:
        for record, text in zip(event["Records"], texts(event), strict=True):
            if failing.get(text):
                failing[text] -= 1
                return report(record["kinesis"]["sequenceNumber"])
        return report()

    async def scenario() -> Function:
        function = Function(answer)
        async with embedded_aws(tmp_path, declared) as (client, account):
            await put(client, STREAM, numbered(6))
            async with mapped(declared, client, account, function):
                await function.until(lambda: function.all.count("k5") >= 2 and not failing["k3"])
        return function

    batches = asyncio.run(scenario()).batches
    assert batches[:2] == [[f"k{n}" for n in range(6)], ["k3", "k4", "k5"]]
    assert all("k2" not in batch for batch in batches[1:])


def test_wrong_report_fails_the_whole_batch(tmp_path: Path) -> None:
    declared = context(bisect=False)
    answers = [report(""), Outcome(b'{"batchItemFailures": [{"id": "1"}]}', failed=False), report()]

    async def scenario() -> Function:
        function = Function(lambda _: answers.pop(0))
        async with embedded_aws(tmp_path, declared) as (client, account):
            await put(client, STREAM, numbered(3))
            async with mapped(declared, client, account, function):
                await function.until(lambda: len(function.events) == 3)
        return function

    assert asyncio.run(scenario()).batches == [["k0", "k1", "k2"]] * 3


def test_goes_on_where_it_stopped(tmp_path: Path) -> None:
    declared = context()

    async def scenario() -> Function:
        function = Function()
        for round_ in range(3):
            async with embedded_aws(tmp_path, declared) as (client, account):
                await put(client, STREAM, [(key, f"{key}{round_}".encode()) for key in "abcd"])
                async with mapped(declared, client, account, function):
                    await function.until(lambda: len(function.all) >= 4 * (round_ + 1))  # noqa: B023
        return function

    function = asyncio.run(scenario())
    assert sorted(function.all) == sorted(f"{k}{n}" for k in "abcd" for n in range(3))


def test_six_megabytes_come_in_several_batches(tmp_path: Path) -> None:
    declared = context(batch_size=1000)

    async def scenario() -> Function:
        function = Function()
        async with embedded_aws(tmp_path, declared) as (client, account):
            for number in range(3):
                large = f"{number}".encode() * 1_000_000
                await put(client, STREAM, [("k", large), ("k", large), ("k", large)])
            async with mapped(declared, client, account, function):
                await function.until(lambda: len(function.all) == 9)
        return function

    function = asyncio.run(scenario())
    assert [text[0] for text in function.all] == list("000111222")
    assert max(len(json.dumps(event)) for event in function.events) < 6 * 1024 * 1024
    assert len(function.events) < 9


def test_expired_iterator_loses_nothing(tmp_path: Path) -> None:
    declared = context()

    async def scenario() -> Function:
        function = Function()
        async with embedded_aws(tmp_path, declared) as (client, account):
            await put(client, STREAM, numbered(2))
            async with mapped(declared, client, account, function) as wakes:
                await function.until(lambda: len(function.all) == 2)
                await expire_iterators(client)
                await put(client, STREAM, [("k", b"k2")])
                wakes.wake(STREAM)
                await function.until(lambda: len(function.all) == 3)
        return function

    assert asyncio.run(scenario()).all == ["k0", "k1", "k2"]


async def expire_iterators(client: Any) -> None:
    """Have the engine forget every iterator, as deleting a stream does: ours are kept in it."""
    kept = client.call

    async def call(target: str, request: Any) -> Any:
        if target.endswith("GetRecords"):
            client.call = kept
            request = {**request, "ShardIterator": "11111111-1111-1111-1111-111111111111"}
        return await kept(target, request)

    client.call = call
