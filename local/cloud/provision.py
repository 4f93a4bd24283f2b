"""Make what the registry declares, at any AWS endpoint.

It runs in an environment of its own, as a function would: the server itself never imports boto3,
and the environments' parent has it warm already.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resolvers.catalog import store as catalog
from resolvers.catalog.model import Category, Product, ProductReviews
from resolvers.registry import registry
from resolvers.shared import aws, settings
from resolvers.shared.resources import Table
from resolvers.shared.shapes import from_plain

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

registry()  # now, so that the parent of all environments has every context imported
SEEDS = Path(__file__).parents[1] / "seeds"


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Make missing tables, and seed if there was none; with `fresh`, start over.

    Returns `{"made": number of tables made, "seeded": whether}`.
    """
    client = aws.dynamodb()
    existing = {
        name
        for page in client.get_paginator("list_tables").paginate()
        for name in page["TableNames"]
    }
    declared = dict(_declared())
    if event.get("fresh"):
        _drop(client, existing & declared.keys())
        existing = set()
    missing = {name: table for name, table in declared.items() if name not in existing}
    for name, table in missing.items():
        client.create_table(**table_request(name, table))
    for name in missing:
        client.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1})
    # A table that was declared later joins a state that people work with: no seeds over it.
    seeded = not existing & declared.keys()
    if seeded:
        seed()
    return {"made": len(missing), "seeded": seeded}


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
    if table.indexes:
        request["GlobalSecondaryIndexes"] = [
            {
                "IndexName": index.name,
                "KeySchema": _keys(index.partition, index.sort),
                "Projection": {"ProjectionType": "ALL"},
            }
            for index in table.indexes
        ]
    return request


def seed() -> None:
    """Fill the empty tables."""
    given = json.loads((SEEDS / "catalog.json").read_text())
    shelves = [from_plain(Category, each) for each in given["categories"]]
    products = given["products"]
    reviews = [{"product": each["id"], "newest": each["reviews"]} for each in products]
    catalog.load(
        shelves,
        [from_plain(Product, each) for each in products],
        [from_plain(ProductReviews, each) for each in reviews if each["newest"]],
    )


def _declared() -> Iterable[tuple[str, Table]]:
    for context in registry().contexts.values():
        for table in context.tables:
            yield settings.table_name(context.name, table.name), table


def _keys(partition: str, sort: str | None) -> list[dict[str, str]]:
    keys = [{"AttributeName": partition, "KeyType": "HASH"}]
    return [*keys, {"AttributeName": sort, "KeyType": "RANGE"}] if sort else keys


def _drop(client: "DynamoDBClient", names: Iterable[str]) -> None:
    for name in names:
        client.delete_table(TableName=name)
        client.get_waiter("table_not_exists").wait(TableName=name, WaiterConfig={"Delay": 1})
