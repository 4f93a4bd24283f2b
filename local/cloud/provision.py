"""Make what the registry declares, at any AWS endpoint.

It runs in an environment of its own, as a function would: the server itself never imports boto3,
and the environments' parent has it warm already.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resolvers.authorizer import store as authorizer
from resolvers.authorizer.model import Grant
from resolvers.authorizer.service import digest
from resolvers.catalog import store as catalog
from resolvers.catalog.model import Category, Product, ProductReviews
from resolvers.registry import registry
from resolvers.shared import aws, settings
from resolvers.shared.resources import AUTHORIZER, Table
from resolvers.shared.shapes import from_plain

if TYPE_CHECKING:
    from types_boto3_dynamodb import DynamoDBClient

SEEDS = Path(__file__).parents[1] / "seeds"


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Make missing tables and seed them if any was missing; with `fresh`, start over.

    Returns `{"made": number of tables made}`.
    """
    client = aws.dynamodb()
    existing = {
        name
        for page in client.get_paginator("list_tables").paginate()
        for name in page["TableNames"]
    }
    declared = {name: table for _, name, table in _declared()}
    if event.get("fresh"):
        _drop(client, existing & declared.keys())
        existing = set()
    missing = {name: table for name, table in declared.items() if name not in existing}
    for name, table in missing.items():
        client.create_table(**table_request(name, table))
    for name in missing:
        client.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1})
    _expire(client, missing)
    seed({owner for owner, name, _ in _declared() if name in missing})
    return {"made": len(missing)}


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


def seed(contexts: Collection[str]) -> None:
    """Fill the tables of contexts of which one was missing."""
    if "catalog" in contexts:
        _seed_catalog()
    if AUTHORIZER in contexts:
        tokens = json.loads((SEEDS / "tokens.json").read_text())
        authorizer.load(
            from_plain(Grant, {**each, "digest": digest(each["token"])}) for each in tokens
        )


def _seed_catalog() -> None:
    given = json.loads((SEEDS / "catalog.json").read_text())
    shelves = [from_plain(Category, each) for each in given["categories"]]
    products = given["products"]
    reviews = [{"product": each["id"], "newest": each["reviews"]} for each in products]
    catalog.load(
        shelves,
        [from_plain(Product, each) for each in products],
        [from_plain(ProductReviews, each) for each in reviews if each["newest"]],
    )


def _declared() -> Iterable[tuple[str, str, Table]]:
    for context in registry().contexts.values():
        for table in context.tables:
            yield context.name, settings.table_name(context.name, table.name), table


def _keys(partition: str, sort: str | None) -> list[dict[str, str]]:
    keys = [{"AttributeName": partition, "KeyType": "HASH"}]
    return [*keys, {"AttributeName": sort, "KeyType": "RANGE"}] if sort else keys


def _expire(client: "DynamoDBClient", made: Mapping[str, Table]) -> None:
    for name, table in made.items():
        if table.ttl:
            client.update_time_to_live(
                TableName=name,
                TimeToLiveSpecification={"Enabled": True, "AttributeName": table.ttl},
            )


def _drop(client: "DynamoDBClient", names: Iterable[str]) -> None:
    for name in names:
        client.delete_table(TableName=name)
        client.get_waiter("table_not_exists").wait(TableName=name, WaiterConfig={"Delay": 1})
