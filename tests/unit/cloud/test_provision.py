"""A data folder from before a derived table: the next start fills it, and what was there stays."""

from collections.abc import Iterator

import pytest

from local.cloud import provision
from resolvers.catalog import store
from resolvers.registry import registry
from resolvers.shared import aws
from resolvers.shared.items import marshal_item
from resolvers.shared.resources import physical_name, table_variable
from tests.unit.shop import found, put
from tests.unit.tables import tables

INDEX = store.postings


@pytest.fixture(autouse=True)
def marks(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An account with all tables, not yet complete; gives the name of the marks' table."""
    name = physical_name("test", provision.TWIN, provision.MARKS.name)
    monkeypatch.setenv(table_variable(provision.TWIN, provision.MARKS.name), name)
    with tables(*registry().contexts.values()):
        yield name


def test_derived_table_is_made_of_the_others(marks: str) -> None:
    assert "catalog" in provision.handler({}, None)["seeded"]
    put(id="mine", name="Zyzzogeton", category="book")
    hitchhikers = found("hitchiker")
    aws.dynamodb().delete_table(TableName=INDEX.name)
    mark = {"context": f"catalog.{INDEX.table.name}"}
    aws.dynamodb().delete_item(TableName=marks, Key=marshal_item(mark))

    assert provision.handler({}, None) == {"made": 1, "seeded": []}
    assert found("zyzzogeton") == ["mine"]
    assert found("hitchiker") == hitchhikers != []


def test_derived_table_that_is_complete_is_left_alone() -> None:
    provision.handler({}, None)
    before = [*INDEX.scan()]
    aws.dynamodb().delete_item(TableName=INDEX.name, Key=marshal_item(before[0]))

    assert provision.handler({}, None) == {"made": 0, "seeded": []}
    assert [*INDEX.scan()] == before[1:]
