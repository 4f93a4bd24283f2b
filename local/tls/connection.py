"""A TLS connection over one that is open already, and of which the first bytes have been read.

asyncio's own start_tls takes no bytes that were read before it; this does, and is the same on
every event loop.
"""

import asyncio
import ssl
from collections.abc import Callable
from typing import Any

CHUNK = 16_384  # bytes; TLS has no longer records
# Clients that are behind with reading may lose the end if the connection vanishes with it, so their
# goodbye is awaited; those that never say any must not hold up the end for long.
PATIENCE = 0.5  # seconds
HANDSHAKE = 30.0  # seconds; who has not shaken hands by then never will


class TlsConnection(asyncio.Protocol, asyncio.Transport):
    """The protocol of the open connection, and the transport of the protocol that speaks in it."""

    def __init__(
        self,
        outer: asyncio.Transport,
        inner: asyncio.Protocol,
        context: ssl.SSLContext,
        refused: Callable[[str], None],
        handshake: float = HANDSHAKE,
    ) -> None:
        """`inner` is told of the connection after its handshake; `refused`, why there is none.

        `handshake` is how long that may take, in seconds.
        """
        super().__init__()
        self._outer = outer
        self._inner = inner
        self._context = context
        self._refused = refused
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._established = False
        self._failed: str | None = None
        self._paused = False
        self._parting: asyncio.TimerHandle | None = None
        self._deadline = asyncio.get_running_loop().call_later(handshake, outer.abort)

    # What the open connection tells.

    def data_received(self, data: bytes) -> None:
        """Take what arrived."""
        self._incoming.write(data)
        try:
            if self._parting:
                self._part()
            elif self._established or self._shake_hands():
                self._deliver()
        except ssl.SSLError as error:
            self._flush()  # the alert that tells the client why
            self._outer.close()
            if not self._established:
                self._failed = error.reason or ""

    def eof_received(self) -> None:
        """Close: TLS has no half-open connections."""

    def connection_lost(self, exc: Exception | None) -> None:
        """Pass on that it is over."""
        self._deadline.cancel()
        if self._parting:
            self._parting.cancel()
        if self._failed is not None:
            self._refused(self._failed)
        self._inner.connection_lost(exc)

    def pause_writing(self) -> None:
        """Pass on that the client is slow."""
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        """Pass on that the client caught up."""
        self._inner.resume_writing()

    # What the inner protocol asks for.

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send."""
        if data and not self.is_closing():
            self._tls.write(data)
            self._flush()

    def close(self) -> None:
        """Say goodbye and close once everything is sent."""
        if not self.is_closing():
            loop = asyncio.get_running_loop()
            self._parting = loop.call_later(PATIENCE, self._outer.close)
            self._part()
            if self._paused and not self._outer.is_closing():
                self._outer.resume_reading()

    def abort(self) -> None:
        """Close at once."""
        self._outer.abort()

    def is_closing(self) -> bool:
        """Tell whether it is closing or closed."""
        return self._parting is not None or self._outer.is_closing()

    def can_write_eof(self) -> bool:
        """Tell that it can't be closed by half."""
        return False

    def pause_reading(self) -> None:
        """Stop delivering what arrives."""
        self._paused = True
        self._outer.pause_reading()

    def resume_reading(self) -> None:
        """Deliver again, first what had arrived."""
        self._paused = False
        self._outer.resume_reading()
        # Not from here: the inner protocol is in the middle of something.
        asyncio.get_running_loop().call_soon(self.data_received, b"")

    def is_reading(self) -> bool:
        """Tell whether what arrives is delivered."""
        return not self._paused

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Speak another protocol from here on: a WebSocket begins as HTTP."""
        assert isinstance(protocol, asyncio.Protocol)
        self._inner = protocol

    def get_protocol(self) -> asyncio.BaseProtocol:
        """Give the inner protocol."""
        return self._inner

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Tell about the connection; `sslcontext` is what marks it as secure."""
        known = {"sslcontext": self._context, "ssl_object": self._tls}
        return known.get(name) or self._outer.get_extra_info(name, default)

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Set when writing pauses."""
        self._outer.set_write_buffer_limits(high, low)

    def get_write_buffer_size(self) -> int:
        """Tell how much waits to be sent."""
        return self._outer.get_write_buffer_size()

    def _shake_hands(self) -> bool:
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            # Once it has been shown the certificate, a client that just leaves says it too.
            self._failed = "left" if self._outgoing.pending else self._failed
            self._flush()
            return False
        self._flush()
        self._deadline.cancel()
        self._established, self._failed = True, None
        self._inner.connection_made(self)
        return True

    def _deliver(self) -> None:
        while not (self._paused or self.is_closing()):
            try:
                data = self._tls.read(CHUNK)
            except ssl.SSLWantReadError:
                break
            if not data:  # the client said goodbye
                self.close()
                break
            self._inner.data_received(data)
        self._flush()

    def _part(self) -> None:
        """Say goodbye; close when the client has said it too."""
        try:
            self._tls.unwrap()
        except ssl.SSLWantReadError:
            self._flush()
        except ssl.SSLError:  # it says something else, which nobody will read
            self._outer.close()
        else:
            self._flush()
            self._outer.close()

    def _flush(self) -> None:
        if self._outgoing.pending and not self._outer.is_closing():
            self._outer.write(self._outgoing.read())
