"""The catalog's tables: items, index keys and the word index."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from resolvers.catalog.model import (
    Category,
    Product,
    ProductReviews,
    ProductSort,
    ProductSortField,
    SortDirection,
)
from resolvers.catalog.resources import (
    CATEGORIES,
    CONTEXT,
    POSTINGS,
    PRODUCTS,
    REVIEWS,
    VOCABULARY,
)
from resolvers.shared import text
from resolvers.shared.batching import side_by_side
from resolvers.shared.items import Item, Only, marshal_item
from resolvers.shared.shapes import from_plain, to_plain
from resolvers.shared.table import TRANSACTION_ACTIONS, ConditionFailed, Range, Store, transact

products = Store(CONTEXT.name, PRODUCTS)
categories = Store(CONTEXT.name, CATEGORIES)
reviews = Store(CONTEXT.name, REVIEWS)
postings = Store(CONTEXT.name, POSTINGS)
vocabulary = Store(CONTEXT.name, VOCABULARY)

# Of a word of a product: the place, and the product's name key, by which equally near ones go.
Posting = tuple[int, str]
IN_NAME, BELOW = 0, 1  # a word stands in the name, or in the description alone

SHELF = "all"  # the one partition that the indexes over all products share
SEARCHED = ("name", "description")
SEPARATOR = "\x1f"  # sorts before every letter, so that "Dune" comes before "Dune Messiah"
NAME_KEY_BYTES = 600  # a sort key has 1,024 bytes at most, the id included
ROOM = TRANSACTION_ACTIONS - 1  # beside the product itself, or the check of its version


@dataclass(frozen=True, slots=True)
class Order:
    """An order: how its indexes' names end, and the sort key they store, made of an attribute."""

    index: str
    stored: str
    attribute: str
    key: Callable[[Product], str]


@dataclass(frozen=True, slots=True)
class Stored:
    """A product as it stands in the table, with the version that guards its next change.

    It is `settled` unless a change took more than one transaction, and so may have stopped midway:
    then the next one writes all words anew.
    """

    product: Product
    version: int
    settled: bool


class Changed(Exception):
    """The product changed between the read and the write."""


def read(id: str, only: Only) -> Product | None:
    """Read one product, to look at."""
    item = products.get(id=id, only=only)
    return None if item is None else _product(item)


def find(id: str) -> Stored | None:
    """Read one product, to change it."""
    item = products.get(id=id)
    if item is None:
        return None
    return Stored(_product(item), int(item["version"]), item.get("settled") == item["version"])


def find_many(ids: Iterable[str], only: Only) -> list[Product]:
    """Read products by id, in no order; missing ones are left out."""
    return [_product(item) for item in products.batch_get(({"id": id} for id in ids), only)]


def ordered(
    sort: ProductSort, category: str | None, after: str | None, page: int, only: Only
) -> Iterator[Product]:
    """Read products lazily in an index's order, from behind the sort key `after`."""
    suffix = ORDERS[sort.field].index
    index, partition = (
        (f"by-{suffix}", SHELF) if category is None else (f"by-category-{suffix}", category)
    )
    descending = sort.direction is SortDirection.DESC
    return map(_product, products.query(Range(partition, after, descending, index), page, only))


def all_categories() -> list[Category]:
    """Read every category, in no order."""
    return [from_plain(Category, item) for item in categories.scan()]


def find_categories(ids: Iterable[str]) -> list[Category]:
    """Read categories by id, in no order; missing ones are left out."""
    return [from_plain(Category, item) for item in categories.batch_get({"id": id} for id in ids)]


def category_exists(id: str) -> bool:
    """Tell whether there is such a category."""
    return categories.get(id=id) is not None


def find_reviews(ids: Iterable[str]) -> list[ProductReviews]:
    """Read the newest reviews of products, in no order; a product without any is left out."""
    found = reviews.batch_get({"product": id} for id in ids)
    return [from_plain(ProductReviews, item) for item in found]


def known_words(keys: Iterable[str]) -> set[str]:
    """Read the words that are filed under any of the keys."""
    filed = vocabulary.batch_get({"key": key} for key in keys)
    return {word for item in filed for word in item["words"]}


def containing(
    word: str, after: str | None, page: int, *, descending: bool, including: bool = False
) -> Iterator[Posting]:
    """Read lazily which products contain a word, or did once: in the name first, then by name.

    Begins behind the rank `after`, or at it if `including`; reads `page` postings a call.
    """
    part = Range(word, after, descending, including=including)
    for item in postings.query(part, page):
        yield int(item["rank"][0]), item["rank"][1:]


def save(product: Product, before: Stored | None) -> None:
    """Write a product and its words in one transaction; Changed if `before` is not what is there.

    Beyond DynamoDB's 100 actions, more words are written ahead of that transaction and old ones
    removed behind it: a word too many does no harm, since a search checks what it finds against
    the product itself. Each is called off once somebody else has begun to change the product, and
    steps the version too, lest a removal from before take a word that another write has just put.
    """
    new, old = _postings(product), _postings(before.product) if before else {}
    _file({word for word, _ in new} - {word for word, _ in old})
    kept = old if before and before.settled else {}
    puts = [postings.put_action(item) for key, item in new.items() if key not in kept]
    gone = [postings.delete_action(**item) for key, item in old.items() if key not in new]
    seen = before.version if before else 0
    ahead, last_puts = puts[:-ROOM], puts[-ROOM:]
    within, behind = [*last_puts, *gone][:ROOM], [*last_puts, *gone][ROOM:]
    try:
        seen = _change_words(product.id, seen, ahead)
        transact([_put(product, seen), *within])
    except ConditionFailed as failed:
        raise Changed from failed
    with suppress(ConditionFailed):
        _change_words(product.id, seen + 1, behind)


