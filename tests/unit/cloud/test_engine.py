"""The embedded AWS as a real process: what it keeps, when it ends, what it says when it cannot."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, suppress
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from local.cloud import engine as module
from local.cloud.engine import FOLDER, Engine, EngineError, erase

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

OFTEN = ("--save-every", "0.05")
COGNITO = "AWSCognitoIdentityProviderService.DescribeUserPoolDomain"
SELDOM = ("--save-every", "1000")
APPLE: dict[str, Any] = {"name": {"S": "apple"}, "price": {"N": "3"}}
# Keeps an engine until it is killed itself.
TWIN = """
import asyncio, sys
from pathlib import Path
from local.cloud.engine import Engine

async def main():
    print(await Engine(Path(sys.argv[1]), arguments=sys.argv[2:]).start(), flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


def connect(url: str) -> "DynamoDBClient":
    config = Config(signature_version=UNSIGNED, retries={"total_max_attempts": 1})
    client: DynamoDBClient = boto3.client(
        "dynamodb", endpoint_url=url, region_name="us-east-1", config=config
    )
    return client


def put_apple(client: "DynamoDBClient") -> None:
    client.create_table(
        TableName="fruit",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "name", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "name", "AttributeType": "S"}],
    )
    client.put_item(TableName="fruit", Item=APPLE)


def apple(client: "DynamoDBClient") -> Any:
    return client.get_item(TableName="fruit", Key={"name": APPLE["name"]}).get("Item")


@asynccontextmanager
async def running(data: Path, *arguments: str) -> AsyncIterator[tuple[Engine, "DynamoDBClient"]]:
    engine = Engine(data, arguments=arguments)
    url = await engine.start()
    try:
        yield engine, connect(url)
    finally:
        await engine.stop()


def kill(engine: Engine, number: signal.Signals) -> None:
    assert engine.pid
    os.kill(engine.pid, number)


async def saved(data: Path, text: str) -> None:
    """Wait until the saved tables have the text."""
    state = data / FOLDER / "state" / "dynamodb.json"
    async with asyncio.timeout(5):
        while not (state.exists() and text in state.read_text()):
            await asyncio.sleep(0.005)


def test_items_survive_a_stop_at_the_same_address(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path, *SELDOM) as (engine, client):
            put_apple(client)
            await engine.stop()
            await engine.stop()
        async with running(tmp_path) as (_, again):
            assert apple(again) == APPLE
            assert again.meta.endpoint_url == client.meta.endpoint_url

    asyncio.run(scenario())


def test_items_survive_a_kill_once_saved(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path, *OFTEN) as (engine, client):
            put_apple(client)
            await saved(tmp_path, "apple")
            kill(engine, signal.SIGKILL)
            assert await engine.exited() == -signal.SIGKILL
        async with running(tmp_path) as (_, client):
            assert apple(client) == APPLE

    asyncio.run(scenario())


def test_unchanged_state_is_not_written_again(tmp_path: Path) -> None:
    file = tmp_path / FOLDER / "state" / "dynamodb.json"

    async def scenario() -> None:
        async with running(tmp_path, *SELDOM) as (_, client):
            put_apple(client)
        before = file.stat()
        async with running(tmp_path, *SELDOM) as (_, client):
            assert apple(client) == APPLE
        assert file.stat().st_ino == before.st_ino

    asyncio.run(scenario())


def test_engine_of_a_killed_twin_saves_ends_and_frees_the_folder(tmp_path: Path) -> None:
    command = [sys.executable, "-c", TWIN, str(tmp_path), *SELDOM]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as twin:
        assert twin.stdout
        put_apple(connect(twin.stdout.readline().strip()))
        twin.kill()

    async def scenario() -> None:
        # It can only start when the other has let go of the lock, which is when it is gone.
        async with running(tmp_path) as (_, client):
            assert apple(client) == APPLE

    asyncio.run(scenario())


def test_interrupt_is_left_to_the_twin(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path) as (engine, client):
            kill(engine, signal.SIGINT)
            put_apple(client)
            assert apple(client) == APPLE
            assert os.getpgid(engine.pid or 0) != os.getpgid(0)

    asyncio.run(scenario())


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="needs Linux's /proc")
def test_one_port_on_loopback_is_all_it_opens(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path) as (engine, client):
            port = int(client.meta.endpoint_url.rpartition(":")[2])
            for target in ("AWSEvents.ListRules", "TransferService.ListServers", COGNITO):
                assert ask(port, target) == 200
            assert listening(engine.pid or 0) == {f"0100007F:{port:04X}"}

    asyncio.run(scenario())


