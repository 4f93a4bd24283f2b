"""An execution environment: one function, one event at a time, until the socket ends."""

import contextlib
import gc
import os
import secrets
import signal
import socket
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from threading import Lock
from typing import NoReturn
from uuid import uuid4

from local.lambdas.context import LambdaContext
from local.lambdas.faults import LARGEST_PAYLOAD, Fault, attempt, too_large
from local.lambdas.handlers import Handler, find
from local.lambdas.model import Function
from local.lambdas.payload import decode, encode
from local.lambdas.streams import Streams
from local.lambdas.wire import ERROR, FAULT, LOG, READY, RESULT, Frames, frame

RECEIVE = 1 << 16
# The server kills at the timeout. Should it and the zygote be gone, an alarm does, a little later.
GRACE = 1.0
LONGEST_IMPORT = 60


class Link:
    """The environment's end of its socket."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._frames = Frames()
        self._lock = Lock()
        self._owner = os.getpid()

    def send(self, kind: int, body: bytes = b"") -> None:
        """Send a frame whole: the handler's threads may log at the same time."""
        with self._lock:
            self._socket.sendall(frame(kind, body))

    def log(self, lines: bytes) -> None:
        """Send log lines; a process that the handler forked must keep off the socket."""
        if os.getpid() == self._owner:
            self.send(LOG, lines)
        else:
            os.write(2, lines)

    def events(self) -> Iterator[tuple[str, bytes]]:
        """Give each request id and its event, until the server closes or dies."""
        while data := self._socket.recv(RECEIVE):
            for _, body in self._frames.feed(data):
                request_id, _, event = body.partition(b"\0")
                yield request_id.decode(), event


def run(function: Function, connection: socket.socket, streams: Streams) -> NoReturn:
    """Be an environment. SystemExit and its like pass through, and end the process as any other."""
    signal.alarm(LONGEST_IMPORT)
    connection.set_inheritable(False)
    function = _adopt(function)
    link = Link(connection)
    streams.send_to(link.log)
    handler = attempt(lambda: find(function.handler))
    if isinstance(handler, Fault):
        _report(handler, streams)
        link.send(FAULT, handler.payload())
        os._exit(1)
    gc.freeze()
    gc.enable()
    streams.finish()
    signal.alarm(0)
    with contextlib.suppress(ConnectionError):
        link.send(READY)
        for call in link.events():
            link.send(*_answer(function, handler, call, streams))
    # As on Lambda, nothing waits for atexit or destructors.
    os._exit(0)


def _adopt(function: Function) -> Function:
    stream = f"{datetime.now(UTC):%Y/%m/%d}/[$LATEST]{uuid4().hex}"
    variables = {**function.environment, "AWS_LAMBDA_LOG_STREAM_NAME": stream}
    os.environ.clear()
    os.environ.update(variables)
    time.tzset()
    return replace(function, environment=variables)


def _answer(
    function: Function, handler: Handler, call: tuple[str, bytes], streams: Streams
) -> tuple[int, bytes]:
    streams.request_id, event = call
    os.environ["_X_AMZN_TRACE_ID"] = _trace_id()
    context = LambdaContext(function, streams.request_id)
    signal.setitimer(signal.ITIMER_REAL, function.timeout + GRACE)
    result = attempt(lambda: encode(handler(decode(event), context)))
    signal.setitimer(signal.ITIMER_REAL, 0)
    if isinstance(result, Fault):
        _report(result, streams)
        return ERROR, result.payload(context.aws_request_id)
    streams.finish()
    if len(result) > LARGEST_PAYLOAD:
        return ERROR, too_large().payload
    return RESULT, result


def _report(fault: Fault, streams: Streams) -> None:
    print(fault.text(), end="")  # noqa: T201 - what the runtime does: it goes to the function's log
    streams.finish()


def _trace_id() -> str:
    root = f"1-{int(time.time()):08x}-{secrets.token_hex(12)}"
    return f"Root={root};Parent={secrets.token_hex(8)};Sampled=0"
