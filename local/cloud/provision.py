"""Make what the registry declares, at any AWS endpoint.

It runs in an environment of its own, as a function would: the server itself never imports boto3,
and the environments' parent has it warm already.
"""

import json
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resolvers.registry import registry
from resolvers.shared import aws, settings
from resolvers.shared.items import marshal_item
from resolvers.shared.resources import Context, Table

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

SEEDS = Path(__file__).parents[1] / "seeds"
# Which contexts are complete, tables and seeds, and, as `context.table`, which derived tables:
# written last, so that a start cut short is redone.
MARKS = Table("complete", partition="context")
TWIN = "twin"  # the name under which the twin keeps its own table

registry()  # now, so that the parent of all environments has every context imported


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Complete every context that is not; with `fresh`, start all over.

    A new context gets its tables and seeds; a table added to a complete one joins it empty, or with
    what is derived from the others.
    Returns `{"made": number of tables made, "seeded": names of contexts}`.
    """
    client = aws.dynamodb()
    pages = client.get_paginator("list_tables").paginate()
    existing = {name for page in pages for name in page["TableNames"]}
    marks = settings.table_name(TWIN, MARKS.name)
    if event.get("fresh"):
        _drop(client, existing & {marks, *_all_tables()})
        existing -= {marks, *_all_tables()}
    _make(client, {marks: MARKS}, existing)
    complete = {item["context"]["S"] for item in client.scan(TableName=marks)["Items"]}
    made, seeded = 0, []
    for context in registry().contexts.values():
        tables = _tables(context)
        if context.name not in complete:
            _drop(client, existing & tables.keys())
            existing -= tables.keys()
        made += _make(client, tables, existing)
        derived = {f"{context.name}.{table.name}" for table in context.tables if table.derived}
        if context.name not in complete:
            seeded += _seed(context.name)
        elif derived - complete:
            _store(context.name).derive()
        for mark in {context.name, *derived} - complete:
            client.put_item(TableName=marks, Item=marshal_item({"context": mark}))
    return {"made": made, "seeded": seeded}


def table_request(name: str, table: Table) -> Any:
    """Write the CreateTable request of a declared table."""
    request: dict[str, Any] = {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": _keys(table.partition, table.sort),
        "AttributeDefinitions": [
            {"AttributeName": attribute, "AttributeType": "S"} for attribute in table.key_attributes
        ],
    }
    for index in table.indexes:
        kind = "LocalSecondaryIndexes" if index.local else "GlobalSecondaryIndexes"
        request.setdefault(kind, []).append(
            {
                "IndexName": index.name,
                "KeySchema": _keys(index.partition, index.sort),
                "Projection": {"ProjectionType": "ALL"},
            }
        )
    return request


def _tables(context: Context) -> dict[str, Table]:
    return {settings.table_name(context.name, table.name): table for table in context.tables}


def _all_tables() -> set[str]:
    return {name for context in registry().contexts.values() for name in _tables(context)}


def _make(client: "DynamoDBClient", tables: dict[str, Table], existing: set[str]) -> int:
    missing = {name: table for name, table in tables.items() if name not in existing}
    for name, table in missing.items():
        client.create_table(**table_request(name, table))
    for name, table in missing.items():
        client.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1})
        if table.ttl:
            expiry: Any = {"AttributeName": table.ttl, "Enabled": True}
            client.update_time_to_live(TableName=name, TimeToLiveSpecification=expiry)
    return len(missing)


def _seed(context: str) -> list[str]:
    """Fill a context's empty tables, where it has seeds; gives its name then."""
    seeds = SEEDS / f"{context}.json"
    if not seeds.exists():
        return []
    _store(context).seed(json.loads(seeds.read_text()))
    return [context]


def _store(context: str) -> Any:
    return import_module(f"resolvers.{context}.store")


def _keys(partition: str, sort: str | None) -> list[dict[str, str]]:
    keys = [{"AttributeName": partition, "KeyType": "HASH"}]
    return [*keys, {"AttributeName": sort, "KeyType": "RANGE"}] if sort else keys


def _drop(client: "DynamoDBClient", names: Iterable[str]) -> None:
    for name in names:
        client.delete_table(TableName=name)
        client.get_waiter("table_not_exists").wait(TableName=name, WaiterConfig={"Delay": 1})
