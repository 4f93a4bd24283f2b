"""The server's end of one execution environment."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Protocol, cast

from local.lambdas.faults import exit_text, exited, timed_out, timeout_text
from local.lambdas.model import Function, Outcome
from local.lambdas.parent import Parent, kill
from local.lambdas.wire import ERROR, EVENT, FAULT, LOG, READY, RESULT, Frames, frame


@dataclass(slots=True, eq=False)
class Call:
    """One invocation and who waits for it."""

    request_id: str
    event: bytes
    future: "asyncio.Future[Outcome]"

    def finish(self, outcome: Outcome) -> None:
        """Give the answer, unless the caller has gone away."""
        if not self.future.done():
            self.future.set_result(outcome)


class Owner(Protocol):
    """Who looks after environments of one function, and is told what becomes of them."""

    def free(self, sandbox: "Sandbox") -> None:
        """Hear that it can take an invocation."""

    def failed(self, outcome: Callable[[str], Outcome]) -> None:
        """Hear that one never got as far as taking any, and what its invocation comes to."""

    def gone(self, sandbox: "Sandbox") -> None:
        """Hear that it takes no invocation any more."""


@dataclass(frozen=True)
class Options:
    """What all environments have in common."""

    log: Callable[[str], None]
    concurrency: int
    init_limit: float
    report: bool


class Sandbox(asyncio.Protocol):
    """One environment: starting, then free or busy in turn, then gone, and at last reaped."""

    def __init__(self, function: Function, parent: Parent, owner: Owner, options: Options) -> None:
        self._loop = asyncio.get_running_loop()
        self.parent = parent
        self.settled: asyncio.Future[None] = self._loop.create_future()
        self.reaped: asyncio.Future[None] = self._loop.create_future()
        self._owner, self._function, self._options = owner, function, options
        self._frames = Frames()
        self._transport: asyncio.WriteTransport | None = None
        self._pid: int | None = None
        self._doomed = self._lost = False
        self._call: Call | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._since = self._loop.time()
        self._tag = f"[{function.label} init] "

    def begin(self, call: Call) -> None:
        """Hand over an invocation; the function's time starts to run."""
        self._call = call
        self._tag = f"[{self._function.label} {call.request_id[:8]}] "
        self._since = self._loop.time()
        self._timer = self._loop.call_later(self._function.timeout, self._expired)
        if self._options.report:
            self._log("START")
        transport = cast(asyncio.WriteTransport, self._transport)
        transport.write(frame(EVENT, call.request_id.encode(), b"\0", call.event))

    def retire(self) -> None:
        """Go, having no invocation to finish."""
        self._settle()
        self._owner.gone(self)
        self._drop()

    def forked(self, pid: int) -> None:
        """Learn the process's id, or by a negative number that there is no process."""
        self._pid = pid
        if self._lost:
            self._reap()
        elif self._doomed or pid < 0:
            self._drop()
        elif not self.settled.done():
            self._timer = self._loop.call_later(self._options.init_limit, self._init_expired)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way to the process."""
        self._transport = cast(asyncio.WriteTransport, transport)
        if self._doomed:
            self._drop()

    def data_received(self, data: bytes) -> None:
        """Take what the process has to say."""
        for kind, body in self._frames.feed(data):
            if kind == LOG:
                for line in body.decode(errors="replace").removesuffix("\n").split("\n"):
                    self._log(line)
            elif kind in (RESULT, ERROR):
                self._answered(Outcome(body, failed=kind == ERROR))
            elif kind == READY:
                self._settle()
                self._owner.free(self)
            elif kind == FAULT:
                self._stillborn(partial(_fault, body))

    def connection_lost(self, error: Exception | None) -> None:
        """See the process end."""
        self._lost = True
        if self.settled.done():
            self._owner.gone(self)
        if self._pid is not None:
            self._reap()

    def _answered(self, outcome: Outcome) -> None:
        # An answer just after the timeout finds its caller told already, and the process dying.
        if self._call:
            self._finish(outcome)
            self._owner.free(self)

    def _finish(self, outcome: Outcome) -> None:
        if self._call:
            if self._options.report:
                self._log(f"REPORT Duration: {(self._loop.time() - self._since) * 1000:.2f} ms")
            call, self._call = self._call, None
            self._cancel_timer()
            call.finish(outcome)

    def _expired(self) -> None:
        seconds = self._function.timeout
        self._log(timeout_text(seconds))
        if self._call:
            self._finish(timed_out(self._call.request_id, seconds))
        self._owner.gone(self)
        self._drop()

    def _init_expired(self) -> None:
        self._stillborn(partial(timed_out, seconds=self._options.init_limit))
        self._drop()

    def _stillborn(self, outcome: Callable[[str], Outcome]) -> None:
        self._settle()
        self._owner.failed(outcome)
        self._owner.gone(self)

    def _settle(self) -> None:
        self._cancel_timer()
        if not self.settled.done():
            self.settled.set_result(None)

    def _cancel_timer(self) -> None:
        if self._timer:
            self._timer.cancel()

    def _drop(self) -> None:
        # Closing the transport leads to connection_lost, and that to the kill.
        self._doomed = True
        if self._transport:
            self._transport.abort()

    def _reap(self) -> None:
        # The socket's end mostly means that the process has died; the kill makes it true of all.
        pid = cast(int, self._pid)
        if pid > 0:
            kill(pid)
            self.parent.wait(pid, self._over)
        else:
            self._over(pid)

    def _over(self, code: int) -> None:
        if self._call:
            self._log(f"RequestId: {self._call.request_id} Error: {exit_text(code)}")
            self._finish(exited(self._call.request_id, code))
        elif not self.settled.done():
            self._log(f"Error: {exit_text(code)}")
            self._stillborn(partial(exited, code=code))
        self.reaped.set_result(None)
        self.parent.forget()

    def _log(self, line: str) -> None:
        self._options.log(self._tag + line)


def _fault(payload: bytes, _: str) -> Outcome:
    return Outcome(payload, failed=True)
