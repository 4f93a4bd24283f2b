"""The server's end of a zygote."""

import asyncio
import os
import signal
import socket
from collections import deque
from collections.abc import Callable, Mapping, Sequence

from local.lambdas.model import Function
from local.lambdas.wire import ANSWER, FORK, REQUEST, WAIT
from local.lambdas.zygote_process import ZygoteProcess

Then = Callable[[int], None]
LOST = -signal.SIGKILL


class Parent:
    """A zygote process. `over` once it takes no more forks: replaced by a newer one, or dead."""

    def __init__(
        self,
        functions: Sequence[Function],
        preload: Sequence[str],
        variables: Mapping[str, str],
        ended: Callable[[], None],
        process: ZygoteProcess | None = None,
    ) -> None:
        """`variables` are the zygote's own environment, which preloaded modules see.

        A `process` that knows no functions yet becomes the zygote, instead of a new one.
        """
        self.over = False
        self._loop = asyncio.get_running_loop()
        self.warmed: asyncio.Future[None] = self._loop.create_future()
        self._ended = ended
        self._closed = False
        self._children = 0
        self._then: deque[Then] = deque([self._warmed])
        self._buffer = b""
        self._process = process or ZygoteProcess(variables)
        self._control = self._process.control
        self._process.configure(functions, preload, variables)
        self._loop.add_reader(self._control, self._readable)

    def fork(self, function: int, connection: socket.socket, then: Then) -> None:
        """Ask for an environment at the socket; `then` gets its pid, or a number below zero."""
        self._children += 1
        self._ask(FORK, function, then, connection.fileno())

    def wait(self, pid: int, then: Then) -> None:
        """Ask for the exit code of a child that is dead, or as good as."""
        self._ask(WAIT, pid, then)

    def forget(self) -> None:
        """Count out a child that has ended; the last one of a replaced zygote takes it along."""
        self._children -= 1
        if self.over and not self._children:
            self.close()

    def retire(self) -> None:
        """Fork no more, and go with the last child; no preloading is waited for."""
        self.over = True
        if not self._children or not self.warmed.done():
            self.close()

    def close(self) -> None:
        """End the zygote, which has no children by now, or has been killed by somebody else."""
        if self._closed:
            return
        self.over = self._closed = True
        self._loop.remove_reader(self._control)
        self._process.close()
        while self._then:
            self._then.popleft()(LOST)

    def _warmed(self, _: int) -> None:
        if not self.warmed.done():
            self.warmed.set_result(None)

    def _ask(self, operation: int, value: int, then: Then, *descriptors: int) -> None:
        if self._closed:
            then(LOST)
            return
        self._then.append(then)
        try:
            socket.send_fds(self._control, [REQUEST.pack(operation, value)], descriptors)
        except ConnectionError:
            self._died()

    def _readable(self) -> None:
        try:
            data = self._control.recv(4096, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return
        except ConnectionError:
            data = b""
        if not data:
            self._died()
            return
        self._buffer += data
        whole = len(self._buffer) // ANSWER.size * ANSWER.size
        answers, self._buffer = self._buffer[:whole], self._buffer[whole:]
        for (answer,) in ANSWER.iter_unpack(answers):
            if self._then:
                self._then.popleft()(answer)

    def _died(self) -> None:
        self.close()
        self._ended()


def kill(pid: int) -> None:
    """Kill a child that nobody has reaped yet, so that the pid is still its own."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        # Its zygote died, and init has reaped it.
        return
