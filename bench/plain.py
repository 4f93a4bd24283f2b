"""What a user would write without Twinberry: plain Strawberry over the same products.

`python -m bench.plain PORT` answers from a list in memory, `… PORT URL` from the DynamoDB there,
by boto3's Table as its documentation shows it. Strawberry's own ASGI app on uvicorn stands in for
its FastAPI router, which takes as much of the processor for each request.
"""

import sys
from collections.abc import Callable
from typing import Any, cast

import strawberry
import uvicorn
from boto3.dynamodb.conditions import Key
from boto3.session import Session
from strawberry.asgi import GraphQL

from bench.constant import seeded
from local.functions import REGION, STAGE
from resolvers.catalog.resources import CONTEXT, PRODUCTS
from resolvers.shared.resources import physical_name

Source = Callable[[str | None, int], list["Product"]]


@strawberry.type
class Product:
    """A thing for sale."""

    id: strawberry.ID
    name: str
    description: str | None
    price: float
    stock: int


@strawberry.type
class Query:
    """The one field."""

    @strawberry.field
    def products(
        self, info: strawberry.Info[Any, Source], category: str | None = None, limit: int = 50
    ) -> list[Product]:
        """List products, of one category or of all."""
        return info.root_value(category, limit)


class App(GraphQL[Any, Any]):
    """Strawberry's app, told where products come from."""

    source: Source

    async def get_root_value(self, request: Any) -> Any:
        """Hand the source to the field."""
        return self.source


def in_memory() -> Source:
    """Answer from a list that is made once."""
    made = [_product(each) for each in seeded()]
    return lambda _, limit: made[:limit]


def in_dynamodb(endpoint_url: str) -> Source:
    """Answer from the twin's own table, by the index that it uses too."""
    session = Session("bench", "bench", region_name=REGION)
    resource = session.resource("dynamodb", endpoint_url=endpoint_url)
    table = resource.Table(physical_name(STAGE, CONTEXT.name, PRODUCTS.name))

    def find(category: str | None, limit: int) -> list[Product]:
        found = table.query(
            IndexName="by-category-name" if category else "by-name",
            KeyConditionExpression=(
                Key("category").eq(category) if category else Key("shelf").eq("all")
            ),
            Limit=limit,
        )
        return [_product(item) for item in found["Items"]]

    return find


def _product(item: Any) -> Product:
    return Product(
        id=item["id"],
        name=item["name"],
        description=item.get("description"),
        price=float(item["price"]),
        stock=int(item["stock"]),
    )


def main() -> None:
    """Serve on a port of the command line."""
    port, *endpoint = sys.argv[1:]
    app = App(strawberry.Schema(Query))
    app.source = in_dynamodb(*endpoint) if endpoint else in_memory()
    uvicorn.run(cast(Any, app), port=int(port), log_level="error", lifespan="off")


if __name__ == "__main__":
    main()
