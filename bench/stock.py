"""Shops of any size: data folders of the twin, made once, in which tables are as `load` fills them.

What `load` sends is written into the file of the embedded AWS's state: over HTTP, a shop of 200,000
products takes a quarter of an hour.
"""

import hashlib
import json
import os
import random
import shutil
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from itertools import accumulate
from pathlib import Path
from typing import Any
from unittest.mock import patch

from bench.rows import OUT
from local.cloud.engine import FOLDER
from local.functions import STAGE
from resolvers.catalog import store as catalog
from resolvers.catalog.model import Category, Product
from resolvers.catalog.resources import CONTEXT as CATALOG
from resolvers.shared import aws
from resolvers.shared.resources import Context, physical_name, table_variable
from resolvers.shared.shapes import to_plain
from resolvers.todos import store as todos
from resolvers.todos.model import Todo
from resolvers.todos.resources import CONTEXT as TODOS
from tests.graphql.people import sign_in
from tests.support.twin import ROOT, running

CATEGORIES = 8
WORDS = 20_000  # by Zipf's law: the most common is in every third product, most are in very few
SERIES = 12  # products share a word that nothing else has
WRITERS = ("bench/stock.py", "resolvers/catalog/store.py", "resolvers/shared/text.py")
OWNER = "alice"
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


def shop(products: int, todos: int) -> Path:
    """Give the data folder of a shop of so many products, and so many todos of OWNER's."""
    version = hashlib.sha256(b"".join((ROOT / name).read_bytes() for name in WRITERS))
    folder = OUT / "shops" / f"{products}-{todos}-{version.hexdigest()[:8]}"
    if not folder.exists():
        making = OUT / "shops" / f"{products}.making"
        shutil.rmtree(making, ignore_errors=True)
        for old in making.parent.glob(f"{products}-*"):
            shutil.rmtree(old)
        _make(making, products, todos)
        making.rename(folder)
    return folder


def word(rank: int) -> str:
    """Give a word that can be said; of the most common ones, by rank."""
    return _said(rank, syllables=3)


def series(product: int) -> str:
    """Give the word that a product shares with SERIES others."""
    # Far apart, so that none is another's typo.
    return _said(product // SERIES * 61_803_399 + 1_234_567, syllables=5)


def _said(number: int, syllables: int) -> str:
    letters = list[str]()
    for _ in range(syllables):
        number, at = divmod(number, 100)
        letters += "bcdfghjklmnprstvwxyz"[at // 5] + "aeiou"[at % 5]
    return "".join(letters)


def _make(folder: Path, count: int, listed: int) -> None:
    with running("--data", str(folder)) as twin:  # makes the tables, with the seeds in them
        person = sign_in(twin, OWNER)
        owner = person.ask('mutation { createTodo(input: { text: "x" }) { owner } }')["owner"]
    sent = Sent()
    with patch.object(aws, "dynamodb", lambda: sent), patch.dict(os.environ, _names()):
        catalog.load([Category(each, each.title()) for each in _categories()], _stock(count), [])
        todos.table.load(_agenda(owner, listed))
    path = folder / FOLDER / "state" / "dynamodb.json"
    state = json.loads(path.read_text())
    for key, table in state["payload"]["tables"]["data"].items():
        if put := sent.put.get(key.rpartition("\0")[2].strip("'")):
            table["items"] = _filed(table, put)
            table["ItemCount"] = len(put)
    path.write_text(json.dumps(state))


class Sent:
    """Stands for a DynamoDB client: keeps what is put."""

    def __init__(self) -> None:
        self.put: dict[str, list[Any]] = {}

    def batch_write_item(self, RequestItems: Mapping[str, list[Any]]) -> dict[str, Any]:  # noqa: N803
        """Take items."""
        for name, requests in RequestItems.items():
            self.put.setdefault(name, []).extend(each["PutRequest"]["Item"] for each in requests)
        return {}


def _filed(table: Mapping[str, Any], items: list[Any]) -> dict[str, dict[str, Any]]:
    filed: dict[str, dict[str, Any]] = {}
    partition, sort = table["pk_name"], table["sk_name"]
    for item in items:
        within = item[sort]["S"] if sort else "__no_sort__"
        filed.setdefault(item[partition]["S"], {})[within] = item
    return filed


def _names() -> dict[str, str]:
    def named(context: Context) -> Iterator[tuple[str, str]]:
        for table in context.tables:
            name = physical_name(STAGE, context.name, table.name)
            yield table_variable(context.name, table.name), name

    return dict([*named(CATALOG), *named(TODOS)])


def _categories() -> list[str]:
    return [f"shelf-{n}" for n in range(CATEGORIES)]


@cache
def _weights() -> list[float]:
    return list(accumulate(1 / (rank + 1) for rank in range(WORDS)))


def _stock(count: int) -> list[Product]:
    chance = random.Random(count)  # noqa: S311 - no secret

    def said(words: int) -> str:
        ranks = chance.choices(range(WORDS), cum_weights=_weights(), k=words)
        return " ".join(map(word, ranks))

    return [
        Product(
            id=f"product-{n:06}",
            name=f"{said(2)} {series(n)}".title(),
            description=said(4),
            price=Decimal(chance.randrange(1, 10_000)) / 100,
            category=chance.choice(_categories()),
            stock=chance.randrange(100),
            updated_at=todos.stamp(EPOCH + timedelta(minutes=chance.randrange(400_000))),
        )
        for n in range(count)
    ]


def _agenda(owner: str, count: int) -> Iterator[dict[str, Any]]:
    for n in range(count):
        moment = todos.stamp(EPOCH + timedelta(minutes=n))
        text = f"{'call' if n % 2 else 'write to'} number {n}"
        todo = Todo(f"todo-{n:06}", owner, text, version=1, updated_at=moment)
        yield to_plain(todo) | {"changed": todos.change_key(todo), "origin": ""}
