"""A flood of readings through a twin: from MQTT to the readings' table, and to subscribers.

`make bench` has a short one; `python -m bench.iot` is one of a minute (`--seconds`, `--rate` …).
"""

import argparse
import asyncio
import json
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.rows import Row, print_table, spread
from local.cloud.client import Client
from local.devices.fleet import Device, Fleet
from local.functions import STAGE
from resolvers.devices.resources import CONTEXT, READINGS
from resolvers.devices.resources import DEVICES as TABLE
from resolvers.devices.store import KIND
from resolvers.shared.resources import physical_name
from tests.support.twin import ROOT, RunningTwin, running

DYNAMODB = "DynamoDB_20120810."
DEVICES, RATE, SUBSCRIBERS = 50, 1_000, 20
BRIEF = 10  # seconds of a flood within `make bench`
PATIENCE = 60  # seconds, for what is missing at its end


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


@dataclass(frozen=True)
class Flood:
    """What became of a flood: counts, seconds, milliseconds and bytes."""

    sent: int
    distinct: int
    sent_in: float
    acknowledged: list[float]
    stored: int
    behind: float
    arrived: list[int]  # by subscriber
    recognised: list[int]  # the same, each once
    late: dict[str, float]  # from device to subscriber: median, p99, longest
    state: int

    @property
    def amiss(self) -> int:
        """Count what was not acknowledged, or not stored or heard exactly once."""
        heard = zip(self.arrived, self.recognised, strict=True)
        unheard = sum(self.distinct - once + every - once for every, once in heard)
        return self.sent - len(self.acknowledged) + abs(self.distinct - self.stored) + unheard


def main() -> None:
    """Flood a twin, and tell what became of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=DEVICES)
    parser.add_argument("--rate", type=float, default=RATE)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--subscribers", type=int, default=SUBSCRIBERS)
    options = parser.parse_args()
    found = flood(options.count, options.rate, options.seconds, options.subscribers)
    print_table(rows(found))
    print(f"{found.sent} messages in {found.sent_in:.1f} s, {found.distinct} distinct")
    print(f"the last one stored after its acknowledgement {found.behind * 1000:9.1f} ms at most")
    print(f"longest: acknowledged {max(found.acknowledged):.1f} ms, ", end="")
    print(f"from device to subscriber {found.late['longest']:.1f} ms")
    print(f"state on disk {found.state / 1e6:9.1f} MB")


def measure() -> list[Row]:
    """Flood a twin for a short while."""
    return rows(flood(DEVICES, RATE, BRIEF, SUBSCRIBERS))


def rows(found: Flood) -> list[Row]:
    """Make rows of a flood; those promised are of what gets lost, and of the tail."""
    return [
        Row("readings by MQTT, with duplicates", found.sent / found.sent_in, "/s"),
        spread("acknowledged, once in the stream", found.acknowledged, "ms"),
        Row("from device to subscriber, median", found.late["median"], "ms"),
        Row("from device to subscriber, p99", found.late["p99"], "ms", 500),
        Row("not acknowledged, or not stored and heard once", found.amiss, "", 0),
    ]


def flood(count: int, rate: float, seconds: float, subscribers: int) -> Flood:
    """Have devices send to a twin of their own; in all, `rate` readings a second."""
    names = [f"sim-{number:03}" for number in range(1, count + 1)]
    port = _free_port()
    with (
        tempfile.TemporaryDirectory() as data,
        running("--mqtt-port", str(port), "--data", data) as twin,
    ):
        asyncio.run(_register(twin, names))
        before = asyncio.run(_count_once(twin))
        listening = _listen(twin, subscribers)
        fleet = Timed(names, rate, 0.05)
        fleet.connect("127.0.0.1", port)
        began = time.perf_counter()
        fleet.send(seconds)
        sent_in = time.perf_counter() - began
        fleet.settle(PATIENCE)
        distinct = fleet.figures.sent - fleet.figures.duplicates
        stored, behind = asyncio.run(_stored(twin, before + distinct))
        time.sleep(2)  # for what is on its way to subscribers
        said, _ = listening.communicate()
        fleet.leave()
        state = sum(file.stat().st_size for file in Path(data).rglob("*") if file.is_file())
    heard = json.loads(said)
    return Flood(
        fleet.figures.sent,
        distinct,
        sent_in,
        fleet.taken,
        stored - before,
        behind,
        heard["arrived"],
        heard["distinct"],
        heard["late"],
        state,
    )


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
    table = physical_name(STAGE, CONTEXT.name, TABLE.name)
    for name in names:
        item = {"id": name, "model": "bench", "name": name, "kind": KIND}
        put = {"TableName": table, "Item": {key: {"S": value} for key, value in item.items()}}
        await client.call(DYNAMODB + "PutItem", put)
    client.close()


async def _stored(twin: RunningTwin, expected: int) -> tuple[int, float]:
    """Wait until so many are stored; gives how many are, and the seconds that it took."""
    client = Client(twin.client.get("/health").json()["aws"])
    table = physical_name(STAGE, CONTEXT.name, READINGS.name)
    began = time.perf_counter()
    while (count := await _count(client, table)) < expected:
        if time.perf_counter() - began > PATIENCE:
            break
        await asyncio.sleep(0.05)
    took = time.perf_counter() - began
    client.close()
    return count, took


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
