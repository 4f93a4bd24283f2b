"""The door, with a server behind it that echoes: what the later real-time protocols stand on."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
import uvloop
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.asyncio.client import connect

from local.http_server import HttpServer
from local.tls.authority import Authority
from local.tls.door import door

LARGE = 4_000_000


class Echo:
    """A server on a free port."""

    def __init__(self, port: int, authority: Authority, logged: list[str]) -> None:
        self.port = port
        self.logged = logged
        self.trust = ssl.create_default_context(cafile=authority.certificate)

    async def open(self, *, secure: bool) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        trust = self.trust if secure else None
        return await asyncio.open_connection("localhost", self.port, ssl=trust)


async def echo(http: Request) -> Response:
    body = await http.body()
    return Response(body, headers={"scheme": http.url.scheme})


async def stream(_: Request) -> Response:
    async def parts() -> AsyncIterator[bytes]:
        for _ in range(LARGE // 50_000):
            yield b"x" * 50_000

    return StreamingResponse(parts(), headers={"content-length": str(LARGE)})


async def chat(websocket: WebSocket) -> None:
    await websocket.accept(subprotocol="graphql-ws")
    try:
        while True:
            text = await websocket.receive_text()
            await websocket.send_text(f"{websocket.url.scheme} {text}")
    except WebSocketDisconnect:
        pass


@asynccontextmanager
async def serving(folder: Path, handshake: float = 30) -> AsyncIterator[Echo]:
    authority, logged = Authority(folder), list[str]()
    authority.prepare()
    routes = [
        Route("/echo", echo, methods=["POST"]),
        Route("/stream", stream),
        WebSocketRoute("/chat", chat),
    ]
    server = HttpServer(
        Starlette(routes=routes),
        door(authority, logged.append, handshake),
        WebSocketsSansIOProtocol,
    )
    with socket.create_server(("127.0.0.1", 0)) as listener:
        running = asyncio.ensure_future(server.serve([listener]))
        try:
            yield Echo(listener.getsockname()[1], authority, logged)
        finally:
            server.finish()
            await running


@pytest.fixture(params=[uvloop.new_event_loop, asyncio.new_event_loop], ids=["uvloop", "asyncio"])
def run(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Callable[[Callable[[Echo], Awaitable[None]]], None]:
    async def serve(test: Callable[[Echo], Awaitable[None]]) -> None:
        async with serving(tmp_path) as server, asyncio.timeout(30):
            await test(server)

    def runner(test: Callable[[Echo], Awaitable[None]]) -> None:
        with asyncio.Runner(loop_factory=request.param) as loop:
            loop.run(serve(test))

    return runner


Run = Callable[[Callable[[Echo], Awaitable[None]]], None]
secure_or_not = pytest.mark.parametrize("secure", [False, True], ids=["plain", "tls"])


@secure_or_not
def test_websocket_speaks_over_both(run: Run, secure: bool) -> None:
    async def test(server: Echo) -> None:
        scheme = "wss" if secure else "ws"
        async with connect(
            f"{scheme}://localhost:{server.port}/chat",
            subprotocols=["graphql-ws"],  # type: ignore[list-item]  # a NewType of str
            ssl=server.trust if secure else None,
            proxy=None,
        ) as websocket:
            assert websocket.subprotocol == "graphql-ws"
            for text in ("hello", "x" * 500_000):
                await websocket.send(text)
                assert await websocket.recv() == f"{scheme} {text}"

    run(test)


@secure_or_not
def test_open_websocket_does_not_hold_up_the_end(run: Run, secure: bool) -> None:
    ended = list[int]()

    async def test(server: Echo) -> None:
        scheme = "wss" if secure else "ws"
        websocket = await connect(
            f"{scheme}://localhost:{server.port}/chat",
            subprotocols=["graphql-ws"],  # type: ignore[list-item]  # a NewType of str
            ssl=server.trust if secure else None,
            proxy=None,
        )

        async def wait() -> None:
            await websocket.wait_closed()
            ended.append(websocket.close_code or 0)

        waiting.append(asyncio.ensure_future(wait()))

    waiting = list[asyncio.Future[None]]()
    run(test)
    assert ended == [1012]


@secure_or_not
def test_requests_sent_at_once_are_answered_in_turn(run: Run, secure: bool) -> None:
    async def test(server: Echo) -> None:
        reader, writer = await server.open(secure=secure)
        for number in range(5):
            writer.write(post(b"%d" % number))
        for number in range(5):
            head = await reader.readuntil(b"\r\n\r\n")
            assert b"scheme: https\r\n" in head if secure else b"scheme: http\r\n" in head
            assert await reader.readexactly(1) == b"%d" % number
        writer.close()

    run(test)


@secure_or_not
def test_large_request_is_read_as_it_is_consumed(run: Run, secure: bool) -> None:
    async def test(server: Echo) -> None:
        reader, writer = await server.open(secure=secure)
        body = bytes(range(256)) * (LARGE // 256)
        writer.write(post(body))
        await reader.readuntil(b"\r\n\r\n")
        assert await reader.readexactly(len(body)) == body
        writer.close()

    run(test)


@secure_or_not
def test_slow_reader_gets_everything(run: Run, secure: bool) -> None:
    """The answer is larger than any buffer: the server must wait, then go on."""

    async def test(server: Echo) -> None:
        reader, writer = await server.open(secure=secure)
        writer.write(b"GET /stream HTTP/1.0\r\n\r\n")
        await writer.drain()
        other, second = await server.open(secure=secure)  # gives the server time to fill buffers
        second.write(post(b"y"))
        await other.readuntil(b"y")
        second.close()
        await reader.readuntil(b"\r\n\r\n")
        assert await reader.readexactly(LARGE) == b"x" * LARGE
        writer.close()

    run(test)


def test_client_that_vanishes_in_the_handshake_leaves_nothing(run: Run) -> None:
    async def test(server: Echo) -> None:
        for _ in range(20):
            _, writer = await server.open(secure=False)
            writer.write(b"\x16\x03\x01\x02")
            await writer.drain()
            writer.transport.abort()
        reader, writer = await server.open(secure=True)
        writer.write(post(b"still here"))
        await reader.readuntil(b"still here")
        writer.close()
        assert server.logged == []

    run(test)


@pytest.mark.parametrize("sent", [b"\x16", b"\x16\x03\x01\x02"])
def test_handshake_that_never_ends_is_closed(tmp_path: Path, sent: bytes) -> None:
    async def test() -> None:
        async with serving(tmp_path, handshake=0.01) as server, asyncio.timeout(30):
            reader, writer = await server.open(secure=False)
            writer.write(sent)
            with suppress(ConnectionResetError):
                assert await reader.read() == b""
            writer.close()

    asyncio.run(test())


def test_handshake_that_has_ended_has_no_deadline(tmp_path: Path) -> None:
    async def test() -> None:
        async with serving(tmp_path, handshake=1) as server, asyncio.timeout(30):
            reader, writer = await server.open(secure=True)
            mute, other = await server.open(secure=False)
            other.write(b"\x16")
            with suppress(ConnectionResetError):
                await mute.read()  # it ends after the first one's deadline
            writer.write(post(b"still here"))
            assert await reader.readuntil(b"still here")
            writer.close()
            other.close()

    asyncio.run(test())


def test_client_that_leaves_at_the_sight_of_the_certificate_is_told_of_once(run: Run) -> None:
    """So do Node's clients, and asyncio's: they send no alert."""

    async def test(server: Echo) -> None:
        for _ in range(3):
            with pytest.raises(ssl.SSLCertVerificationError):
                await asyncio.open_connection(
                    "localhost", server.port, ssl=ssl.create_default_context()
                )
        # The server hears of the last one's end before this one's request.
        reader, writer = await server.open(secure=True)
        writer.write(post(b"x"))
        await reader.readuntil(b"\r\n\r\nx")
        writer.close()
        (line,) = server.logged
        assert "(left); does it trust " in line

    run(test)


def post(body: bytes) -> bytes:
    return (
        b"POST /echo HTTP/1.1\r\nhost: localhost\r\ncontent-length: %d\r\n\r\n" % len(body) + body
    )
