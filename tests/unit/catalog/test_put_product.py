"""What putProduct writes, and what it refuses."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest

from resolvers.catalog import service, store
from resolvers.catalog.model import Image, ProductInput, ProductReviews, Review
from resolvers.shared.errors import Conflict
from tests.unit.calls import counted, hooked
from tests.unit.shop import call, call_batch, contents, found, put, refused, stock, thing

pytestmark = pytest.mark.usefixtures("shop")

NOON = datetime(2026, 5, 1, 12, 0, 0, 123456, UTC)


def dune(id: str | None = "1", **values: Any) -> ProductInput:
    given: dict[str, Any] = {
        "name": "Dune",
        "price": Decimal("12.99"),
        "category": "book",
        "stock": 3,
    } | values
    return ProductInput(id=id, **given)


def test_new_product_is_there_to_read_list_and_search() -> None:
    stock()
    product = put(description="Spice and sand")
    assert len(product["id"]) == 32
    assert product == call("product", id=product["id"])
    assert product == call("products", category="book")[0]
    assert found("dune") == found("spcie") == found("sand", sort={"field": "PRICE"})
    assert found("dune") == [product["id"]]


def test_new_product_takes_its_id_and_time_from_outside() -> None:
    stock()
    given = service.put_product(dune(id=None), clock=lambda: NOON, new_id=lambda: "made")
    assert (given.id, given.updated_at) == ("made", "2026-05-01T12:00:00.123Z")
    assert service.product("made") == given


def test_time_of_another_zone_is_written_in_utc() -> None:
    stock()
    zone = timezone(timedelta(hours=5, minutes=30))
    given = service.put_product(dune(), clock=lambda: NOON.astimezone(zone))
    assert given.updated_at == "2026-05-01T12:00:00.123Z"


def test_omitted_values_have_their_defaults() -> None:
    stock()
    for stated in ({}, {"stock": None, "description": None, "id": None}):
        product = put(**{"stock": 0} | stated)
        assert (product["stock"], product["description"], product["images"]) == (0, None, [])


def test_given_id_replaces_all_but_images_and_reviews() -> None:
    opinion = Review("r", "Ada", 5, None, "2026-01-01T00:00:00Z")
    images = (Image("https://example.com/1.png", "https://example.com/1s.png"),)
    stock(
        thing("1", "Emma", description="Novel", images=images),
        opinions=[ProductReviews("1", [opinion])],
    )
    product = put(id="1", name="Dune", price=1, category="game", stock=7)
    assert product == call("product", id="1")
    assert product | {"updatedAt": ""} == {
        "id": "1",
        "name": "Dune",
        "description": None,
        "price": 1,
        "category": "game",
        "stock": 7,
        "updatedAt": "",
        "images": [
            {"url": "https://example.com/1.png", "thumbnailUrl": "https://example.com/1s.png"}
        ],
    }
    assert [len(each["data"]) for each in call_batch("Product.reviews", [product])] == [1]
    assert found() == ["1"]


def test_renamed_product_is_found_by_its_new_words_only() -> None:
    stock()
    put(id="1", name="Dune Messiah", description="Spice")
    put(id="1", name="Emma Messiah", description="Novel")
    assert [found(word) for word in ("dune", "spice", "dnue")] == [[], [], []]
    assert [found(word) for word in ("emma", "novel", "messiah")] == [["1"]] * 3
    assert {item["word"] for item in contents()["ranked-postings"]} == {"emma", "messiah", "novel"}


def test_word_that_moves_into_the_name_counts_more() -> None:
    stock(thing("a", "Sand", description="dune"), thing("b", "Spice", description="dune"))
    assert found("dune") == ["a", "b"]
    put(id="b", name="Spice Dune")
    assert found("dune") == ["b", "a"]


def test_renamed_product_takes_its_new_place_among_equals() -> None:
    stock(thing("a", "Dune A"), thing("b", "Dune B"))
    put(id="a", name="Dune C")
    assert found("dune") == found() == ["b", "a"]


def test_new_price_category_and_time_move_a_product() -> None:
    stock(thing("a", "A", price=1), thing("b", "B", price=2))
    put(id="a", name="A", price=3, category="toy")
    assert found(sort={"field": "PRICE"}) == found(sort={"field": "UPDATED_AT"}) == ["b", "a"]
    assert [p["id"] for p in call("products", category="book")] == ["b"]
    assert [p["id"] for p in call("products", category="toy")] == ["a"]
    assert found(filter={"category": {"eq": "toy"}}) == ["a"]


def test_same_product_again_writes_no_words() -> None:
    stock()
    put(id="1", name="Dune")
    before = contents()
    with counted() as calls:
        put(id="1", name="Dune", price=5)
    assert calls == {"GetItem": 2, "TransactWriteItems": 1}
    after = contents()
    assert after["ranked-postings"] == before["ranked-postings"]
    assert after["vocabulary"] == before["vocabulary"]


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("price", -0.01),
        ("price", -(10**15)),
        ("price", 1.0000001),
        ("price", 1e-7),
        ("price", 5e-324),
        ("price", 10**12),
        ("price", 1e300),
        ("stock", -1),
        ("name", ""),
        ("name", " \t\n\u00a0"),
        ("name", "x" * 1001),
        ("name", "half \ud83d"),
        ("description", "x" * 10_001),
        ("description", "\udc00"),
        ("category", "nothing"),
        ("category", ""),
        ("category", "Book"),
        ("category", "x" * 3000),
        ("category", "\ud800"),
        ("id", ""),
        ("id", "  "),
        ("id", "x" * 101),
        ("id", "\ud800"),
    ],
)
def test_refusal_names_the_argument_and_writes_nothing(argument: str, value: Any) -> None:
    stock(thing("1", "Emma"))
    before = contents()
    for id in ("1", None):
        with refused(f"input.{argument}"):
            put(**{"id": id, "description": "New words", argument: value})
    assert contents() == before


def test_words_are_counted_together_with_the_name() -> None:
    stock()
    put(id="1", name="Dune", description=" ".join(f"w{n}" for n in range(299)))
    before = contents()
    with refused("input.description"):
        put(id="1", name="Dune Messiah", description=" ".join(f"w{n}" for n in range(299)))
    assert contents() == before


def test_longest_texts_and_largest_numbers_are_taken() -> None:
    stock()
    longest = {"id": "😀" * 100, "name": "😀" * 1000, "description": "word " * 2000}
    product = put(**longest, price=999_999_999_999.9999, stock=2**31 - 1)
    assert {name: product[name] for name in longest} == longest
    assert product == call("product", id=longest["id"])
    assert found("word") == found("😀" * 70) == found(sort={"field": "PRICE"}) == [longest["id"]]


@pytest.mark.parametrize(
    "price", [0, 0.1, 12.99, 0.000001, 0.3, 1e11, 99_999_999_999.999999, 5, 1234567.891]
)
def test_price_is_exact_in_the_table_and_in_json(price: float) -> None:
    stock()
    put(id="1", price=price)
    (item,) = contents()["products"]
    assert isinstance(item["price"], Decimal)
    assert item["price"] == Decimal(str(price))
    assert call("product", id="1")["price"] == price
    assert found(filter={"price": {"eq": price}}) == ["1"]


def test_prices_sort_as_numbers() -> None:
    stock()
    prices = [0, 0.000001, 0.1, 9, 10, 12.99, 13, 999_999_999_999]
    for n, price in enumerate(prices):
        put(id=f"{len(prices) - n}", price=price)
    assert [p["price"] for p in call("searchProducts", sort={"field": "PRICE"})["items"]] == prices


def test_minus_zero_is_zero() -> None:
    stock()
    put(id="b", price=-0.0)
    put(id="a", price=0)
    assert str(contents()["products"][0]["price"]) in ("0", "0.0")
    assert found(sort={"field": "PRICE"}) == ["a", "b"]


def test_save_from_a_stale_read_is_refused() -> None:
    stock(thing("1", "Dune"))
    stale = store.find("1")
    put(id="1", name="Emma")
    before = contents()
    with pytest.raises(store.Changed):
        store.save(thing("1", "Dune", price=5), stale)
    with pytest.raises(store.Changed):
        store.save(thing("1", "Dune"), None)
    assert contents() == before


def competing(times: int, change: Callable[[], object]) -> Callable[..., None]:
    """Make a hook that lets somebody else's change through before the first writes."""
    left = [change] * times

    def hook(**_: Any) -> None:
        if left and left[0] is change:
            left[0] = lambda: None  # the change itself is not disturbed
            change()
            del left[0]

    return hook


