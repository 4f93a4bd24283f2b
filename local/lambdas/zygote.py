"""The warmed parent: imports once, then forks an environment whenever the server asks.

It has one thread, so that a fork is safe. It reaps a child only when the server asks, so that a pid
cannot come to mean another process while the server may still want to kill it.
"""

import contextlib
import gc
import importlib
import json
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from local.lambdas import environment
from local.lambdas.faults import Fault, attempt
from local.lambdas.model import Function
from local.lambdas.streams import Streams
from local.lambdas.wire import ANSWER, FORK, REQUEST

FAILED = -1


def main() -> None:
    """Preload, serve; in a forked child, become its environment."""
    # Collections while importing cost time, and one in a child would copy every page it shares.
    gc.disable()
    control = socket.socket(fileno=int(sys.argv[1]))
    control.set_inheritable(False)
    streams = Streams()
    streams.install()
    _preload(sys.argv[2:], lambda _module, _fault: None)  # what fails here fails below as well
    if config := _configuration(control):
        functions = [Function(**function) for function in config["functions"]]
        os.environ.clear()
        os.environ.update(config["variables"])
        time.tzset()
        _preload(config["preload"], _complain)
        streams.finish()
        gc.freeze()
        _answer(control, 0)
        if child := _serve(control, functions):
            control.close()
            environment.run(*child, streams)
    os._exit(0)


def _configuration(control: socket.socket) -> dict[str, Any] | None:
    """Wait for what the server has to tell; None if it went away instead."""
    _, descriptors, _, _ = socket.recv_fds(control, 1, 1)
    if not descriptors:
        return None
    with open(descriptors[0]) as file:  # noqa: PTH123 - it has no name
        config: dict[str, Any] = json.load(file)
    return config


def _preload(modules: Sequence[str], complain: Callable[[str, Fault], None]) -> None:
    signal.alarm(environment.LONGEST_IMPORT)
    for module in modules:
        with contextlib.suppress(SystemExit):
            outcome = attempt(partial(importlib.import_module, module))
            if isinstance(outcome, Fault):
                complain(module, outcome)
    signal.alarm(0)


def _complain(module: str, fault: Fault) -> None:
    # It fails again in each environment that needs it, and is reported there.
    sys.stderr.write(f"[lambdas] cannot preload {module}: {fault.text()}")


def _serve(
    control: socket.socket, functions: Sequence[Function]
) -> tuple[Function, socket.socket] | None:
    """Fork and reap until the server goes; in a child, give what it is to serve, and where."""
    children: set[int] = set()
    while request := _request(control):
        operation, value, descriptors = request
        if operation == FORK:
            pid = answer = _fork()
            if pid == 0:
                return functions[value], socket.socket(fileno=descriptors[0])
            os.close(descriptors[0])
            if pid > 0:
                children.add(pid)
        else:
            answer = _reap(value)
            children.discard(value)
        _answer(control, answer)
    for pid in children:
        os.kill(pid, signal.SIGKILL)
        _reap(pid)
    return None


def _request(control: socket.socket) -> tuple[int, int, list[int]] | None:
    try:
        request, descriptors, _, _ = socket.recv_fds(control, REQUEST.size, 1)
    except ConnectionError:
        return None
    return (*REQUEST.unpack(request), descriptors) if request else None


def _answer(control: socket.socket, number: int) -> None:
    # If the server is gone, the next request is the end.
    with contextlib.suppress(ConnectionError):
        control.sendall(ANSWER.pack(number))


def _fork() -> int:
    try:
        return os.fork()
    except OSError as error:
        sys.stderr.write(f"[lambdas] cannot fork: {error}\n")
        return FAILED


def _reap(pid: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


if __name__ == "__main__":
    main()
