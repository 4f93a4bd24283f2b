"""What handlers print and log, line by line, to wherever the process sends its lines at the time.

The zygote installs them before it imports handlers, because loggers keep the sys.stdout they find.
"""

import io
import logging
import os
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

Emit = Callable[[bytes], Any]
# The runtime's own format, so that a plain `logging.warning` looks as it does in CloudWatch.
FORMAT = "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s"


class Lines(io.RawIOBase):
    """A raw stream that hands on whole lines."""

    def __init__(self, descriptor: int) -> None:
        super().__init__()
        self._descriptor = descriptor
        self._rest = b""
        self.emit: Emit = self._raw

    def _raw(self, lines: bytes) -> None:
        os.write(self._descriptor, lines)

    def writable(self) -> bool:
        """Say yes."""
        return True

    def fileno(self) -> int:
        """Give the descriptor that a subprocess would write to."""
        return self._descriptor

    def write(self, data: "ReadableBuffer") -> int:
        """Hand on what is now a whole line, or several; keep the rest."""
        written = bytes(data)
        lines, newline, self._rest = (self._rest + written).rpartition(b"\n")
        if newline:
            self.emit(lines + newline)
        return len(written)

    def finish(self) -> None:
        """Hand on the rest, though its line has no end."""
        if self._rest:
            self.write(b"\n")


def _text(raw: Lines) -> io.TextIOWrapper:
    # A character that UTF-8 does not have must not turn the report of an error into another error.
    buffer = io.BufferedWriter(raw)
    return io.TextIOWrapper(buffer, "utf-8", errors="backslashreplace", line_buffering=True)


class Streams:
    """The process's stdout and stderr and its root logger, set up as the runtime does."""

    def __init__(self) -> None:
        self.request_id = ""
        self._raw = (Lines(1), Lines(2))
        self._text = [_text(raw) for raw in self._raw]

    def install(self) -> None:
        """Take the place of sys.stdout and sys.stderr, and have the root logger write there."""
        sys.stdout, sys.stderr = self._text
        logging.Formatter.converter = time.gmtime
        handler = logging.StreamHandler(sys.stdout)
        handler.setFormatter(logging.Formatter(FORMAT, "%Y-%m-%dT%H:%M:%S"))
        handler.addFilter(self._identify)
        logging.getLogger().addHandler(handler)

    def _identify(self, record: logging.LogRecord) -> bool:
        record.aws_request_id = self.request_id
        return True

    def send_to(self, emit: Emit) -> None:
        """Send lines elsewhere from now on."""
        for raw in self._raw:
            raw.emit = emit

    def finish(self) -> None:
        """Send what is still held back."""
        for text, raw in zip(self._text, self._raw, strict=True):
            text.flush()
            raw.finish()