def ask(port: int, target: str) -> int:
    connection = HTTPConnection("127.0.0.1", port)
    with closing(connection):
        connection.request("POST", "/", "{}", {"X-Amz-Target": target})
        return connection.getresponse().status


def listening(pid: int) -> set[str]:
    """Give the addresses the process listens on, as /proc writes them."""
    inodes = {link[8:-1] for link in open_files(pid) if link.startswith("socket:[")}
    rows = [
        line.split()
        for table in ("tcp", "tcp6", "udp", "udp6")
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]
    ]
    return {row[1] for row in rows if row[3] in {"0A", "07"} and row[9] in inodes}


def open_files(pid: int) -> Iterator[str]:
    for file in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed in the meantime
            yield str(file.readlink())


def test_reset_empties_it_for_good(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path, *OFTEN) as (engine, client):
            put_apple(client)
            await saved(tmp_path, "apple")
            await engine.reset()
            assert client.list_tables()["TableNames"] == []
        async with running(tmp_path) as (_, client):
            assert client.list_tables()["TableNames"] == []

    asyncio.run(scenario())


def test_erase_leaves_what_others_wrote(tmp_path: Path) -> None:
    kept = [tmp_path / "mine.txt", tmp_path / FOLDER / "mine.txt"]

    async def scenario() -> None:
        async with running(tmp_path) as (_, client):
            put_apple(client)
            with pytest.raises(EngineError, match="in use by another twin"):
                erase(tmp_path)
        for file in kept:
            file.touch()
        erase(tmp_path)
        assert all(file.exists() for file in kept)
        async with running(tmp_path) as (_, client):
            assert client.list_tables()["TableNames"] == []

    asyncio.run(scenario())


def test_erase_of_nothing_makes_nothing(tmp_path: Path) -> None:
    erase(tmp_path / "absent")
    assert not (tmp_path / "absent").exists()


def test_answers_are_dynamodbs_own(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path) as (_, client):
            put_apple(client)
            with pytest.raises(ClientError) as raised:
                client.put_item(
                    TableName="fruit",
                    Item=APPLE,
                    ConditionExpression="attribute_not_exists(#name)",
                    ExpressionAttributeNames={"#name": "name"},
                )
            assert raised.value.response["Error"]["Code"] == "ConditionalCheckFailedException"
            many = client.scan(
                TableName="fruit",
                FilterExpression="price BETWEEN :low AND :high",
                ExpressionAttributeValues={":low": {"N": "2"}, ":high": {"N": "4"}},
            )
            assert many["Items"] == [APPLE]

    asyncio.run(scenario())


def test_two_twins_cannot_share_a_folder(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with running(tmp_path):
            with pytest.raises(EngineError, match=rf"another twin \(process {os.getpid()}\)"):
                await Engine(tmp_path).start()

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("folder", "python", "reason"),
    [
        ("data", "missing/python", "run `make setup`"),
        ("data", sys.executable, "ended as it started: ModuleNotFoundError.*ministack"),
        ("file/data", "", "can't be used: Not a directory"),
    ],
)
def test_failure_to_start_is_explained(
    tmp_path: Path, folder: str, python: str, reason: str
) -> None:
    (tmp_path / "file").touch()
    engine = Engine(tmp_path / folder, python=Path(python) if python else module.PYTHON)
    with pytest.raises(EngineError, match=re.compile(reason)):
        asyncio.run(engine.start())
    assert engine.pid is None


def test_silence_is_an_error_after_a_while(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "START_SECONDS", 0)

    async def scenario() -> None:
        engine = Engine(tmp_path)
        with pytest.raises(EngineError, match="did not answer within 0 seconds"):
            await engine.start()
        assert engine.pid is None

    asyncio.run(scenario())


def test_what_it_says_goes_to_the_log(tmp_path: Path) -> None:
    lines: list[str] = []

    async def scenario() -> None:
        engine = Engine(tmp_path, log=lines.append, arguments=("--log-level", "DEBUG"))
        connect(await engine.start()).list_tables()
        await engine.stop()

    asyncio.run(scenario())
    assert any("Persistence: saved dynamodb" in line for line in lines)
    assert json.loads((tmp_path / FOLDER / "state" / "dynamodb.json").read_text())
