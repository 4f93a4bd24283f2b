"""The lane and plain botocore, at one engine: what Lambda code sees is the same."""

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from local.cloud import LANE
from local.cloud.engine import FOLDER, Engine
from local.cloud.ministack_gateway import open_lane
from tests.unit.cloud.roads import (
    Call,
    by_lane,
    client,
    engine,
    of_session,
    outcome,
    raised,
    reads,
    session,
    table_request,
    typed,
    writes,
)
from tests.unit.lambdas.support import function, running

Started = tuple[Engine, str]
# Reads its own item, in a fork of a process that has a connection to lend.
FORKS = """
import os, sys
from tests.unit.cloud.roads import client

made = client(*sys.argv[1:])
made.list_tables()
name = "child" if (child := os.fork()) == 0 else "parent"
for _ in range(200):
    item = made.get_item(TableName="forks", Key={"id": {"S": name}})["Item"]
    assert item == {"id": {"S": name}}, item
if child == 0:
    os._exit(0)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Started]:
    with engine(tmp_path_factory.mktemp("lane")) as both:
        yield both


def lane(engine: Engine) -> str:
    assert engine.lane
    return str(engine.lane)


def make(client: Any, table: str, *items: str) -> None:
    client.create_table(**table_request(table))
    for name in items:
        client.put_item(TableName=table, Item={"id": {"S": name}})


def test_writes_come_to_the_same(started: Started) -> None:
    aws, url = started
    plain, quick = client(url, None), client(url, lane(aws))

    def told(client: Any, table: str) -> str:
        calls: list[Call] = [("create_table", table_request(table)), *writes(table)]
        outcomes = [typed(outcome(client, call)) for call in calls]
        return "\n".join(repr(sorted(each.items())) for each in outcomes)

    slow = told(plain, "plain").replace("plain", "TABLE").splitlines()
    fast = told(quick, "quick").replace("quick", "TABLE").splitlines()
    assert [_without_ids(each) for each in fast] == [_without_ids(each) for each in slow]
    assert sum("'error'" in each for each in slow) >= 8


def _without_ids(told: str) -> str:
    return told if "TableId" not in told else told[: told.index("TableId")]


def test_reads_come_to_the_same(started: Started) -> None:
    aws, url = started
    plain, quick = client(url, None), client(url, lane(aws))
    make(plain, "fruit")
    for call in writes("fruit"):
        outcome(plain, call)
    cut_off = 0
    for call in reads("fruit"):
        slow, fast = outcome(plain, call), outcome(quick, call)
        assert typed(fast) == typed(slow), call
        cut_off += "LastEvaluatedKey" in slow and "Limit" not in call[1]
    assert cut_off >= 2


def test_it_is_the_lane_that_is_taken(started: Started) -> None:
    aws, url = started
    assert by_lane(client(url, lane(aws)).list_tables())
    assert not by_lane(client(url, None).list_tables())


def test_without_a_socket_it_is_http(started: Started, tmp_path: Path) -> None:
    _, url = started
    assert not by_lane(client(url, str(tmp_path / "nothing")).list_tables())


def test_an_account_of_its_own_is_kept_apart(started: Started) -> None:
    aws, url = started
    other = client(url, lane(aws), key="111122223333")
    make(other, "others")
    assert by_lane(other.list_tables()) and other.list_tables()["TableNames"] == ["others"]
    assert client(url, None, key="111122223333").list_tables()["TableNames"] == ["others"]
    assert "others" not in client(url, lane(aws)).list_tables()["TableNames"]


def test_threads_get_their_own_answers(started: Started) -> None:
    aws, url = started
    quick = client(url, lane(aws))
    names = [f"thread-{n}" for n in range(8)]
    make(quick, "threads", *names)

    def work(name: str) -> None:
        key = {"TableName": "threads", "Key": {"id": {"S": name}}}
        for count in range(1, 51):
            add = {
                "UpdateExpression": "ADD n :one",
                "ExpressionAttributeValues": {":one": {"N": "1"}},
            }
            shared = {"TableName": "threads", "Key": {"id": {"S": "all"}}}
            quick.update_item(**shared, **add)
            answer = quick.update_item(**key, **add, ReturnValues="ALL_NEW")
            assert answer["Attributes"] == {"id": {"S": name}, "n": {"N": str(count)}}

    with ThreadPoolExecutor(len(names)) as pool:
        list(pool.map(work, names))
    every = quick.get_item(TableName="threads", Key={"id": {"S": "all"}})
    assert by_lane(every) and every["Item"]["n"] == {"N": "400"}


def test_a_fork_has_connections_of_its_own(started: Started) -> None:
    aws, url = started
    make(client(url, None), "forks", "child", "parent")
    command = [sys.executable, "-c", FORKS, url, lane(aws)]
    assert subprocess.run(command, check=False, timeout=60).returncode == 0


def test_an_answer_that_came_too_late_is_nobodys(started: Started) -> None:
    aws, url = started
    both = session(lane(aws))
    hasty, patient = of_session(both, url, read_timeout=0.1), of_session(both, url)
    make(patient, "late", "one", "two")  # leaves a connection, which is the next to be taken
    assert aws.pid
    os.kill(aws.pid, signal.SIGSTOP)
    try:
        got = raised(lambda: hasty.get_item(TableName="late", Key={"id": {"S": "one"}}))
    finally:
        os.kill(aws.pid, signal.SIGCONT)
    assert got[0] == "ReadTimeoutError"
    for name in ("two", "one"):
        answer = patient.get_item(TableName="late", Key={"id": {"S": name}})
        assert by_lane(answer) and answer["Item"] == {"id": {"S": name}}


@pytest.mark.parametrize("when", ["under way", "before"])
def test_an_engine_that_dies_raises_the_same(tmp_path: Path, when: str) -> None:
    found = {}
    for road in ("lane", "http"):
        with engine(tmp_path / road) as (aws, url):
            made = client(url, lane(aws) if road == "lane" else None)
            make(made, "fruit")
            assert aws.pid
            os.kill(aws.pid, signal.SIGSTOP if when == "under way" else signal.SIGKILL)
            with ThreadPoolExecutor(1) as pool:
                going = pool.submit(raised, partial(made.scan, TableName="fruit"))
                if when == "under way":
                    os.kill(aws.pid, signal.SIGKILL)
                kind, text = going.result(30)
            found[road] = (kind, text.replace(url, "URL"))
    assert found["lane"] == found["http"]
    assert found["lane"][0] == "EndpointConnectionError"


def test_what_came_by_the_lane_is_saved(tmp_path: Path) -> None:
    state = tmp_path / FOLDER / "state" / "dynamodb.json"

    async def scenario() -> None:
        aws = Engine(tmp_path, arguments=["--save-every", "0.05"])
        url = await aws.start()
        try:
            make(client(url, lane(aws)), "fruit", "apple")
            async with asyncio.timeout(5):
                while not (state.exists() and "apple" in state.read_text()):
                    await asyncio.sleep(0.005)
        finally:
            await aws.stop()

    asyncio.run(scenario())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_the_socket_is_private_and_goes_with_the_engine(tmp_path: Path, number: int) -> None:
    with engine(tmp_path) as (aws, _):
        assert aws.lane and aws.pid
        assert aws.lane.stat().st_mode & 0o777 == 0o600
        assert aws.lane.parent.stat().st_mode & 0o777 == 0o700
        os.kill(aws.pid, number)
    assert not aws.lane.parent.exists()


@pytest.mark.parametrize("folder", ["missing", "long" * 30])
def test_without_a_place_for_a_socket_there_is_no_lane(
    tmp_path: Path, folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = tmp_path / ("long" * 30)
    long.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / folder))

    nobody: Any = None  # who would be asked
    assert asyncio.run(open_lane(nobody)) is None
    assert not [*long.iterdir()]


def test_functions_take_it_if_their_parent_knows_it(started: Started) -> None:
    aws, url = started
    listing = function(
        "lists",
        "tests.unit.cloud.listing.handler",
        variables={"AWS_ENDPOINT_URL": url, "AWS_REGION": "us-east-1"},
    )

    async def road(**variables: str) -> Any:
        preload = ["local.cloud.warm", "local.cloud.road"]
        async with running(listing, preload=preload, preload_variables=variables) as service:
            return await service.call("lists")

    taken = asyncio.run(road(**{LANE: lane(aws)}))
    assert taken == {"by_lane": True, "knows": False}
    assert asyncio.run(road()) == {"by_lane": False, "knows": False}
