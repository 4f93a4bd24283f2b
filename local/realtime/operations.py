"""What one connection has under way: operations being started, and subscriptions."""

import asyncio
import traceback
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

import orjson

from local.appsync.auth import Identity
from local.appsync.service import Request
from local.realtime.broker import Wanted
from local.realtime.service import Realtime
from local.realtime.socket import Connection

MOST = 200  # of one connection; AppSync's own


class Subscription:
    """A subscription of a connection: gets events and sends them on, in frames of its protocol."""

    wanted: Wanted

    def __init__(
        self, connection: Connection, id: str, frame_type: str, invalidated: Callable[[str], None]
    ) -> None:
        """`frame_type` is what the protocol calls an event; `invalidated` is told the id."""
        self._connection = connection
        self._id = id
        self._invalidated = invalidated
        # All of a frame that is before the event's own JSON.
        self._head = orjson.dumps({"type": frame_type, "id": id})[:-1] + b',"payload":'

    def deliver(self, event: bytes) -> None:
        """Send an event."""
        self._connection.send(self._head + event)

    def invalidated(self) -> None:
        """End."""
        self._invalidated(self._id)


class Operations:
    """The operations of one connection, by id."""

    def __init__(self, realtime: Realtime, failed: Callable[[str], None]) -> None:
        """`failed` is told the id of an operation that ended by a fault of ours."""
        self._realtime = realtime
        self._failed = failed
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._subscriptions: dict[str, Subscription] = {}

    def __len__(self) -> int:
        return len(self._tasks) + len(self._subscriptions)

    def __contains__(self, id: str) -> bool:
        return id in self._tasks or id in self._subscriptions

    def start(self, id: str, work: Coroutine[Any, Any, None]) -> None:
        """Begin an operation; its id is taken until it finishes or has ended."""
        task = self._tasks[id] = asyncio.get_running_loop().create_task(work)
        task.add_done_callback(partial(self._ended, id))

    def subscribe(
        self, id: str, subscription: Subscription, request: Request, identity: Identity
    ) -> None:
        """Let a subscription hear of what it asks from now on; or Refusal, or Unsubscribable."""
        subscription.wanted = self._realtime.subscribe(request, identity, subscription)
        self.finish(id)
        self._subscriptions[id] = subscription

    def finish(self, id: str) -> None:
        """Free the id of a started operation, which is about to send its last word.

        Its task lives a little longer, and a client may use the id again at once.
        """
        self._tasks.pop(id, None)

    def end(self, id: str) -> bool:
        """End whatever has the id; tells whether it was a subscription."""
        if task := self._tasks.pop(id, None):
            task.cancel()
        subscription = self._subscriptions.pop(id, None)
        if subscription:
            self._realtime.unsubscribe(subscription.wanted, subscription)
        return subscription is not None

    def _ended(self, id: str, task: asyncio.Task[None]) -> None:
        if self._tasks.get(id) is task:  # else it was stopped, and the id may be another's by now
            del self._tasks[id]
        if not task.cancelled() and (fault := task.exception()):
            traceback.print_exception(fault)
            self._failed(id)

    def end_all(self) -> None:
        """End everything: the client is gone."""
        for id in [*self._tasks, *self._subscriptions]:
            self.end(id)
