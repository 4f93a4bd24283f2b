"""The twin with a cache, as a stage may have one."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.twin import RunningTwin, running

CATEGORIES = "{ categories { id } }"
INTROSPECTION = "{ __schema { queryType { name } } }"


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningTwin]:
    data = tmp_path_factory.mktemp("cache")
    with running("--data", str(data), "--cache", "on", "--introspection", "off") as started:
        yield started


def figures(twin: RunningTwin) -> Any:
    return twin.client.get("/local/cache").json()


def test_values_are_kept_until_flushed_or_reset(twin: RunningTwin) -> None:
    assert twin.client.post("/local/cache/flush").json() == {"flushed": 0}
    first = twin.ask(CATEGORIES)
    assert twin.ask(CATEGORIES) == first
    told = figures(twin)
    assert (told["caching"], told["hits"], told["misses"], told["entries"]) == (True, 1, 1, 1)
    assert twin.client.post("/local/cache/flush").json() == {"flushed": 1}
    assert twin.ask(CATEGORIES) == first
    assert figures(twin)["misses"] == 2
    twin.client.post("/local/reset")
    assert figures(twin)["entries"] == 0


def test_introspection_is_off_as_told(twin: RunningTwin) -> None:
    (error,) = twin.post(INTROSPECTION).json()["errors"]
    assert "Field '__schema' in type 'Query' is undefined" in error["message"]
    assert twin.ask("{ __typename }") == {"__typename": "Query"}


def test_reload_hands_on_what_it_was_told(tmp_path: Path) -> None:
    with running("--data", str(tmp_path), "--reload", "--cache", "full") as twin:
        twin.ask('{ products(category: "book") { id } }')
        assert figures(twin)["entries"] == 1
        (named, *_) = twin.ask('{ products(category: "book") { name } }')["products"]
        assert named["name"]  # from the same entry, whatever was selected when it was made
        assert figures(twin)["hits"] == 1
        assert (tmp_path / "tls" / "authority.pem").exists()


def test_without_a_cache_the_pages_say_so(tmp_path: Path) -> None:
    with running("--data", str(tmp_path)) as twin:
        assert figures(twin) == {"caching": False}
        assert twin.client.post("/local/cache/flush").json() == {"flushed": 0}
