"""Subscribers that cost little themselves: they count frames, and look into few."""

import asyncio
import base64
import json
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

SUBPROTOCOL = "graphql-ws"


@dataclass(frozen=True)
class Target:
    """Where subscribers go, with what, and for what."""

    host: str
    port: int
    headers: dict[str, Any]
    query: str


@dataclass
class Tally:
    """What has arrived at all subscribers, and when."""

    wanted: int = 0
    arrived: int = 0
    at: list[float] = field(default_factory=list)
    complete: asyncio.Event = field(default_factory=asyncio.Event)

    def expect(self, count: int) -> None:
        """Start to count anew."""
        self.wanted, self.arrived, self.at = count, 0, []
        self.complete.clear()

    def count(self, messages: int) -> None:
        """Note that messages have arrived."""
        self.arrived += messages
        self.at += [time.perf_counter()] * messages
        if self.arrived >= self.wanted:
            self.complete.set()


class Subscriber(asyncio.Protocol):
    """One connection with one subscription, or none."""

    def __init__(self, target: Target, tally: Tally, ready: Callable[[], None]) -> None:
        self._target = target
        self._tally = tally
        self._ready = ready
        self._waiting = b""
        self._handler: Callable[[bytes], None] = self._upgraded
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the upgrade."""
        self.transport = transport  # type: ignore[assignment]
        encoded = base64.urlsafe_b64encode(json.dumps(self._target.headers).encode())
        carried = "header-" + encoded.decode().rstrip("=")
        key = base64.b64encode(os.urandom(16)).decode()
        self.transport.write(
            f"GET /graphql/realtime HTTP/1.1\r\nHost: {self._target.host}:{self._target.port}\r\n"
            "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {key}\r\n"
            f"Sec-WebSocket-Protocol: {SUBPROTOCOL}, {carried}\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        """Take what arrived."""
        self._handler(data)

    def _upgraded(self, data: bytes) -> None:
        head, _, rest = data.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 101"), head
        self._handler = self._shake_hands
        self._send({"type": "connection_init"})
        if rest:
            self.data_received(rest)

    def _shake_hands(self, data: bytes) -> None:
        for message in self._messages(data):
            frame = json.loads(bytes(message))
            assert frame["type"] in ("connection_ack", "ka", "start_ack"), frame
            if frame["type"] == "ka" and self._target.query:
                payload = {
                    "data": json.dumps({"query": self._target.query}),
                    "extensions": {"authorization": self._target.headers},
                }
                self._send({"type": "start", "id": "s" * 36, "payload": payload})
            elif frame["type"] in ("ka", "start_ack"):
                self._handler = self._count
                self._ready()

    def _count(self, data: bytes) -> None:
        self._tally.count(len(self._messages(data)))

    def _messages(self, data: bytes) -> list[memoryview]:
        """Cut frames out of the stream; pings of the server count for nothing here."""
        data = self._waiting + data
        found, view, place, end = [], memoryview(data), 0, len(data)
        while place + 2 <= end:
            size, start = data[place + 1], place + 2
            if size == 126:
                size, start = int.from_bytes(data[start : start + 2]), start + 2
            elif size == 127:
                size, start = int.from_bytes(data[start : start + 8]), start + 8
            if start + size > end or start > end:
                break
            if data[place] == 0x81:
                found.append(view[start : start + size])
            place = start + size
        self._waiting = data[place:]
        return found

    def _send(self, frame: dict[str, Any]) -> None:
        message = json.dumps(frame).encode()
        size = len(message)
        head = bytes((0x81, 0x80 | size)) if size < 126 else b"\x81\xfe" + size.to_bytes(2)
        self.transport.write(head + bytes(4) + message)  # a mask of zeros


async def subscribe(target: Target, count: int, tally: Tally) -> Sequence[Subscriber]:
    """Connect so many subscribers, and wait until each is acknowledged."""
    loop = asyncio.get_running_loop()
    made: list[Subscriber] = []
    for start in range(0, count, 100):
        acknowledged = asyncio.Semaphore(0)
        wanted = min(100, count - start)
        for _ in range(wanted):
            _, subscriber = await loop.create_connection(
                lambda: Subscriber(target, tally, acknowledged.release),  # noqa: B023
                target.host,
                target.port,
            )
            made.append(subscriber)
        for _ in range(wanted):
            await asyncio.wait_for(acknowledged.acquire(), 10)
    return made
