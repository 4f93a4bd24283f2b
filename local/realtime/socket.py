"""A WebSocket connection, from its upgrade to its end, beneath whatever protocol is spoken in it.

uvicorn hands over the connection after the upgrade's headers. Frames are read by the websockets
library; those that go out are written by hand, because an event's frame is the same for hundreds of
subscribers and should be built once.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, cast

from uvicorn.server import ServerState
from websockets.datastructures import Headers
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol

SERVICE_RESTART = 1012  # the code of a close after which clients come back
PATHS = ("/graphql", "/graphql/realtime")
LARGEST_MESSAGE = 240 * 1024  # bytes, in as out; AppSync's own, for every API
# Of bytes that a subscriber leaves unread. Whoever is that far behind is gone or will never catch
# up; the memory is the others'.
LONGEST_QUEUE = 4 * 2**20
LONGEST_REASON = 123  # bytes of a close; RFC 6455, 5.5


@dataclass(frozen=True, slots=True)
class Timing:
    """In seconds: between heartbeats, a connection's life, and what a goodbye may take.

    `leaving` is what it may take when the server itself ends.
    """

    beat: float = 60
    life: float = 24 * 3600
    parting: float = 5
    leaving: float = 1


@dataclass(frozen=True, slots=True)
class Upgrade:
    """The request that a connection began with; header names are lower-case."""

    path: str
    query: str
    headers: Sequence[tuple[str, str]]
    subprotocols: Sequence[str]
    client: str


class Session(Protocol):
    """A protocol spoken in a connection."""

    def opened(self) -> None:
        """Learn that the connection is open."""

    def received(self, message: str) -> None:
        """Take a message."""

    def beat(self) -> None:
        """Show the client that somebody is there."""

    def closed(self) -> None:
        """Learn that the connection is gone."""


class Connection(Protocol):
    """What a session needs of its connection."""

    def send(self, message: bytes) -> None:
        """Send a text message."""

    def close(self, code: int, reason: str = "") -> None:
        """Say goodbye."""


# The subprotocol to answer with, if any, and the session that speaks it.
OpenSession = Callable[[Connection, Upgrade], tuple[str | None, Session]]


class _Handshake(ServerProtocol):
    """The library's, but for subprotocols: those that carry credentials may be malformed."""

    chosen: str | None = None

    def process_subprotocol(self, headers: Headers) -> Subprotocol | None:
        return Subprotocol(self.chosen) if self.chosen else None


