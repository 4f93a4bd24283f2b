"""The floor: the query below the GraphQL query, asked of the same engine by a stock client."""

import time
from typing import Any

import botocore.session

from local.functions import STAGE
from resolvers.catalog.resources import CONTEXT, PRODUCTS
from resolvers.shared.resources import physical_name


def query_latencies(endpoint_url: str, *, count: int) -> list[float]:
    """Ask for 20 books, one query after the other; gives milliseconds each."""
    client: Any = botocore.session.get_session().create_client(
        "dynamodb",
        region_name="us-east-1",
        endpoint_url=endpoint_url,
        aws_access_key_id="bench",
        aws_secret_access_key="bench",  # noqa: S106 - the engine takes any
    )
    taken = []
    for _ in range(count):
        began = time.perf_counter()
        found = client.query(
            TableName=physical_name(STAGE, CONTEXT.name, PRODUCTS.name),
            IndexName="by-category-name",
            KeyConditionExpression="category = :c",
            ExpressionAttributeValues={":c": {"S": "book"}},
            Limit=20,
        )
        taken.append((time.perf_counter() - began) * 1000)
    assert len(found["Items"]) == 20
    return taken
