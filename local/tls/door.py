"""The door that all connections come through: TLS goes one way, plain HTTP the other.

Amplify dials `wss://` whatever the scheme of its endpoint, so one port has to speak both.
"""

from collections.abc import Callable

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from local.tls.authority import Authority
from local.tls.connection import HANDSHAKE, TlsConnection

FIRST_BYTE = 0x16  # how every TLS connection begins, and no HTTP request


def door(
    authority: Authority, log: Callable[[str], None], handshake: float = HANDSHAKE
) -> type[HttpToolsProtocol]:
    """Make uvicorn's protocol for connections that may turn out to be TLS, in so many seconds."""

    class Door(HttpToolsProtocol):
        def data_received(self, data: bytes) -> None:
            if self.scope is None and data[0] == FIRST_BYTE and self.scheme == "http":
                self._secure(data)
            else:
                super().data_received(data)

        def _secure(self, data: bytes) -> None:
            try:
                context = authority.context()
            except OSError as error:
                log(f"TLS is not to be had: {error}")
                self.transport.close()
                return
            # When the handshake is done, this same object is told of a connection a second time,
            # now a secure one.
            secure = TlsConnection(self.transport, self, context, _refused, handshake)
            self.transport.set_protocol(secure)
            secure.data_received(data)

    told = set[str]()

    def _refused(reason: str) -> None:
        # Some clients retry for ever in silence: this leaves the only trace of what is wrong.
        if reason not in told:
            told.add(reason)
            untrusting = reason == "left" or "ALERT" in reason
            trust = f"; does it trust {authority.certificate}?" if untrusting else ""
            log(f"No TLS with a client ({reason.lower().replace('_', ' ')}){trust}")

    return Door
