"""docs/calls.md: what each field and worker asks of AWS, counted on the seeds."""

import json
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from infra.calls import PAGE, Row, rows
from resolvers.devices import releases
from resolvers.registry import registry
from resolvers.shared.operations import Publication
from tests.subscriptions.pipeline import Pipeline, payload, record, register
from tests.unit.calls import USER, event, invoke
from tests.unit.metering import metered
from tests.unit.tables import tables

Json = dict[str, Any]
SEEDS = Path(__file__).parents[2] / "local" / "seeds"
CONTEXTS = registry().contexts
WORKERS = {
    f"{context.name}-{each.name}" for context in CONTEXTS.values() for each in context.workers
}
# What a batched field's parents are answers of.
PARENTS = {"Product": "Query.products", "Category": "Query.categories", "Device": "Query.devices"}
CLAIMS = {"token_use": "id", "email": "ada@example.com", "email_verified": True}


@pytest.fixture(autouse=True)
def edge(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("EDGE_DEVICES_RELEASES", "https://d111111abcdef8.cloudfront.net")
    releases._newest.cache_clear()
    yield
    releases._newest.cache_clear()


@pytest.mark.parametrize("name", sorted({each.context for each in registry().bindings.values()}))
def test_fields_and_workers_ask_what_is_stated(name: str) -> None:
    """The rows of a context happen one after the other, in the page's order."""
    stated = [row for row in rows() if context_of(row.name) == name]

    with tables(CONTEXTS[name]):
        seed(name)
        asked = Asked(name)
        found = [asked.again(row) for row in stated]

    assert [*map(str, found)] == [*map(str, stated)]


def test_what_is_stated_exists() -> None:
    assert {row.name for row in rows()} <= {*registry().bindings, *WORKERS}


def test_nothing_of_the_table_is_overlooked() -> None:
    lines = [line for line in PAGE.read_text().splitlines() if line.startswith("| `")]

    assert len(rows()) == len(lines)


def context_of(name: str) -> str:
    """Name the context of a field or a worker; a row of neither fails by its name."""
    return name.partition("-")[0] if name in WORKERS else registry().bindings[name].context


def person(sub: str) -> Json:
    """Make the identity of somebody who has signed in and sends an id token."""
    return USER | {"sub": sub, "claims": CLAIMS | {"sub": sub}}


def seed(name: str) -> None:
    """Fill the tables as the twin does, where there are seeds."""
    if (path := SEEDS / f"{name}.json").exists():
        import_module(f"resolvers.{name}.store").seed(json.loads(path.read_text()))


class Published(Pipeline):
    """A transformer whose publications are but counted."""

    def _send(self, publications: Sequence[Publication]) -> Sequence[object]:
        self.requests += 1
        return ()


class Asked:
    """A context's function and workers, invoked for one row after the other."""

    def __init__(self, name: str) -> None:
        self.context = CONTEXTS[name]
        self.handler = import_module(f"resolvers.{name}.fields").handler
        self.pipeline = Published()
        self.numbers = count()
        self.batch: list[tuple[str, Json]] = []

    def again(self, row: Row) -> Row:
        """Do what a row says, and give it with what that has asked of AWS."""
        work = self._records(row) if row.name in WORKERS else self._payload(row)
        before = self.pipeline.requests
        with metered(self.context) as meter:
            if row.name in WORKERS:
                self.pipeline.deliver(work)
            else:
                invoke(self.handler, work)
        if publishes := self.pipeline.requests - before:
            meter.calls["publish"] = publishes
        return Row(row.name, row.given, meter.calls, meter.reads, meter.writes, row.times)

    def _payload(self, row: Row) -> Any:
        given = dict(row.given)
        identity = person(given.pop("by", USER["sub"]))
        binding = registry().bindings[row.name]
        if not row.times:
            one = event(row.name, given, identity=identity)
            return [one] if binding.envelope else one
        parents = self._parents(binding.type_name, row.times)
        return [event(row.name, given, parent, identity) for parent in parents]

    def _parents(self, kind: str, times: int) -> list[Json]:
        arguments = {"limit": times} if kind != "Category" else {}
        answer = invoke(self.handler, event(PARENTS[kind], arguments, identity=USER))
        parents: list[Json] = answer["items"] if isinstance(answer, Mapping) else answer
        assert len(parents) >= times, f"the seeds have no {times} of {kind}"
        return parents[:times]

    def _records(self, row: Row) -> list[Json]:
        if not row.given.get("again"):
            devices = [f"device-{n}" for n in range(row.given["devices"])]
            register(*devices, rules=())
            self.batch = [
                (devices[n % len(devices)], payload(f"m-{next(self.numbers)}"))
                for n in range(row.times)
            ]
        return [record(*each) for each in self.batch]