class Socket(asyncio.Protocol):
    """One connection."""

    def __init__(self, state: ServerState, open_session: OpenSession, timing: Timing) -> None:
        self._connections = state.connections
        self._open_session = open_session
        self._timing = timing
        self._protocol = _Handshake(max_size=LARGEST_MESSAGE)
        self._loop = asyncio.get_running_loop()
        self._session: Session | None = None
        self._transport: asyncio.Transport
        self._fragments: list[bytes] = []
        self._open = False
        self._behind = False
        self._heard = True
        self._ends = self._loop.time() + timing.life
        self._timer: asyncio.TimerHandle | None = None

    # What the connection below tells.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's are no subclass
        self._connections.add(self)  # type: ignore[arg-type]  # uvicorn lists its own kinds only

    def data_received(self, data: bytes) -> None:
        """Take what arrived."""
        self._heard = True
        self._protocol.receive_data(data)
        for event in self._protocol.events_received():
            if isinstance(event, Request):
                self._upgrade(event)
            elif isinstance(event, Frame):
                self._frame(event)
        self._flush()
        self._open = self._open and self._protocol.state is State.OPEN

    def eof_received(self) -> None:
        """Close: a WebSocket is not half-open."""

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._open = False
        self._connections.discard(self)
        if self._timer:
            self._timer.cancel()
        session, self._session = self._session, None
        if session:
            session.closed()

    def pause_writing(self) -> None:
        """Measure from now on what waits."""
        self._behind = True

    def resume_writing(self) -> None:
        """Trust the client again."""
        self._behind = False

    # What the session asks for.

    def send(self, message: bytes) -> None:
        """Send a text message, unless the client has stopped reading."""
        if self._open and not self._overflowing():
            self._transport.write(framed(message))

    def close(self, code: int, reason: str = "") -> None:
        """Say goodbye; the connection ends when the client has answered, or soon anyway."""
        if self._open:
            self._open = False
            self._protocol.send_close(code, _shortened(reason))
            self._flush()
            self._restart_timer(self._timing.parting, self._transport.abort)

    # What uvicorn asks for.

    def shutdown(self) -> None:
        """End, because the server does: clients come back when it is up again."""
        self.close(SERVICE_RESTART, "the server restarts")
        self._leave(self._timing.leaving)

    def _upgrade(self, request: Request) -> None:
        path, _, query = request.path.partition("?")
        headers = [(name.lower(), value) for name, value in request.headers.raw_items()]
        offered = [value for name, value in headers if name == "sec-websocket-protocol"]
        names = [name.strip() for value in offered for name in value.split(",")]
        peer = self._transport.get_extra_info("peername") or ("127.0.0.1",)
        if path not in PATHS:
            response = self._protocol.reject(404, f"There is nothing at {path}.\n")
            self._protocol.send_response(response)
            return
        upgrade = Upgrade(path, query, headers, names, peer[0])
        chosen, session = self._open_session(self, upgrade)
        self._protocol.chosen = chosen
        self._protocol.send_response(self._protocol.accept(request))
        self._flush()
        self._open = self._protocol.state is State.OPEN
        if self._open:
            self._session = session
            self._restart_timer(self._timing.beat, self._beat)
            session.opened()

    def _frame(self, frame: Frame) -> None:
        if frame.opcode is Opcode.BINARY:
            self.close(1003, "messages are text")
        elif frame.opcode in (Opcode.TEXT, Opcode.CONT):
            if frame.data:  # empty ones are free to send, and must be to keep
                self._fragments.append(bytes(frame.data))
            if frame.fin:
                message, self._fragments = b"".join(self._fragments), []
                self._read(message)

    def _read(self, message: bytes) -> None:
        if self._session is None or not self._open:
            return
        try:
            text = message.decode()
        except UnicodeDecodeError:
            self.close(1007, "not UTF-8")
            return
        self._session.received(text)

    def _beat(self) -> None:
        # The lid of a laptop closes without a word: who answers nothing for a whole beat is gone.
        if not self._heard:
            self._transport.abort()
        elif self._loop.time() >= self._ends:
            self.close(1000, "connected for a day")
        elif self._session and self._open:
            self._heard = False
            self._protocol.send_ping(b"")
            self._flush()
            self._session.beat()
            self._restart_timer(self._timing.beat, self._beat)

    def _leave(self, patience: float) -> None:
        """Close; at the latest, if the client does not read what it is still being sent, soon."""
        self._transport.close()
        self._restart_timer(patience, self._transport.abort)

    def _restart_timer(self, seconds: float, action: Callable[[], None]) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer = self._loop.call_later(seconds, action)

    def _overflowing(self) -> bool:
        """Cut the client off if it leaves too much unread; tells whether it did."""
        overflows = self._behind and self._transport.get_write_buffer_size() > LONGEST_QUEUE
        if overflows:
            self._open = False
            self._transport.abort()
        return overflows

    def _flush(self) -> None:
        chunks = self._protocol.data_to_send()
        if self._overflowing():  # pongs, for example
            return
        for chunk in chunks:
            if chunk:
                self._transport.write(chunk)
            else:  # everything has been said
                self._leave(self._timing.parting)


def _shortened(reason: str) -> str:
    return reason.encode()[:LONGEST_REASON].decode(errors="ignore")


def framed(message: bytes) -> bytes:
    """Give the frame of a text message, as servers send it: whole, unmasked, uncompressed."""
    size = len(message)
    if size < 126:  # noqa: PLR2004 - RFC 6455, 5.2
        return bytes((0x81, size)) + message
    if size < 65_536:  # noqa: PLR2004
        return b"\x81\x7e" + size.to_bytes(2) + message
    return b"\x81\x7f" + size.to_bytes(8) + message
