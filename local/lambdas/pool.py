"""The environments of one function: last used first, more as concurrency asks, then a queue."""

import asyncio
import socket
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any

from local.lambdas.faults import exited
from local.lambdas.model import Function, Outcome
from local.lambdas.parent import LOST, Parent
from local.lambdas.sandbox import Call, Options, Sandbox


class Pool:
    """Invocations in, in order; each goes to whichever environment is free first."""

    def __init__(
        self, index: int, function: Function, parent: Callable[[], Parent], options: Options
    ) -> None:
        self._index, self._function, self._parent, self._options = index, function, parent, options
        self._waiting: deque[Call] = deque()
        self._idle: list[Sandbox] = []
        self._live: set[Sandbox] = set()
        self._unreaped: set[Sandbox] = set()
        self._connecting: set[asyncio.Task[Any]] = set()

    def submit(self, call: Call) -> None:
        """Begin an invocation as soon as an environment is free."""
        if self._idle:
            self._idle.pop().begin(call)
        else:
            self._waiting.append(call)
            self._grow()

    async def warm(self) -> None:
        """Start one environment more, unless there are as many as there may be."""
        if len(self._live) < self._options.concurrency:
            await self._launch().settled

    def retire(self, *, starting: bool) -> None:
        """Let go of what idles, or is `starting`, without a parent; the busy follow when free."""
        for sandbox in [sandbox for sandbox in self._live if sandbox.parent.over]:
            if sandbox in self._idle or (starting and not sandbox.settled.done()):
                sandbox.retire()

    def stop(self) -> None:
        """Let go of everything, whoever may be waiting for it."""
        while self._waiting:
            self.failed(partial(exited, code=LOST))
        for sandbox in list(self._live):
            sandbox.retire()

    async def reaped(self) -> None:
        """Wait for the end of every process, those included that no longer count."""
        await asyncio.gather(*(sandbox.reaped for sandbox in self._unreaped))

    def free(self, sandbox: Sandbox) -> None:
        """Give an environment the next invocation, or let it idle; old code serves no new one."""
        if sandbox.parent.over:
            sandbox.retire()
        elif self._waiting:
            sandbox.begin(self._waiting.popleft())
        else:
            self._idle.append(sandbox)

    def failed(self, outcome: Callable[[str], Outcome]) -> None:
        """Answer the oldest waiting invocation with what became of the environment meant for it."""
        if self._waiting:
            call = self._waiting.popleft()
            call.finish(outcome(call.request_id))

    def gone(self, sandbox: Sandbox) -> None:
        """Count an environment out, and start others for those who still wait."""
        self._live.discard(sandbox)
        if sandbox in self._idle:
            self._idle.remove(sandbox)
        self._grow()

    def _grow(self) -> None:
        starting = sum(not sandbox.settled.done() for sandbox in self._live)
        room = self._options.concurrency - len(self._live)
        for _ in range(min(len(self._waiting) - starting, room)):
            self._launch()

    def _launch(self) -> Sandbox:
        sandbox = Sandbox(self._function, self._parent(), self, self._options)
        self._live.add(sandbox)
        self._unreaped.add(sandbox)
        sandbox.reaped.add_done_callback(lambda _: self._unreaped.discard(sandbox))
        ours, theirs = socket.socketpair()
        with theirs:
            sandbox.parent.fork(self._index, theirs, sandbox.forked)
        loop = asyncio.get_running_loop()
        task = loop.create_task(loop.create_unix_connection(lambda: sandbox, sock=ours))
        self._connecting.add(task)
        task.add_done_callback(self._connecting.discard)
        return sandbox
