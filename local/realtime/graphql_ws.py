"""AppSync's own real-time protocol, which goes by the subprotocol `graphql-ws`.

Its frames are those of Apollo's first protocol with a handshake of AppSync's. Each subscription
brings credentials of its own.
"""

import asyncio
import traceback
from collections.abc import Mapping
from typing import Any

import orjson

from local.appsync.auth import Call, Sent
from local.appsync.errors import Refusal, malformed
from local.appsync.service import read_request
from local.realtime.credentials import (
    Headers,
    Unreadable,
    connection_headers,
    lowered,
    transport_headers,
)
from local.realtime.frames import read_frame
from local.realtime.operations import MOST, Subscription
from local.realtime.service import INTERNAL_FAILURE, Realtime
from local.realtime.session import ClientSession
from local.realtime.socket import Connection, Upgrade
from local.realtime.subscriptions import UNSUPPORTED, Unsubscribable

SUBPROTOCOL = "graphql-ws"
CONNECTION_TIMEOUT = 300_000  # milliseconds without a word after which clients give up
NORMAL = 1000
ACK = {"type": "connection_ack", "payload": {"connectionTimeoutMs": CONNECTION_TIMEOUT}}
# What is signed when a connection is asked for; a start signs its own text.
CONNECT = Sent("POST", "/graphql/connect", "", b"{}")
KEEP_ALIVE = orjson.dumps({"type": "ka"})


class Unspoken:
    """What a connection gets that offers no subprotocol of ours."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def opened(self) -> None:
        """Say what is wrong."""
        error = {"message": "NoProtocolError", "errorCode": 400}
        frame = {"payload": {"errors": [error]}, "type": "connection_error"}
        self._connection.send(orjson.dumps(frame))
        self._connection.close(NORMAL)

    def received(self, message: str) -> None:
        """Ignore it."""

    def beat(self) -> None:
        """Say nothing."""

    def closed(self) -> None:
        """Leave nothing behind."""


class AppSyncSession(ClientSession):
    """One client."""

    def __init__(self, connection: Connection, upgrade: Upgrade, realtime: Realtime) -> None:
        super().__init__(connection, realtime)
        self._upgrade = upgrade

    def received(self, message: str) -> None:
        """Take a frame; whatever comes before the acknowledgement is ignored."""
        frame = read_frame(message)
        kind = frame.get("type")
        if not self._acknowledged:
            if kind == "connection_init" and self._handshake is None:
                self._handshake = asyncio.get_running_loop().create_task(self._shake_hands())
            return
        id = frame.get("id")
        if kind == "start" and isinstance(id, str):
            self._start(id, frame.get("payload"))
        elif kind == "stop" and isinstance(id, str):
            self._stop(id)
        elif kind != "connection_init":
            self._error(id, [{"errorType": "UnsupportedOperation", "message": UNSUPPORTED}])

    def beat(self) -> None:
        """Tell that the connection lives."""
        if self._acknowledged:
            self._connection.send(KEEP_ALIVE)

    async def _shake_hands(self) -> None:
        try:
            headers = connection_headers(self._upgrade)
            if headers is None:
                self._refuse({"message": "Required headers are missing.", "errorCode": 400})
                return
            await self._realtime.identify(Call(headers, sent=CONNECT))
        except Unreadable:
            bad = {"errorType": "BadRequestException", "message": "Bad Request", "errorCode": 400}
            self._refuse(bad)
        except Refusal as refusal:
            self._refuse(refusal.errors[0] | {"errorCode": refusal.status})
        except Exception:  # a fault of ours; untold, the client would wait and come again for ever
            traceback.print_exc()
            self._refuse(INTERNAL_FAILURE | {"errorCode": 500})
        else:
            self._acknowledged = True
            self._send(ACK)
            self._connection.send(KEEP_ALIVE)

    def _refuse(self, error: Mapping[str, Any]) -> None:
        # In the protocol, as AppSync does: clients take a bare close for a failure of the network
        # and come again for ever.
        self._send({"payload": {"errors": [error]}, "type": "connection_error"})
        self._connection.close(NORMAL)

    def _start(self, id: str, payload: Any) -> None:
        if id in self._operations:
            message = f"Duplicated operation with id {id}"
            self._error(id, [{"errorType": "DuplicatedOperationError", "message": message}])
        elif len(self._operations) >= MOST:
            message = f"Max number of {MOST} subscriptions reached"
            # An object, where every other error is in a list: so it was seen on the wire.
            self._error(id, {"errorType": "MaxSubscriptionsReachedError", "message": message})
        elif not isinstance(payload, dict) or not isinstance(payload.get("data"), str):
            self._error(id, [{"errorType": "UnsupportedOperation", "message": UNSUPPORTED}])
        else:
            self._operations.start(id, self._subscribe(id, payload))

    async def _subscribe(self, id: str, payload: dict[str, Any]) -> None:
        try:
            text: str = payload["data"]
            body = text.encode()
            request = read_request(body)
            sent = Sent("POST", "/graphql", "", body)
            headers = self._headers(payload)
            identity = await self._realtime.identify(
                Call(headers, request.query, request.operation_name, request.variables, sent)
            )
            subscription = Subscription(self._connection, id, "data", self._invalidated)
            self._operations.subscribe(id, subscription, request, identity)
        except (Refusal, Unsubscribable) as refusal:
            self._refused(id, refusal)
        else:
            # Without waiting for anything in between: from here on no event is lost.
            self._send({"type": "start_ack", "id": id})

    def _headers(self, payload: dict[str, Any]) -> Headers:
        extensions = payload.get("extensions")
        given = extensions.get("authorization") if isinstance(extensions, dict) else None
        if not isinstance(given, dict):
            raise malformed("Required headers are missing.")
        return lowered(given) | transport_headers(self._upgrade)

    def _stop(self, id: str) -> None:
        self._operations.end(id)
        self._send({"type": "complete", "id": id})

    def _error(self, id: Any, errors: Any) -> None:
        # A frame without an id, and nothing else, is about the connection.
        about = {"id": id} if isinstance(id, str) else {}
        self._send({"type": "error", **about, "payload": {"errors": errors}})

    def _invalidated(self, id: str) -> None:
        """End a subscription, and the whole connection with it, as AppSync does."""
        if self._operations.end(id):
            payload = {"message": "Subscription complete."}
            self._send({"type": "complete", "id": id, "payload": payload})
            self._connection.close(NORMAL)
