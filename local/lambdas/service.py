"""The local Lambda service: functions by name, invoked with bytes."""

import asyncio
import contextlib
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from uuid import uuid4

from local.lambdas.model import Function, Outcome
from local.lambdas.parent import Parent
from local.lambdas.pool import Pool
from local.lambdas.sandbox import Call, Options
from local.lambdas.variables import complete, shared
from local.lambdas.zygote_process import ZygoteProcess


def to_stderr(line: str) -> None:
    """Write a line in one piece; one that cannot be written must not fail an invocation."""
    with contextlib.suppress(OSError):
        os.write(2, f"{line}\n".encode(errors="replace"))


class Lambdas:
    """Execution environments for a set of functions, all forked from one warmed parent."""

    # Lambda's own limit, in seconds, on importing a handler.
    init_limit = 10.0

    def __init__(
        self,
        functions: Iterable[Function],
        *,
        preload: Sequence[str] = (),
        preload_variables: Mapping[str, str] | None = None,
        concurrency: int = 8,
        log: Callable[[str], None] | None = None,
        report: bool = False,
        zygote: ZygoteProcess | None = None,
    ) -> None:
        """Take the functions; `concurrency` is for each of them; `report` logs durations.

        The modules named by `preload` are imported once, for all functions: of the environment they
        see only the variables on which all functions agree, and `preload_variables`, which no
        function sees. `log` gets lines without their newline. A `zygote` that has been started
        already is the first parent.
        """
        self._functions = [complete(function) for function in functions]
        self._preload = preload
        self._variables = {**shared(self._functions), **(preload_variables or {})}
        self._zygote = zygote
        self._current: Parent | None = None
        self._stopped = False
        options = Options(log or to_stderr, concurrency, self.init_limit, report)
        self._pools = {
            function.name: Pool(index, function, self._parent, options)
            for index, function in enumerate(self._functions)
        }

    async def start(self, *, wait: bool = False) -> None:
        """Start the warmed parent; on demand, wait until it has imported everything."""
        parent = self._parent()
        if wait:
            await asyncio.shield(parent.warmed)

    async def warm(self, name: str) -> None:
        """Make one environment ahead of time, unless there are as many as there may be."""
        await self._pools[name].warm()

    async def invoke(self, name: str, event: bytes, *, request_id: str | None = None) -> Outcome:
        """Invoke a function. It runs to its end even if the caller gives up, as on Lambda."""
        # Refused here if stopped: once in a queue, it would be missed too late.
        self._parent()
        future = asyncio.get_running_loop().create_future()
        self._pools[name].submit(Call(request_id or str(uuid4()), event, future))
        outcome: Outcome = await future
        return outcome

    async def reload(self) -> None:
        """Use new code from now on; invocations under way finish with the old."""
        if old := self._current:
            # The pools first: who waits for the old parent is to get the next one, not an error.
            old.over = True
            self._retire(starting=True)
            old.retire()
        self._parent()

    async def stop(self) -> None:
        """End every process; invocations under way come to an error."""
        self._stopped = True
        for pool in self._pools.values():
            pool.stop()
        if self._current:
            self._current.retire()
        await asyncio.gather(*(pool.reaped() for pool in self._pools.values()))

    def _parent(self) -> Parent:
        if self._stopped:
            raise RuntimeError("the functions have been stopped")
        if self._current is None or self._current.over:
            # Should it die, what it was starting comes to an error: it could die again, for ever.
            ended = partial(self._retire, starting=False)
            zygote, self._zygote = self._zygote, None
            self._current = Parent(self._functions, self._preload, self._variables, ended, zygote)
        return self._current

    def _retire(self, *, starting: bool) -> None:
        for pool in self._pools.values():
            pool.retire(starting=starting)
