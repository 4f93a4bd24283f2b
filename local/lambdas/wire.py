"""Two protocols: frames between server and environment, fixed records between server and zygote."""

import struct
from collections.abc import Iterator

EVENT, READY, RESULT, ERROR, FAULT, LOG = range(6)
HEADER = struct.Struct("!BI")

# The zygote answers every request with one number, in order: a pid for FORK, an exit code for WAIT.
# Its first answer, unasked, says that the preloading is over.
FORK, WAIT = range(2)
REQUEST = struct.Struct("!Bi")
ANSWER = struct.Struct("!i")


def frame(kind: int, *parts: bytes) -> bytes:
    """Put a body, given in parts, behind its header."""
    return b"".join((HEADER.pack(kind, sum(map(len, parts))), *parts))


class Frames:
    """Put frames together again from what arrives."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """Take what arrived and give each frame that is now complete."""
        self._buffer += data
        while len(self._buffer) >= HEADER.size:
            kind, length = HEADER.unpack_from(self._buffer)
            end = HEADER.size + length
            if len(self._buffer) < end:
                return
            body = bytes(memoryview(self._buffer)[HEADER.size : end])
            del self._buffer[:end]
            yield kind, body
