"""A client that speaks AppSync's real-time protocol raw: nothing is understood on its behalf."""

import base64
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol


def carried(headers: Mapping[str, Any]) -> str:
    encoded = base64.urlsafe_b64encode(json.dumps(headers).encode())
    return "header-" + encoded.decode().rstrip("=")


class Client:
    """One connection; its starts bring the connection's credentials, unless told otherwise."""

    def __init__(self, socket: ClientConnection, headers: Mapping[str, Any]) -> None:
        self.socket = socket
        self._headers = headers

    def send(self, frame: Any) -> None:
        self.socket.send(frame if isinstance(frame, (str, bytes)) else json.dumps(frame))

    def next(self) -> dict[str, Any]:
        """Give the next frame."""
        frame: dict[str, Any] = json.loads(self.socket.recv(timeout=10))
        return frame

    def closed(self) -> int:
        """Wait for the end; gives the code of the close, and swallows what came before it."""
        try:
            while True:
                self.socket.recv(timeout=10)
        except ConnectionClosed as closed:
            assert closed.rcvd is not None, closed
            return int(closed.rcvd.code)

    def start(
        self,
        id: str,
        query: str,
        variables: Any = None,
        authorization: Any = None,
        **more: Any,
    ) -> None:
        data = json.dumps({"query": query, "variables": variables or {}, **more})
        given = self._headers if authorization is None else authorization
        payload = {"data": data, "extensions": {"authorization": given}}
        self.send({"id": id, "type": "start", "payload": payload})

    def subscribe(self, id: str, query: str, variables: Any = None, **options: Any) -> None:
        """Start, and be acknowledged."""
        self.start(id, query, variables, **options)
        assert self.next() == {"type": "start_ack", "id": id}

    def data(self, id: str) -> Any:
        """Give the payload of the next frame, which must be an event."""
        frame = self.next()
        assert (frame["type"], frame["id"]) == ("data", id), frame
        return frame["payload"]

    def errors(self, id: str | None) -> Any:
        """Give the errors of the next frame, which must be about an operation."""
        frame = self.next()
        assert (frame["type"], frame.get("id")) == ("error", id), frame
        return frame["payload"]["errors"]


@contextmanager
def open_socket(
    address: str,
    *subprotocols: str,
    path: str = "/graphql/realtime",
    headers: Mapping[str, str] | None = None,
    credentials: Mapping[str, Any] | None = None,
) -> Iterator[Client]:
    """Connect; `credentials` are what starts bring."""
    with connect(
        f"ws://{address}{path}",
        subprotocols=[Subprotocol(each) for each in subprotocols] or None,
        additional_headers=dict(headers or {}),
        compression=None,
        close_timeout=1,
        max_size=None,
    ) as socket:
        yield Client(socket, credentials or {})


@contextmanager
def connected(address: str, credentials: Mapping[str, Any], **options: Any) -> Iterator[Client]:
    """Connect as AppSync's clients do, and be acknowledged."""
    carrier = carried({"host": address, **credentials})
    with open_socket(address, "graphql-ws", carrier, credentials=credentials, **options) as client:
        client.send({"type": "connection_init"})
        acknowledgement = {"type": "connection_ack", "payload": {"connectionTimeoutMs": 300000}}
        assert client.next() == acknowledgement
        assert client.next() == {"type": "ka"}
        yield client
