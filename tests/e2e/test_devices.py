"""Devices over real MQTT to stored readings, while processes die."""

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from local.cloud.client import Client
from local.devices.fleet import Fleet
from local.devices.registration import register
from local.functions import STAGE
from resolvers.devices.resources import CONTEXT, READINGS
from resolvers.shared.resources import physical_name
from tests.support.twin import ROOT, RunningTwin

NAMES = [f"sim-{number:03}" for number in range(1, 6)]


@pytest.fixture
def mqtt_port() -> int:
    """A port that is free, and the same for every twin of a test."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def start(data: Path, mqtt_port: int) -> RunningTwin:
    return RunningTwin(*options(data, mqtt_port))


def options(data: Path, mqtt_port: int) -> list[str]:
    return ["--port", "0", "--mqtt-port", str(mqtt_port), "--data", str(data)]


def aws(twin: RunningTwin, target: str, request: dict[str, Any]) -> dict[str, Any]:
    async def call() -> dict[str, Any]:
        client = Client(twin.client.get("/health").json()["aws"])
        try:
            return await client.call(f"DynamoDB_20120810.{target}", request)
        finally:
            client.close()

    return asyncio.run(call())


def stored(twin: RunningTwin) -> list[str]:
    """Give the ids of all readings but the seeds."""
    request: dict[str, Any] = {"TableName": physical_name(STAGE, CONTEXT.name, READINGS.name)}
    found: list[str] = []
    while True:
        page = aws(twin, "Scan", request)
        ids = [item["id"]["S"] for item in page["Items"]]
        found += [id for id in ids if id.startswith("sim-")]
        if "LastEvaluatedKey" not in page:
            return found
        request["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def stored_once_there_are(twin: RunningTwin, count: int) -> list[str]:
    """Wait until so many readings are stored; gives their ids."""

    async def wait() -> list[str]:
        async with asyncio.timeout(60):
            while len(found := await asyncio.to_thread(stored, twin)) < count:
                await asyncio.sleep(0.1)
            return found

    return asyncio.run(wait())


@contextmanager
def flood(port: int, rate: int) -> Iterator[Fleet]:
    """Send, until all that was sent is acknowledged at the end of the block."""
    fleet = Fleet(NAMES, rate, share=0.2)
    fleet.connect("127.0.0.1", port)
    sending = threading.Thread(target=fleet.send, args=(float("inf"),))
    sending.start()
    try:
        yield fleet
    finally:
        fleet.stop()
        sending.join()
        settled = fleet.settle(30)
        fleet.leave()
    assert settled


def await_more(fleet: Fleet, count: int) -> None:
    """Wait until so many further messages are acknowledged."""
    until = fleet.figures.acknowledged + count
    while fleet.figures.acknowledged < until:
        fleet.pause(0.01)


def processes(twin: RunningTwin) -> dict[str, list[int]]:
    """Tell the engine and the environments among a twin's processes."""
    found: dict[str, list[int]] = {"engine": [], "environments": []}
    for child in children(twin.process.pid):
        command = Path(f"/proc/{child}/cmdline").read_bytes()
        if b"ministack_host" in command:
            found["engine"].append(child)
        else:
            found["environments"] += children(child)
    return found


def children(pid: int) -> list[int]:
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for task in tasks for child in task.read_text().split()]


def test_nothing_acknowledged_is_lost_or_doubled_whoever_is_killed(
    tmp_path: Path, mqtt_port: int
) -> None:
    twin = start(tmp_path, mqtt_port)
    try:
        assert register(twin.url, NAMES) == len(NAMES)
        with flood(mqtt_port, rate=200) as fleet:
            await_more(fleet, 100)
            for environment in processes(twin)["environments"]:
                os.kill(environment, signal.SIGKILL)
            await_more(fleet, 100)
            twin.stop(signal.SIGKILL)
            twin = start(tmp_path, mqtt_port)
            await_more(fleet, 100)
            os.kill(processes(twin)["engine"][0], signal.SIGKILL)
            twin.process.wait(20)
            twin.stop()
            twin = start(tmp_path, mqtt_port)
            await_more(fleet, 100)
            twin.stop(signal.SIGINT)
            twin = start(tmp_path, mqtt_port)
            await_more(fleet, 100)
        expected = fleet.figures.sent - fleet.figures.duplicates
        found = stored_once_there_are(twin, expected)
        assert len(found) == len(set(found)) == expected
    finally:
        twin.stop(signal.SIGTERM)


def test_simulator_sends_for_a_while_and_tells(tmp_path: Path, mqtt_port: int) -> None:
    twin = start(tmp_path, mqtt_port)
    try:
        command = [
            sys.executable,
            "-m",
            "local",
            "devices",
            "--port",
            twin.url.rpartition(":")[2],
            "--count",
            "3",
        ]
        done, elsewhere = (
            subprocess.run(
                [*command, *more], cwd=ROOT, capture_output=True, text=True, timeout=30, check=False
            )
            for more in (
                ["--rate", "200", "--seconds", "1"],  # the twin says which port
                ["--mqtt-port", "2"],
            )
        )
        assert done.returncode == 0, done.stderr
        assert elsewhere.returncode == 1
        assert "No device is let in at mqtt://localhost:2" in elsewhere.stderr
        assert "Registered 3 devices." in done.stdout
        told = re.findall(r"3 connected, (\d+) sent \((\d+) twice\), (\d+) ack", done.stdout)
        sent, twice, acknowledged = map(int, told[-1])
        assert sent == acknowledged
        assert len(stored_once_there_are(twin, sent - twice)) == sent - twice
    finally:
        twin.stop()


def test_port_that_is_taken_is_said_or_another_is_used(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            [sys.executable, "-m", "local", *options(tmp_path, port)],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    assert done.returncode == 1
    assert f"Port {port} can't be used for MQTT" in done.stderr


def test_devices_are_let_in_only_when_the_twin_is_up(tmp_path: Path, mqtt_port: int) -> None:
    let_in: list[bool] = []

    class FailingAws(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            with socket.socket() as probe:
                let_in.append(probe.connect_ex(("127.0.0.1", mqtt_port)) == 0)
            self.send_response(500)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), FailingAws) as endpoint:
        threading.Thread(target=endpoint.serve_forever).start()
        url = f"http://127.0.0.1:{endpoint.server_port}"
        twin = [sys.executable, "-m", "local", *options(tmp_path, mqtt_port), "--endpoint-url", url]
        done = subprocess.run(twin, cwd=ROOT, capture_output=True, timeout=30, check=False)
        endpoint.shutdown()
    assert done.returncode == 1
    assert let_in
    assert not any(let_in)


def test_two_twins_by_default_have_ports_of_their_own(tmp_path: Path) -> None:
    twins = [RunningTwin("--port", "0", "--data", str(tmp_path / name)) for name in "ab"]
    try:
        ports = [twin.await_line(r"mqtt://localhost:(\d+)") for twin in twins]
        assert len(set(ports)) == 2
    finally:
        for twin in twins:
            twin.stop()


def test_devices_can_be_kept_out(tmp_path: Path) -> None:
    twin = RunningTwin("--port", "0", "--mqtt-port", "off", "--data", str(tmp_path))
    try:
        assert re.search("off", twin.await_line(r"Devices +\S+"))
        command = [sys.executable, "-m", "local", "devices", "--port", twin.url.rpartition(":")[2]]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 1
        assert "keeps devices out: it was told --mqtt-port off" in done.stderr
    finally:
        twin.stop()
