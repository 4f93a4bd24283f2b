"""The engine alone, in one process: what executing a query of a list in memory takes.

Ours is the twin's own schema and execution, documents and plans included; the other is Strawberry
with its caches of parsed and validated documents. Neither reads HTTP nor writes JSON. They take
turns, and a ratio is the median of the turns' own: a machine that slows down slows both. Times are
of the CPU: on a busy machine, what takes longer is also interrupted more often.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from statistics import median
from typing import Any, cast

import strawberry
from strawberry.extensions import ParserCache, ValidationCache

from bench.constant import seeded
from bench.plain import Query, in_memory
from bench.rows import Row, spread
from local.appsync.document import Documents
from local.appsync.execution import executed
from local.appsync.fields import Limits, RequestFields
from local.contract import contract
from local.functions import routes
from local.mirror import mirror
from resolvers.registry import registry

QUERY = "{{ products(limit: {}) {{ name description price }} }}"
SIZES: dict[int, float | None] = {1: None, 20: 4, 200: 15}  # and what is promised of them
ROUNDS, TIMES = 100, 5
Execute = Callable[[str], Awaitable[Any]]


class InMemory(RequestFields):
    """A request whose bound fields are answered from a list."""

    products = [each | {"price": float(each["price"])} for each in seeded()]  # noqa: RUF012

    def resolve(self, coordinate: str, parent: Any, info: Any, arguments: dict[str, Any]) -> Any:
        """Give the first so many."""
        return self.products[: arguments["limit"]]


def ours() -> Execute:
    """Make the twin's engine."""
    bound, schema_of = cast(Any, routes(registry())), contract()
    documents, limits = Documents(contract()), Limits(30, 0, 0)
    schema = mirror(contract(), bound.keys())

    async def execute(query: str) -> Any:
        document = documents.read(query)
        nobody: Any = None
        fields = InMemory(schema_of, bound, nobody, limits, nobody, document, frozenset())
        return await executed(schema, fields, None, None)

    return execute


def stock() -> Execute:
    """Make Strawberry's engine, with its caches."""
    schema = strawberry.Schema(Query, extensions=[ParserCache, ValidationCache])
    source = in_memory()
    return lambda query: schema.execute(query, root_value=source)


def measure() -> list[Row]:
    """Time both in turns; give medians, 99th percentiles in µs, and ratios."""
    return asyncio.run(_measure(ours(), stock()))


async def _measure(ours: Execute, stock: Execute) -> list[Row]:
    rows = []
    for size, promised in SIZES.items():
        query = QUERY.format(size)
        first, second = await ours(query), await stock(query)
        assert first.data == second.data and not first.errors
        fast: list[float] = []
        slow: list[float] = []
        ratios = []
        for _ in range(ROUNDS):
            fast += await _timed(ours, query)
            slow += await _timed(stock, query)
            ratios.append(median(slow[-TIMES:]) / median(fast[-TIMES:]))
        what = f"engine, {size} products"
        rows += [spread(f"{what}, twin", fast, "µs"), spread(f"{what}, Strawberry", slow, "µs")]
        against = f"{what}, twin over Strawberry"
        rows.append(Row(against, median(ratios), "x", promised, least=True))
    return rows


async def _timed(execute: Execute, query: str) -> list[float]:
    taken = []
    for _ in range(TIMES):
        began = time.thread_time()
        await execute(query)
        taken.append((time.thread_time() - began) * 1e6)
    return taken
