# ruff: noqa: T201 - what handlers print is what the tests look for
"""Handlers that behave, and misbehave, in every way the environments must cope with."""

import ctypes
import logging
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any
from uuid import UUID

from resolvers.shared.errors import Invalid

invocations = 0


class NotFoundError(Exception):
    pass


def echo(event: Any, context: Any) -> Any:
    return event


def who(event: Any, context: Any) -> dict[str, int]:
    global invocations  # noqa: PLW0603 - what survives between invocations is the point
    invocations += 1
    return {
        "pid": os.getpid(),
        "parent": os.getppid(),
        "session": os.getsid(0),
        "invocations": invocations,
        "threads": threading.active_count(),
    }


def variables(event: Any, context: Any) -> dict[str, str]:
    return dict(os.environ)


def describe(event: Any, context: Any) -> dict[str, Any]:
    before = context.get_remaining_time_in_millis()
    time.sleep(0.01)
    names = [name for name in vars(context) if not name.startswith("_")]
    return {name: getattr(context, name) for name in names if name != "identity"} | {
        "remaining": [before, context.get_remaining_time_in_millis()],
        "identity": context.identity.cognito_identity_id,
    }


class Colour(Enum):
    RED = "red"


@dataclass
class Shape:
    sides: int


def values(event: str, context: Any) -> Any:
    circle: list[Any] = []
    circle.append(circle)
    return {
        "decimal": [Decimal("12.50"), Decimal("1E+2"), Decimal("123456789012345678901.5")],
        "nan": [float("nan"), Decimal("-NaN"), Decimal("-Infinity")],
        "floats": {"no number": -float("nan"), "infinite": [1.5, -float("inf")], "nothing": None},
        "plain": {"a": (1, 2.5), "long": 2**70, 1: True, "none": None},
        "text": "zażółć ☃",
        "bytes": [b"abc"],
        "raw": b'{"already": "json"}',
        "datetime": datetime(2026, 1, 1, tzinfo=UTC),
        "set": {1},
        "uuid": UUID(int=1),
        "enum": [Colour.RED],
        "dataclass": {"a": Shape(1)},
        "key": {(1, 2): 3},
        "circle": circle,
        "surrogate": "\ud800",
        "large": "x" * 6_291_555,
        "largest": "x" * 6_291_554,
    }[event]


def fail(event: Any, context: Any) -> None:
    _deeper(event["message"])


def refuse(event: Any, context: Any) -> None:
    raise Invalid("name", "is empty")


def _deeper(message: str) -> None:
    raise NotFoundError(message)


def exhaust(event: Any, context: Any) -> bytes:
    return b"x" * (1 << 62)


def end(event: Any, context: Any) -> None:
    """End the process as the event says: `exit` runs Python's own way out, `_exit` does not."""
    way, code = event
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if way == "signal":
        os.kill(os.getpid(), code)
    elif way == "fault":
        ctypes.string_at(0)
    elif way == "_exit":
        os._exit(code)
    elif way == "interrupt":
        raise KeyboardInterrupt
    sys.exit(code)


def spin(event: Any, context: Any) -> None:
    """Run for ever, deaf to everything that can be ignored."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print("spinning", os.getpid())
    while True:
        time.sleep(60)


def wait(event: dict[str, str], context: Any) -> Any:
    """Say so, then wait until somebody writes into the pipe that the event names."""
    print("waiting")
    return {"read": Path(event["pipe"]).read_text(), "pid": os.getpid()}


def speak(event: Any, context: Any) -> None:
    print("one", "two")
    print("three\nfour")
    print("to stderr", file=sys.stderr)
    sys.stdout.buffer.write(b"bytes\n")
    logging.warning("careful")
    logging.getLogger("quiet").info("not shown: the root logger's level is WARNING")
    context.log("from the context\n")
    print("separated by \u2028 and \x0c only")
    print("no newline", end="")


def speak_at_length(event: Any, context: Any) -> None:
    for letter in event:
        print(letter * 100_000)


def speak_from_threads(event: Any, context: Any) -> str:
    threads = [threading.Thread(target=print, args=(f"thread {n}\n" * 50,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return "x" * 100_000


def speak_from_children(event: Any, context: Any) -> str:
    """Print in a forked child and in a program; neither may disturb the frames of this process."""
    pid = os.fork()
    if pid == 0:
        print("from the fork", flush=True)
        os._exit(0)
    os.waitpid(pid, 0)
    subprocess.run([sys.executable, "-c", "print('from the program')"], check=True)
    return "done"


def keep_talking(event: Any, context: Any) -> str:
    """Leave a thread that prints after the answer, when the event's pipe is written to."""

    def talk() -> None:
        Path(event["pipe"]).read_text()
        print("afterthought")

    threading.Thread(target=talk, daemon=True).start()
    return "answer"
