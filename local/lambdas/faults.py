"""Errors in Lambda's words: those the Python runtime reports, and those the service itself does."""

import json
import os
import signal
import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from types import TracebackType
from typing import TypeVar

from local.lambdas.model import Outcome
from resolvers.shared.errors import DomainError

T = TypeVar("T")
LARGEST_PAYLOAD = 6_291_556
OURS = os.path.dirname(__file__)  # noqa: PTH120 - compared to co_filename, a str, on every error


class Fault(Exception):
    """A failed piece of work, as the runtime reports it."""

    def __init__(
        self,
        error_type: str,
        message: str,
        trace: list[str] | None = None,
        *,
        expected: bool = False,
    ) -> None:
        super().__init__(message)
        self.error_type, self.message, self.trace = error_type, message, trace or []
        self._expected = expected

    def payload(self, request_id: str = "") -> bytes:
        """Write the JSON that the caller gets; after a failed import the id is empty."""
        report = {
            "errorMessage": self.message,
            "errorType": self.error_type,
            "requestId": request_id,
            "stackTrace": self.trace,
        }
        return json.dumps(report).encode()

    def text(self) -> str:
        """Write the lines that the runtime logs; what is the client's mistake needs no trace."""
        head = f"[ERROR] {self.error_type}: {self.message}\n"
        if self._expected:
            return head
        return head + "".join(["Traceback (most recent call last):\n", *self.trace])


def attempt(work: Callable[[], T]) -> T | Fault:
    """Do a function's own work: the one place where any exception of it becomes Lambda's report."""
    try:
        return work()
    except Fault as fault:
        return fault
    except Exception as error:
        expected = isinstance(error, DomainError)
        return Fault(
            type(error).__name__, str(error), _trace(error.__traceback__), expected=expected
        )


def _trace(at: TracebackType | None) -> list[str]:
    while at and at.tb_frame.f_code.co_filename.startswith(OURS):
        at = at.tb_next
    # Four values a frame, as the runtime does it: whole FrameSummaries would add lines of carets.
    frames = [(f.filename, f.lineno or 0, f.name, f.line) for f in traceback.extract_tb(at)]
    return traceback.format_list(frames)


def timed_out(request_id: str, seconds: float) -> Outcome:
    """Report that the function's timeout has killed the environment."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00")
    return _service("Sandbox.Timedout", f"{now}Z {request_id} {timeout_text(seconds)}")


def timeout_text(seconds: float) -> str:
    """Say what the log says of a timeout."""
    return f"Task timed out after {seconds:.2f} seconds"


def exited(request_id: str, code: int) -> Outcome:
    """Report an environment's death; a code under zero is the signal that killed it."""
    return _service("Runtime.ExitError", f"RequestId: {request_id} Error: {exit_text(code)}")


def exit_text(code: int) -> str:
    """Say how a process ended, as Go does, in which Lambda is written."""
    if code == 0:
        return "Runtime exited without providing a reason"
    if code > 0:
        return f"Runtime exited with error: exit status {code}"
    name = signal.strsignal(-code) or str(-code)
    return f"Runtime exited with error: signal: {name.partition(':')[0].lower()}"


def too_large() -> Outcome:
    """Report an answer above Lambda's limit."""
    text = f"Response payload size exceeded maximum allowed payload size ({LARGEST_PAYLOAD} bytes)."
    return _service("Function.ResponseSizeTooLarge", text)


def _service(error_type: str, message: str) -> Outcome:
    payload = json.dumps({"errorType": error_type, "errorMessage": message})
    return Outcome(payload.encode(), failed=True)
