"""What subscribers cost: how quickly an event reaches many, and what those who wait weigh."""

import asyncio
import json
import resource
import time
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import httpx
import uvloop

from bench.process import memory_of_tree, serving
from bench.subscribers import Tally, Target, subscribe
from local.realtime.broker import Broker
from local.realtime.index import Index, basic
from tests.support.signing import signed
from tests.support.twin import RunningTwin

SELECTION = "id deviceId metric value unit at cursor"
QUERY = f"subscription {{ onReading {{ {SELECTION} }} }}"
MUTATION = (
    f"mutation Publish($input: ReadingInput!) {{ publishReading(input: $input) {{ {SELECTION} }} }}"
)
MUTATIONS = 200
CONNECTIONS = 8  # that mutations are sent over, side by side
PACE = 100  # mutations a second, where latency is measured
IDLE = 5_000
Figures = dict[str, float]


def fanout(twin: RunningTwin) -> Figures:
    """Measure everything; messages/s, milliseconds, MB and microseconds by name."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 2 * IDLE)), hard))
    figures: Figures = {}
    for count in (100, 1_000):
        rate, lost = uvloop.run(_burst(twin, count))
        figures |= {f"rate of {count}": rate, f"lost of {count}": lost}
    with serving("bench.floor") as (port, _):
        figures["floor"] = uvloop.run(_floor_rate(port, 100))
    figures["p99"] = uvloop.run(_paced(twin, 100))
    before = memory_of_tree(twin.process.pid)
    figures["idle"] = uvloop.run(_idle(twin)) - before
    return figures | {"unheard": unheard(), "look-up": look_up()}


def unheard() -> float:
    """Time what the broker does with an event that nobody waits for, in microseconds."""
    broker = Broker({"publishReading": ["onReading"]}, print)
    reading = json.loads(_body(0))["variables"]["input"]
    began = time.perf_counter()
    for _ in range(100_000):
        broker.completed("publishReading", reading)
    return (time.perf_counter() - began) * 10


def look_up(size: int = 1_000) -> float:
    """Time finding the one subscription of so many that waits for an event, in microseconds."""
    index: Index[str] = Index()
    for number in range(size):
        index.add(basic({"deviceId": f"d{number}", "metric": "t"}), str(number))
    event = {"deviceId": "d7", "metric": "t", "value": 1.0}
    assert index.matching(event) == ["7"]
    began = time.perf_counter()
    for _ in range(100_000):
        index.matching(event)
    return (time.perf_counter() - began) * 10


async def _burst(twin: RunningTwin, count: int) -> tuple[float, float]:
    """Publish as quickly as possible; gives the best of five rates, and what was lost in all."""
    tally = Tally()
    subscribers = await subscribe(_target(twin), count, tally)
    best, lost = 0.0, 0
    for _ in range(5):
        requests = _requests(twin, MUTATIONS)
        tally.expect(count * MUTATIONS)
        began = time.perf_counter()
        await _send(twin, requests)
        try:
            await asyncio.wait_for(tally.complete.wait(), 20)
        except TimeoutError:
            lost += tally.wanted - tally.arrived
        best = max(best, tally.arrived / (time.perf_counter() - began))
    for subscriber in subscribers:
        subscriber.transport.close()
    return best, lost


async def _paced(twin: RunningTwin, count: int) -> float:
    """Publish at a steady pace; gives the 99th percentile from request to arrival."""
    tally = Tally()
    subscribers = await subscribe(_target(twin), count, tally)
    taken: list[float] = []
    reader, writer = await _connection(twin)
    loop = asyncio.get_running_loop()
    due = loop.time()
    for request in _requests(twin, 3 * PACE):
        tally.expect(count)
        began = time.perf_counter()
        await _exchange(reader, writer, request)
        await asyncio.wait_for(tally.complete.wait(), 5)
        taken += [at - began for at in tally.at]
        due += 1 / PACE
        await asyncio.sleep(max(0.0, due - loop.time()))
    for subscriber in subscribers:
        subscriber.transport.close()
    return sorted(taken)[int(len(taken) * 0.99)] * 1000


async def _idle(twin: RunningTwin) -> float:
    """Connect many that never hear of anything; gives the weight of the twin meanwhile."""
    waiting = await subscribe(_target(twin, query=""), IDLE, Tally())
    weight = memory_of_tree(twin.process.pid)
    for each in waiting:
        each.transport.close()
    return weight


async def _floor_rate(port: int, count: int) -> float:
    """Give the best of five rates at which one frame, made once, reaches so many."""
    tally = Tally()
    await subscribe(Target("127.0.0.1", port, {}, "x"), count, tally)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    body = str(MUTATIONS)
    request = f"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n\r\n{body}".encode()
    best = 0.0
    for _ in range(5):
        tally.expect(count * MUTATIONS)
        began = time.perf_counter()
        await _exchange(reader, writer, request)
        await asyncio.wait_for(tally.complete.wait(), 20)
        best = max(best, tally.wanted / (time.perf_counter() - began))
    return best


def _target(twin: RunningTwin, query: str = QUERY) -> Target:
    url = httpx.URL(twin.url)
    return Target(url.host, url.port or 80, {"host": url.host, "x-api-key": twin.key}, query)


def _body(number: int) -> bytes:
    reading = {
        "id": f"{uuid4()}{'-' * 200}",
        "deviceId": "d1",
        "metric": "temperature",
        "value": float(number),
        "unit": "celsius",
        "at": "2026-11-21T00:00:00Z",
        "cursor": f"{number:020}",
    }
    return json.dumps({"query": MUTATION, "variables": {"input": reading}}).encode()


def _requests(twin: RunningTwin, count: int) -> list[bytes]:
    """Write requests out in full beforehand: signing is the publisher's time, not the twin's."""
    keys = twin.client.get("/amplify_outputs.json").json()["custom"]["publisher"]
    return [_request(twin, _body(number), keys) for number in range(count)]


def _request(twin: RunningTwin, body: bytes, keys: Any) -> bytes:
    headers = signed(f"{twin.url}/graphql", body, keys)
    headers |= {"host": httpx.URL(twin.url).netloc.decode(), "content-length": str(len(body))}
    lines = [f"{name}: {value}\r\n" for name, value in headers.items()]
    return f"POST /graphql HTTP/1.1\r\n{''.join(lines)}\r\n".encode() + body


async def _send(twin: RunningTwin, requests: Sequence[bytes]) -> None:
    todo = list(requests)

    async def work() -> None:
        reader, writer = await _connection(twin)
        while todo:
            answer = await _exchange(reader, writer, todo.pop())
            assert b'"errors"' not in answer, answer
        writer.close()

    await asyncio.gather(*(work() for _ in range(CONNECTIONS)))


async def _connection(twin: RunningTwin) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    url = httpx.URL(twin.url)
    return await asyncio.open_connection(url.host, url.port)


async def _exchange(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes
) -> bytes:
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    (length,) = [
        line.split(b":")[1]
        for line in head.lower().split(b"\r\n")
        if line.startswith(b"content-length")
    ]
    return await reader.readexactly(int(length))
