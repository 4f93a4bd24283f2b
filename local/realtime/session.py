"""What the sessions of both protocols have in common: a client, and what it has under way."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import orjson

from local.appsync.errors import Refusal
from local.realtime.operations import Operations
from local.realtime.service import INTERNAL_FAILURE, Realtime
from local.realtime.socket import Connection
from local.realtime.subscriptions import Unsubscribable


class ClientSession(ABC):
    """One client, from its handshake to its leaving."""

    def __init__(self, connection: Connection, realtime: Realtime) -> None:
        self._connection = connection
        self._realtime = realtime
        self._handshake: asyncio.Task[None] | None = None
        self._acknowledged = False
        self._operations = Operations(realtime, self._failed)

    def opened(self) -> None:
        """Wait for the client to begin."""
        self._realtime.connections.add(self._connection)

    def closed(self) -> None:
        """Forget all that the client waited for."""
        self._realtime.connections.discard(self._connection)
        if self._handshake:
            self._handshake.cancel()
        self._operations.end_all()

    @abstractmethod
    def _error(self, id: Any, errors: Any) -> None:
        """Tell the client what is wrong with an operation."""

    def _refused(self, id: str, refusal: Refusal | Unsubscribable) -> None:
        self._operations.finish(id)
        self._error(id, refusal.errors)

    def _failed(self, id: str) -> None:
        self._error(id, [INTERNAL_FAILURE])

    def _send(self, frame: Mapping[str, Any]) -> None:
        self._connection.send(orjson.dumps(frame))
