"""Fixtures of all tests."""

from collections.abc import Iterator

import pytest

from tests.unit.tables import catalog_tables


@pytest.fixture
def shop() -> Iterator[None]:
    """The catalog's tables on moto, empty."""
    with catalog_tables():
        yield