def test_change_at_the_same_moment_is_tried_again() -> None:
    images = (Image("https://example.com/1.png"),)
    stock(thing("1", "Emma"))

    def other() -> None:
        now = store.find("1")
        store.save(thing("1", "Persuasion", description="theirs", images=images), now)

    with hooked("before-call.dynamodb.TransactWriteItems", competing(2, other)):
        product = put(id="1", name="Dune")
    assert product == call("product", id="1")
    assert (product["name"], len(product["images"])) == ("Dune", 1)
    assert [found(word) for word in ("dune", "theirs", "persuasion", "emma")] == [["1"], [], [], []]


def test_product_made_at_the_same_moment_is_replaced() -> None:
    stock()

    def other() -> None:
        put(id="1", name="Emma", description="theirs")

    with hooked("before-call.dynamodb.TransactWriteItems", competing(1, other)):
        put(id="1", name="Dune")
    assert [found(word) for word in ("dune", "emma", "theirs")] == [["1"], [], []]


def test_change_that_is_always_too_late_is_a_conflict() -> None:
    stock(thing("1", "Emma"))

    def other() -> None:
        store.save(thing("1", "Emma"), store.find("1"))

    hook = competing(service.ATTEMPTS, other)
    with (
        hooked("before-call.dynamodb.TransactWriteItems", hook),
        pytest.raises(Conflict, match="1 is being changed by others"),
    ):
        put(id="1", name="Dune")
    assert (found("dune"), found("emma")) == ([], ["1"])
