"""One twin for all of these tests, and the small language they are written in."""

from collections.abc import Iterator

import pytest

from tests.support.twin import RunningTwin, running


@pytest.fixture(scope="session")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningTwin]:
    with running("--data", str(tmp_path_factory.mktemp("data"))) as started:
        yield started
