"""The server beneath the ASGI app, and how it ends."""

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterator

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

# Seconds at the end: for requests that still arrive, and for answers that are being made.
ARRIVING, ANSWERING = 1, 10


class HttpServer(uvicorn.Server):
    """uvicorn, leaving signals to whoever runs it: more than HTTP has to be stopped."""

    def __init__(
        self,
        served: ASGIApp,
        protocol: type[asyncio.Protocol],
        sockets: Callable[..., asyncio.Protocol],
    ) -> None:
        super().__init__(
            uvicorn.Config(
                served,
                http=protocol,
                ws=sockets,  # type: ignore[arg-type]  # a class, for uvicorn; it only calls it
                log_level="warning",
                access_log=False,
                lifespan="off",
                server_header=False,
                proxy_headers=False,  # nobody stands in front of a laptop; a header is only a claim
            )
        )

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield

    def finish(self) -> None:
        """Stop after the requests under way; when asked again, at once."""
        self.force_exit = self.should_exit
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop; neither bodies that stop arriving nor clients that do not read hold it up."""
        loop = asyncio.get_running_loop()
        timers = [
            loop.call_later(ARRIVING, self._leave_half_heard),
            loop.call_later(ANSWERING, self.finish),
        ]
        await super().shutdown(sockets)
        for timer in timers:
            timer.cancel()
        for connection in self._connections():
            connection.transport.abort()

    def _leave_half_heard(self) -> None:
        for connection in self._connections():
            if connection.cycle and connection.cycle.more_body:
                connection.transport.abort()

    def _connections(self) -> list[HttpToolsProtocol]:
        """Give those that speak HTTP; WebSockets look to their end themselves."""
        every = self.server_state.connections
        return [each for each in every if isinstance(each, HttpToolsProtocol)]
