"""What the devices declare, on moto, empty."""

from collections.abc import Iterator

import pytest

from resolvers.registry import registry
from tests.unit.tables import tables


@pytest.fixture(autouse=True)
def devices() -> Iterator[None]:
    with tables(registry().contexts["devices"]):
        yield
