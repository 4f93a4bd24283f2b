"""`python -m bench.iot`: a flood of readings through the twin, from MQTT to the readings' table."""

import argparse
import asyncio
import json
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from local.cloud.client import Client
from local.devices.fleet import Device, Fleet
from local.functions import STAGE
from resolvers.devices.resources import CONTEXT, DEVICES, READINGS
from resolvers.devices.store import KIND
from resolvers.shared.resources import physical_name
from tests.support.twin import ROOT, RunningTwin, running

DYNAMODB = "DynamoDB_20120810."


class Timed(Fleet):
    """A fleet that notes how long each acknowledgement takes, in milliseconds."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.taken: list[float] = []
        for device in self._devices:
            self._time(device)

    def _time(self, device: Device) -> None:
        sent: dict[int, float] = {}
        count = device._client.on_publish
        publish = device.send

        def acknowledged(*given: Any) -> None:
            self.taken.append(
                (time.perf_counter() - sent.pop(given[2], time.perf_counter())) * 1000
            )
            if count:
                count(*given)

        def send(message: bytes) -> Any:
            began = time.perf_counter()
            info = publish(message)
            sent[info.mid] = began
            return info

        device._client.on_publish = acknowledged
        device.send = send  # type: ignore[method-assign]


def main() -> None:
    """Flood a twin, and tell what became of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=50)
    parser.add_argument("--rate", type=float, default=1000)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--subscribers", type=int, default=20)
    options = parser.parse_args()
    names = [f"sim-{number:03}" for number in range(1, options.count + 1)]
    port = _free_port()
    with (
        tempfile.TemporaryDirectory() as data,
        running("--mqtt-port", str(port), "--data", data) as twin,
    ):
        asyncio.run(_register(twin, names))
        before = asyncio.run(_count_once(twin))
        listening = _listen(twin, options.subscribers)
        fleet = Timed(names, options.rate, 0.05)
        fleet.connect("127.0.0.1", port)
        began = time.perf_counter()
        fleet.send(options.seconds)
        sent_in = time.perf_counter() - began
        assert fleet.settle(60), "not everything was acknowledged"
        expected = fleet.figures.sent - fleet.figures.duplicates
        behind = asyncio.run(_stored(twin, before + expected))
        time.sleep(2)  # for what is on its way to subscribers
        said, _ = listening.communicate()
        fleet.leave()
        state = sum(file.stat().st_size for file in Path(data).rglob("*") if file.is_file())
    taken = sorted(fleet.taken)
    print(f"{fleet.figures.sent} messages in {sent_in:.1f} s, {expected} distinct: all stored once")
    for name, share in (("median", 0.5), ("p99", 0.99), ("longest", 1.0)):
        print(f"acknowledged, {name:8} {taken[int((len(taken) - 1) * share)]:9.1f} ms")
    print(f"the last one stored after its acknowledgement {behind * 1000:9.1f} ms at most")
    heard = json.loads(said)
    once = set(heard["arrived"]) == set(heard["distinct"]) == {expected}
    print(f"{options.subscribers} subscribers heard {'each once' if once else heard}")
    for name, late in heard["late"].items():
        print(f"from device to subscriber, {name:8} {late:9.1f} ms")
    print(f"state on disk {state / 1e6:9.1f} MB")


def _listen(twin: RunningTwin, count: int) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "bench.iot_subscribers", twin.url, twin.key, str(count)]
    listening = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert listening.stdout
    assert listening.stdout.readline() == "ready\n"
    return listening


async def _register(twin: RunningTwin, names: list[str]) -> None:
    client = Client(twin.client.get("/health").json()["aws"])
    table = physical_name(STAGE, CONTEXT.name, DEVICES.name)
    for name in names:
        item = {"id": name, "model": "bench", "name": name, "kind": KIND}
        put = {"TableName": table, "Item": {key: {"S": value} for key, value in item.items()}}
        await client.call(DYNAMODB + "PutItem", put)
    client.close()


async def _stored(twin: RunningTwin, expected: int) -> float:
    """Wait until all are stored; gives the seconds that it took. Fails if there are more."""
    client = Client(twin.client.get("/health").json()["aws"])
    table = physical_name(STAGE, CONTEXT.name, READINGS.name)
    began = time.perf_counter()
    while (count := await _count(client, table)) < expected:
        assert time.perf_counter() - began < 120, f"{expected - count} are missing"
        await asyncio.sleep(0.05)
    took = time.perf_counter() - began
    assert count == expected
    client.close()
    return took


async def _count_once(twin: RunningTwin) -> int:
    client = Client(twin.client.get("/health").json()["aws"])
    count = await _count(client, physical_name(STAGE, CONTEXT.name, READINGS.name))
    client.close()
    return count


async def _count(client: Client, table: str) -> int:
    """Count the items by DescribeTable, which the embedded AWS answers at once."""
    found = await client.call(DYNAMODB + "DescribeTable", {"TableName": table})
    return int(found["Table"]["ItemCount"])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


if __name__ == "__main__":
    main()