def load(shelves: list[Category], stock: list[Product], opinions: list[ProductReviews]) -> None:
    """Fill empty tables, for seeds: fast, and not in a transaction."""
    categories.load(to_plain(category) for category in shelves)
    reviews.load(to_plain(opinion) for opinion in opinions)
    words = [_postings(product) for product in stock]
    postings.load(item for items in words for item in items.values())
    filed = _filed({word for items in words for word, _ in items})
    vocabulary.load({"key": key, "words": members} for key, members in filed.items())
    products.load(_item(product, version=1) for product in stock)


def seed(given: Mapping[str, Any]) -> None:
    """Fill empty tables from a seeds file; a product's reviews stand in it, newest first."""
    stock = given["products"]
    opinions = [{"product": each["id"], "newest": each["reviews"]} for each in stock]
    load(
        [from_plain(Category, each) for each in given["categories"]],
        [from_plain(Product, each) for each in stock],
        [from_plain(ProductReviews, each) for each in opinions if each["newest"]],
    )


def places(product: Product) -> dict[str, int]:
    """Give the words by which a product is found, each with its place."""
    in_name = set(text.words(product.name))
    return {
        word: IN_NAME if word in in_name else BELOW
        for word in text.words(f"{product.name} {product.description or ''}")
    }


def derive() -> None:
    """Fill the empty word index from the products, for a shop that is older than it."""
    stock = map(_product, products.scan())
    postings.load(item for product in stock for item in _postings(product).values())


def name_key(product: Product) -> str:
    """Give the key that puts products in order by name, and ends in the id."""
    cut = text.fold(product.name).encode()[:NAME_KEY_BYTES].decode(errors="ignore")
    return f"{cut}{SEPARATOR}{product.id}"


def named(key: str) -> str:
    """Give the id of the product that a name key is of."""
    return key.partition(SEPARATOR)[2]  # a folded name has no control characters


def _file(new_words: set[str]) -> None:
    # Ahead of the transaction: the vocabulary only grows, and a word no product has finds nothing.
    filed = _filed(new_words)
    for item in vocabulary.batch_get({"key": key} for key in filed):
        filed[item["key"]] -= item["words"]
    side_by_side(
        lambda key: vocabulary.add_to_set("words", filed[key], key=key),
        [key for key, members in filed.items() if members],
    )


def _filed(words: set[str]) -> dict[str, set[str]]:
    filed: dict[str, set[str]] = {}
    for word in words:
        for key in text.filing_keys(word):
            filed.setdefault(key, set()).add(word)
    return filed


def _change_words(id: str, version: int, actions: list[Any]) -> int:
    for start in range(0, len(actions), ROOM):
        transact([_step(id, version), *actions[start : start + ROOM]])
        version += bool(version)
    return version


def _step(id: str, seen: int) -> dict[str, Any]:
    """Make the action that takes a product to its next version; one not yet written stays so."""
    on = {"TableName": products.name, "Key": marshal_item({"id": id})}
    if seen == 0:
        return {"ConditionCheck": on | _still(seen)}
    condition = _still(seen)
    condition["ExpressionAttributeValues"] |= marshal_item({":next": seen + 1})
    return {"Update": on | {"UpdateExpression": "SET version = :next"} | condition}


def _put(product: Product, seen: int) -> dict[str, Any]:
    put = products.put_action(_item(product, seen + 1))
    return {"Put": put["Put"] | _still(seen)}


def _still(version: int) -> dict[str, Any]:
    """Make the condition that a product has this version; 0 is that of one not yet written."""
    if version == 0:
        return {"ConditionExpression": "attribute_not_exists(id)"}
    return {
        "ConditionExpression": "version = :seen",
        "ExpressionAttributeValues": marshal_item({":seen": version}),
    }


def _product(item: Item) -> Product:
    product: Product = from_plain(Product, item)
    return product


def _item(product: Product, version: int) -> Item:
    item: Item = to_plain(product)
    keys = {order.stored: order.key(product) for order in ORDERS.values()}
    return item | keys | {"shelf": SHELF, "version": version, "settled": version}


def _price_key(product: Product) -> str:
    return f"{product.price:019.6f}{SEPARATOR}{product.id}"


def _updated_key(product: Product) -> str:
    updated = datetime.fromisoformat(product.updated_at).astimezone(UTC)
    return f"{updated.isoformat(timespec='milliseconds')}{SEPARATOR}{product.id}"


ORDERS = {
    ProductSortField.NAME: Order("name", "byName", "name", name_key),
    ProductSortField.PRICE: Order("price", "byPrice", "price", _price_key),
    ProductSortField.UPDATED_AT: Order("updated", "byUpdated", "updatedAt", _updated_key),
}


def _postings(product: Product) -> dict[tuple[str, str], Item]:
    """Make what the word index has of a product, by key: a word, and where it puts the product."""
    key = name_key(product)
    ranks = {word: f"{place}{key}" for word, place in places(product).items()}
    return {each: {"word": each[0], "rank": each[1]} for each in ranks.items()}
