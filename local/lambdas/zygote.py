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
from collections.abc import Sequence

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
    config = json.load(sys.stdin)
    functions = [Function(**function) for function in config["functions"]]
    with open(os.devnull) as nothing:  # noqa: PTH123 - its descriptor takes the place of stdin
        os.dup2(nothing.fileno(), 0)
    streams = Streams()
    streams.install()
    signal.alarm(environment.LONGEST_IMPORT)
    for module in config["preload"]:
        _preload(module)
    signal.alarm(0)
    streams.finish()
    gc.collect()
    gc.freeze()
    _answer(control, 0)
    if child := _serve(control, functions):
        control.close()
        environment.run(*child, streams)
    os._exit(0)


def _preload(module: str) -> None:
    # A module that fails here fails again in each environment that needs it, and is reported there.
    with contextlib.suppress(SystemExit):
        outcome = attempt(lambda: importlib.import_module(module))
        if isinstance(outcome, Fault):
            sys.stderr.write(f"[lambdas] cannot preload {module}: {outcome.text()}")


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
