"""One small API for all of these tests."""

from collections.abc import Iterator

import pytest

from tests.realtime.server import Server, serving


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving() as started:
        yield started
