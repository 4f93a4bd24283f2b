"""The protocol of the graphql-ws library, `graphql-transport-ws`.

AppSync does not speak it; the playground, Apollo, urql and Relay do. Credentials come once, with
`connection_init`, and are looked at again with each operation.
"""

import asyncio
import traceback
from typing import Any

import orjson

from local.appsync.auth import Call, Sent
from local.appsync.errors import Refusal
from local.appsync.json_text import dumped
from local.appsync.service import Request, checked_request
from local.realtime.credentials import Headers, lowered, request_headers
from local.realtime.frames import read_frame
from local.realtime.operations import MOST, Subscription
from local.realtime.service import INTERNAL_FAILURE, Realtime
from local.realtime.session import ClientSession
from local.realtime.socket import Connection, Upgrade
from local.realtime.subscriptions import Unsubscribable

SUBPROTOCOL = "graphql-transport-ws"
PATIENCE = 10  # seconds in which a client has to begin
# The protocol's own codes.
BAD_REQUEST, UNAUTHORIZED, FORBIDDEN = 4400, 4401, 4403
INITIALISATION_TIMEOUT, ALREADY_EXISTS, TOO_MANY, INTERNAL_ERROR = 4408, 4409, 4429, 4500
Errors = list[dict[str, Any]]


class TransportSession(ClientSession):
    """One client."""

    def __init__(self, connection: Connection, upgrade: Upgrade, realtime: Realtime) -> None:
        super().__init__(connection, realtime)
        self._headers: Headers = request_headers(upgrade)
        self._impatience: asyncio.TimerHandle | None = None

    def opened(self) -> None:
        """Wait for the client to begin, not for ever."""
        super().opened()
        self._impatience = asyncio.get_running_loop().call_later(PATIENCE, self._give_up)

    def received(self, message: str) -> None:
        """Take a message."""
        frame = read_frame(message)
        self._take(frame, frame.get("type"))

    def beat(self) -> None:
        """Say nothing: the connection itself was pinged."""

    def closed(self) -> None:
        """Forget all that the client waited for."""
        if self._impatience:
            self._impatience.cancel()
        super().closed()

    def _take(self, frame: dict[str, Any], kind: Any) -> None:
        if kind == "connection_init":
            self._begin(frame.get("payload"))
        elif kind == "ping":
            self._send({"type": "pong"})
        elif kind == "subscribe":
            self._operate(frame.get("id"), frame.get("payload"))
        elif kind == "complete":
            self._complete(frame.get("id"))
        elif kind != "pong":
            self._connection.close(BAD_REQUEST, "Invalid message received")

    def _give_up(self) -> None:
        if self._handshake is None:
            reason = "Connection initialisation timeout"
            self._connection.close(INITIALISATION_TIMEOUT, reason)

    def _begin(self, payload: Any) -> None:
        if self._handshake is not None:
            self._connection.close(TOO_MANY, "Too many initialisation requests")
            return
        self._headers |= _credentials(payload)
        self._handshake = asyncio.get_running_loop().create_task(self._shake_hands())

    async def _shake_hands(self) -> None:
        try:
            await self._realtime.identify(Call(self._headers, sent=Sent("GET")))
        except Refusal as refusal:
            self._connection.close(FORBIDDEN, refusal.message)
        except Exception:  # a fault of ours; untold, the client would wait for ever
            traceback.print_exc()
            self._connection.close(INTERNAL_ERROR, INTERNAL_FAILURE["message"])
        else:
            self._acknowledged = True
            self._send({"type": "connection_ack"})

    def _operate(self, id: Any, payload: Any) -> None:
        if not isinstance(id, str) or not isinstance(payload, dict):
            self._connection.close(BAD_REQUEST, "Invalid message received")
        elif not self._acknowledged:
            self._connection.close(UNAUTHORIZED, "Unauthorized")
        elif id in self._operations:
            self._connection.close(ALREADY_EXISTS, f"Subscriber for {id} already exists")
        elif len(self._operations) >= MOST:
            message = f"Max number of {MOST} subscriptions reached"
            self._error(id, [{"errorType": "MaxSubscriptionsReachedError", "message": message}])
        else:
            self._operations.start(id, self._run(id, payload))

    async def _run(self, id: str, payload: dict[str, Any]) -> None:
        try:
            request = checked_request(
                payload.get("query"), payload.get("variables"), payload.get("operationName")
            )
            if self._realtime.asks_to_subscribe(request):
                await self._subscribe(id, request)
            else:
                await self._answer(id, request)
        except (Refusal, Unsubscribable) as refusal:
            self._refused(id, refusal)

    async def _subscribe(self, id: str, request: Request) -> None:
        identity = await self._realtime.identify(
            Call(self._headers, request.query, request.operation_name, request.variables)
        )
        subscription = Subscription(self._connection, id, "next", self._invalidated)
        self._operations.subscribe(id, subscription, request, identity)

    async def _answer(self, id: str, request: Request) -> None:
        # A mutation that has begun goes on when its client goes: subscribers are to hear of it.
        answering = asyncio.ensure_future(self._realtime.answer(request, self._headers))
        answer = await asyncio.shield(answering)
        frame = b'{"id":' + orjson.dumps(id) + b',"type":"next","payload":' + dumped(answer) + b"}"
        self._connection.send(frame)
        self._operations.finish(id)
        self._send({"id": id, "type": "complete"})

    def _complete(self, id: Any) -> None:
        if isinstance(id, str):
            self._operations.end(id)

    def _error(self, id: str, errors: Errors) -> None:
        self._send({"id": id, "type": "error", "payload": errors})

    def _invalidated(self, id: str) -> None:
        if self._operations.end(id):
            self._send({"id": id, "type": "complete"})


def _credentials(payload: Any) -> Headers:
    """Read the headers that a client puts into connection_init, plain or under `headers`."""
    if not isinstance(payload, dict):
        return {}
    inner = payload.get("headers")
    given = lowered(payload) | (lowered(inner) if isinstance(inner, dict) else {})
    given.pop("x-forwarded-for", None)
    return given
