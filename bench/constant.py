"""A handler that answers from memory, and `python -m bench.constant`: a twin that has it.

Its catalog answers a constant list; all else is the twin as it is: execution environment, event,
Powertools' router and what the registry's own makes of arguments and results.
"""

import importlib
import json
import sys
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from resolvers.catalog.model import Product
from resolvers.catalog.resources import CONTEXT
from resolvers.shared.routing import ContextRouter

SEEDS = Path(__file__).parents[1] / "local" / "seeds" / "catalog.json"
HANDLER = "bench.constant.handler"
router = ContextRouter(CONTEXT.name)


def seeded() -> list[dict[str, Any]]:
    """Read the seeds' products as JSON."""
    products: list[dict[str, Any]] = json.loads(SEEDS.read_text())["products"]
    return products


PRODUCTS = [
    Product(
        each["id"],
        each["name"],
        each["description"],
        Decimal(each["price"]),
        each["category"],
        each["stock"],
        each["updatedAt"],
    )
    for each in seeded()
]


@router.query()
def products(category: str | None = None, limit: int | None = 50) -> list[Product]:
    """Give the first of the list, whatever the category."""
    return PRODUCTS[:limit]


handler = router.handler()


def main() -> int:
    """Run a twin whose catalog is this module."""
    from local import __main__  # noqa: PLC0415 - an execution environment must not

    twin: Any = importlib.import_module("local.twin")
    declared = twin.functions

    def functions(*arguments: Any, **options: Any) -> Any:
        found = declared(*arguments, **options)
        return [replace(f, handler=HANDLER) if f.label == CONTEXT.name else f for f in found]

    twin.functions = functions
    return __main__.main()


if __name__ == "__main__":
    sys.exit(main())
