"""Does a page cost more as the table grows? The same queries, in turns, of shops of three sizes.

`python -m bench.growth` is this part of the bench alone.
"""

import asyncio
import json
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from statistics import median

import httpx
import uvloop

from bench import stock
from bench.charts import Chart
from bench.load import OK, Connection
from bench.peers import Series
from bench.rows import OUT, Row, print_table
from tests.graphql.people import Person, sign_in
from tests.support.twin import RunningTwin, running

SIZES = {200: 10, 10_000: 1_000, 200_000: 10_000}  # products: todos
ROUNDS, AT_ONCE = 5, 10
PROMISED = 1.5
# A filtered list is read 100 items at a time; of these, there are not as many in the smallest shop.
# Nor has it a tenth of the words that may be near a common one, or so many products that have it.
FROM_MIDDLE = (
    "search: a common word",
    "search: two common words",
    "search: a common and a rare word",
    "search: a common word, by price",
    "search: two common words, by price",
    "todos with a word",
)
PAGE_2 = ", page 2"
DRAWN = ("products of a category", "search: a rare word", "search: all, dearest first", "todos")
LISTS = {
    "products": "products(limit: 10) { id name price }",
    "products of a category": 'products(category: "shelf-1", limit: 10) { id name price }',
    "one product": 'product(id: "product-000007") { id name price description }',
    "categories": "categories { id name }",
    "categories with products": "categories { id products(limit: 10) { id name } }",
}
# A third of the products have the one, a fifteenth the other; neither is the other's typo.
COMMON = (stock.word(0), stock.word(7))
SEARCHES = {
    "a rare word": f'text: "{stock.series(0)}"',
    "a rare word, by price": f'text: "{stock.series(0)}", sort: {{ field: PRICE }}',
    "a common word": f'text: "{COMMON[0]}"',
    "two common words": f'text: "{COMMON[0]} {COMMON[1]}"',
    "a common and a rare word": f'text: "{COMMON[0]} {stock.series(0)}"',
    "a common word, by price": f'text: "{COMMON[0]}", sort: {{ field: PRICE }}',
    "two common words, by price": f'text: "{COMMON[0]} {COMMON[1]}", sort: {{ field: PRICE }}',
    "prices under 50": "filter: { price: { lt: 50 } }",
    "a category, by price": 'filter: { category: { eq: "shelf-1" } }, sort: { field: PRICE }',
    "all, dearest first": "sort: { field: PRICE, direction: DESC }",
}
AGENDAS = {
    "todos": "limit: 4",
    "todos with a word": 'limit: 4, filter: { text: { contains: "r" } }',
}


@dataclass(frozen=True)
class Shop:
    """A twin of one size, and who asks it."""

    twin: RunningTwin
    token: str

    def request(self, query: str) -> bytes:
        """Write the whole HTTP request of a query."""
        body = json.dumps({"query": query}).encode()
        head = (
            f"POST /graphql HTTP/1.1\r\nhost: localhost\r\nauthorization: {self.token}\r\n"
            f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body

    def token_behind(self, query: str) -> str | None:
        """Give the token of the page that comes behind a query's."""
        answer = Person(self.twin, self.token).ask(query)
        token: str | None = answer["nextToken"]
        return token


def measure() -> list[Row]:
    """Time everything, and draw some of it."""
    found = times()
    draw(found)
    return rows(found)


def times() -> Series:
    """Time each query; gives milliseconds by what is asked, and by the number of products."""
    with ExitStack() as stack:
        shops = {}
        for products, todos in SIZES.items():
            data = stock.shop(products, todos)
            twin = stack.enter_context(running("--data", str(data)))
            shops[products] = Shop(twin, sign_in(twin, stock.OWNER).token)
        return {what: uvloop.run(_in_turns(shops, texts)) for what, texts in _queries(shops)}


def rows(found: Series) -> list[Row]:
    """Make rows of them: how long in the largest shop, and how much longer than in the smallest."""
    made = []
    for what, by_size in found.items():
        least, middle, most = by_size
        if what.removesuffix(PAGE_2) in FROM_MIDDLE:
            least = middle
        grown = by_size[most] / by_size[least]
        made.append(Row(f"{what}: {most:,} over {least:,} products", grown, "x", PROMISED))
        made.append(Row(f"{what}, {most:,} products", by_size[most], "ms"))
    return made


def draw(found: Series) -> None:
    """Draw some of them as lines, beside the bench's other charts."""
    title = "A page, as the shop grows: median latency"
    chart = Chart(title, "products", "ms", {what: found[what] for what in DRAWN})
    (OUT / "growth.svg").write_text(chart.svg())


def _queries(shops: Mapping[int, Shop]) -> Iterator[tuple[str, dict[int, str]]]:
    """List what is asked: for each page after a first one, the token differs from shop to shop."""
    for what, field in LISTS.items():
        yield what, dict.fromkeys(shops, f"{{ {field} }}")
    paged = {
        f"search: {what}": f"searchProducts({arguments}, limit: 10%s) {{ items {{ id name }}"
        for what, arguments in SEARCHES.items()
    } | {
        what: f"todos({arguments}%s) {{ items {{ id text }}" for what, arguments in AGENDAS.items()
    }
    for what, start in paged.items():
        text = f"{{ {start} nextToken }} }}"
        yield what, dict.fromkeys(shops, text % "")
        tokens = {size: shop.token_behind(text % "") for size, shop in shops.items()}
        if all(tokens.values()):
            after = {size: text % f', nextToken: "{token}"' for size, token in tokens.items()}
            yield what + PAGE_2, after


async def _in_turns(shops: Mapping[int, Shop], queries: Mapping[int, str]) -> dict[int, float]:
    taken = {size: list[float]() for size in shops}
    for _ in range(ROUNDS):
        for size, shop in shops.items():
            taken[size] += await _some(shop, queries[size])
    return {size: median(each) for size, each in taken.items()}


async def _some(shop: Shop, query: str) -> list[float]:
    loop, url, request = asyncio.get_running_loop(), httpx.URL(shop.twin.url), shop.request(query)
    _, line = await loop.create_connection(Connection, url.host, url.port or 80)
    taken = [await _timed(line, request) for _ in range(1 + AT_ONCE)]
    line.close()
    return taken[1:]


async def _timed(line: Connection, request: bytes) -> float:
    began = time.perf_counter()
    answer = await line.ask(request)
    took = (time.perf_counter() - began) * 1000
    assert answer.startswith(OK) and b'"errors"' not in answer, answer[:500].decode()
    return took


if __name__ == "__main__":
    print_table(measure())
