"""The API as a WebSocket session sees it: who calls, what they wait for, and what they ask."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from graphql import OperationType

from local.appsync.auth import Call, Identity
from local.appsync.completion import INTERNAL
from local.appsync.service import AppSync, Request
from local.realtime.broker import Broker, Subscriber, Wanted
from local.realtime.socket import SERVICE_RESTART, Connection
from local.realtime.subscriptions import Subscriptions

Headers = Mapping[str, Any]
# What a client is told of a fault of ours.
INTERNAL_FAILURE = {"errorType": INTERNAL, "message": "An internal error occurred."}
Answer = Callable[[Request, Headers], Awaitable[dict[str, Any]]]


class Realtime:
    """Subscriptions, and all else that a socket may be used for."""

    def __init__(
        self,
        api: AppSync,
        subscriptions: Subscriptions,
        broker: Broker,
        answer: Answer,
        ready: Callable[[], Awaitable[object]],
    ) -> None:
        """`answer` answers a request as HTTP would; `ready` ends when the API can be asked."""
        self._api = api
        self._subscriptions = subscriptions
        self._broker = broker
        self.answer = answer
        self.connections: set[Connection] = set()
        self._ready = ready

    async def identify(self, call: Call) -> Identity:
        """Tell who calls; raises Refusal."""
        await self._ready()
        return await self._api.authenticator.authenticate(call)

    def asks_to_subscribe(self, request: Request) -> bool:
        """Tell whether a request is a subscription; raises Refusal if it can't be read."""
        document = self._api.documents.read(request.query)
        operation = document.operation(request.operation_name)
        return operation.operation is OperationType.SUBSCRIPTION

    def subscribe(self, request: Request, identity: Identity, subscriber: Subscriber) -> Wanted:
        """Let a subscriber hear of what it asks from now on; raises Refusal or Unsubscribable."""
        wanted = self._subscriptions.wanted(request, identity)
        self._broker.add(wanted, subscriber)
        return wanted

    def close_all(self, reason: str) -> None:
        """End every connection, in a way that lets clients come back."""
        for connection in tuple(self.connections):
            connection.close(SERVICE_RESTART, reason)

    def counts(self) -> dict[str, Any]:
        """Count the connections, and the subscriptions of each field."""
        return {"connections": len(self.connections), "subscriptions": self._broker.counts()}

    def unsubscribe(self, wanted: Wanted, subscriber: Subscriber) -> None:
        """Let a subscriber hear no more."""
        self._broker.remove(wanted, subscriber)
