"""A client that costs little itself, and as many of them at once as are wanted."""

import asyncio
import json
import ssl
import time
from dataclasses import dataclass
from typing import Any

import httpx
import uvloop

from tests.support.twin import RunningTwin

WARM_UP = 50
OK = b"HTTP/1.1 200"


@dataclass(frozen=True)
class Target:
    """Who is asked: a GraphQL URL, the API key for it, and the process that answers if known."""

    name: str
    url: str
    key: str = ""
    pid: int | None = None

    def request(self, query: str) -> bytes:
        """Write the whole HTTP request of a query."""
        address, body = httpx.URL(self.url), json.dumps({"query": query})
        path = address.raw_path.decode()
        return (
            f"POST {path} HTTP/1.1\r\nhost: {address.netloc.decode()}\r\nx-api-key: {self.key}\r\n"
            f"content-type: application/json\r\ncontent-length: {len(body.encode())}\r\n\r\n{body}"
        ).encode()


@dataclass(frozen=True)
class Sample:
    """What one burst came to: milliseconds of each request, and requests a second of them all."""

    latencies: list[float]
    rate: float


class Connection(asyncio.Protocol):
    """One connection that is kept open; one request at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport
        self._answer: asyncio.Future[bytes]
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way to the server."""
        self._transport = transport  # type: ignore[assignment]

    def ask(self, request: bytes) -> "asyncio.Future[bytes]":
        """Send a request; gives its answer, head and body."""
        self._buffer = b""
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return self._answer

    def data_received(self, data: bytes) -> None:
        """Gather an answer."""
        self._buffer += data
        if whole(self._buffer) and not self._answer.done():
            self._answer.set_result(self._buffer)

    def connection_lost(self, error: Exception | None) -> None:
        """Fail the request under way."""
        if hasattr(self, "_answer") and not self._answer.done():
            self._answer.set_exception(ConnectionError("the server hung up"))

    def close(self) -> None:
        """Hang up."""
        self._transport.close()


def burst(target: Target, query: str, *, concurrency: int, seconds: float) -> Sample:
    """Send a query over so many connections for so long, each waiting for its answers."""
    return uvloop.run(_burst(target, target.request(query), concurrency, seconds))


def ask(target: Target, query: str) -> Any:
    """Send a query once; gives its data. Fails if there are errors."""
    answer = uvloop.run(_once(target, target.request(query)))
    head, _, body = answer.partition(b"\r\n\r\n")
    if b"\r\ntransfer-encoding: chunked" in head.lower():
        body = b"".join(body.split(b"\r\n")[1::2])
    said = (
        json.loads(body)
        if answer.startswith(OK)
        else {"errors": answer[:500].decode(errors="replace")}
    )
    assert "errors" not in said, f"{target.name} can't answer {query}: {said['errors']}"
    return said["data"]


def latencies(twin: RunningTwin, query: str, *, count: int) -> list[float]:
    """Send a query over one connection, one after the other; gives milliseconds each."""
    target = Target("the twin", f"{twin.url}/graphql", twin.key)
    ask(target, query)
    return uvloop.run(_in_turn(target, target.request(query), count))


async def _in_turn(target: Target, request: bytes, count: int) -> list[float]:
    connection = await _connect(target)
    taken = [await _timed(connection, request) for _ in range(WARM_UP + count)]
    connection.close()
    return taken[WARM_UP:]


async def _burst(target: Target, request: bytes, concurrency: int, seconds: float) -> Sample:
    connections = [await _connect(target) for _ in range(concurrency)]
    # The first answers are the connections' own cost, and that of environments not yet forked.
    await asyncio.gather(*(_timed(each, request) for each in connections))
    taken: list[float] = []
    began = time.perf_counter()

    async def work(connection: Connection) -> None:
        while time.perf_counter() < began + seconds:
            taken.append(await _timed(connection, request))

    await asyncio.gather(*map(work, connections))
    rate = len(taken) / (time.perf_counter() - began)
    for each in connections:
        each.close()
    return Sample(taken, rate)


async def _once(target: Target, request: bytes) -> bytes:
    connection = await _connect(target)
    answer = await connection.ask(request)
    connection.close()
    return answer


async def _timed(connection: Connection, request: bytes) -> float:
    began = time.perf_counter()
    answer = await connection.ask(request)
    took = (time.perf_counter() - began) * 1000
    assert answer.startswith(OK), answer[:500].decode(errors="replace")
    return took


async def _connect(target: Target) -> Connection:
    address = httpx.URL(target.url)
    secure = address.scheme == "https"
    _, connection = await asyncio.get_running_loop().create_connection(
        Connection,
        address.host,
        address.port or (443 if secure else 80),
        ssl=ssl.create_default_context() if secure else None,
    )
    return connection


def whole(answer: bytes) -> bool:
    """Tell whether an answer has arrived to its end."""
    head, end, body = answer.partition(b"\r\n\r\n")
    if not end:
        return False
    lower = head.lower()
    _, found, length = lower.partition(b"\r\ncontent-length:")
    if found:
        return len(body) >= int(length.partition(b"\r\n")[0])
    return b"\r\ntransfer-encoding: chunked" in lower and body.endswith(b"0\r\n\r\n")
