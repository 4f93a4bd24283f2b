"""Frames survive whatever pieces they arrive in."""

import pytest

from local.lambdas.wire import LOG, READY, RESULT, Frames, frame

SENT = [(READY, b""), (LOG, b"line\n"), (RESULT, b"x" * 1000), (RESULT, b"\0")]


@pytest.mark.parametrize("size", [1, 2, 5, 6, 7, 1000, 10_000])
def test_frames_are_put_together_from_pieces(size: int) -> None:
    stream = b"".join(frame(kind, body) for kind, body in SENT)
    frames = Frames()
    received: list[tuple[int, bytes]] = []
    for start in range(0, len(stream), size):
        received += frames.feed(stream[start : start + size])
    assert received == SENT


def test_frame_joins_its_parts() -> None:
    assert frame(LOG, b"a", b"", b"bc") == frame(LOG, b"abc")
