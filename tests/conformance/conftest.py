"""One twin for all the cases, unless they are tried on a deployed API."""

from collections.abc import Iterator
from urllib.parse import urlsplit, urlunsplit

import httpx
import pytest

from tests.conformance.callers import Callers
from tests.conformance.target import target
from tests.conformance.wire import Api
from tests.support.twin import running


@pytest.fixture(scope="session")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """What the cases are tried on."""
    aim = target()
    if aim.url and aim.key:
        with httpx.Client(base_url=_base(aim.url), timeout=40) as client:
            yield Api(client, Callers(aim.key))
        return
    with running("--data", str(tmp_path_factory.mktemp("data"))) as twin:
        yield Api(twin.client, Callers(twin.key, twin.client))


def _base(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc, "", "", ""))
