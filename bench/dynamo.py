"""The floor: the query below the GraphQL query, asked of the same engine by a stock client.

It reads what `{ name description price }` has `products` read.
"""

import time
from pathlib import Path
from typing import Any

from botocore.session import Session

from local.cloud.lane import install
from local.functions import REGION, STAGE
from resolvers.catalog.resources import CONTEXT, PRODUCTS
from resolvers.shared.expressions import projection
from resolvers.shared.resources import physical_name

SELECTED = projection(PRODUCTS.key, frozenset({"name", "description", "price"}))


class Botocore:
    """A client, made once: a stock one, or with a lane one that takes it."""

    def __init__(self, endpoint_url: str, lane: Path | None = None) -> None:
        session = Session()
        if lane:
            install(session, str(lane))
        self._client: Any = session.create_client(
            "dynamodb",
            region_name=REGION,
            endpoint_url=endpoint_url,
            aws_access_key_id="bench",
            aws_secret_access_key="bench",  # noqa: S106 - the engine takes any
        )

    def latencies(self, count: int) -> list[float]:
        """Ask for 20 books, one query after the other; gives milliseconds each."""
        taken = []
        for _ in range(count):
            began = time.perf_counter()
            found = self._client.query(
                TableName=physical_name(STAGE, CONTEXT.name, PRODUCTS.name),
                IndexName="by-category-name",
                KeyConditionExpression="category = :c",
                ExpressionAttributeValues={":c": {"S": "book"}},
                Limit=20,
                **SELECTED,
            )
            taken.append((time.perf_counter() - began) * 1000)
        assert len(found["Items"]) == 20
        return taken
