"""The store's calls, on a table of their own."""

import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from decimal import Decimal
from itertools import islice
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ClientError

from resolvers.shared.items import marshal
from resolvers.shared.resources import Context, Index, Table
from resolvers.shared.settings import MissingSetting
from resolvers.shared.table import ConditionFailed, Range, Store, transact
from tests.unit.calls import counted, hooked
from tests.unit.tables import tables

THINGS = Table(
    "things",
    partition="kind",
    sort="id",
    indexes=(Index("by-colour", partition="colour", sort="id"),),
)
WORDS = Table("words", partition="key")
CONTEXT = Context("test", tables=(THINGS, WORDS))
things, words = Store("test", THINGS), Store("test", WORDS)


@pytest.fixture(autouse=True)
def context() -> Iterator[None]:
    with tables(CONTEXT):
        yield


def thing(n: int, **more: Any) -> dict[str, Any]:
    return {"kind": "a", "id": f"{n:03}", "colour": "red", **more}


def ids(part: Range, page: int = 1000) -> list[str]:
    return [item["id"] for item in things.query(part, page)]


ITEM = {
    **thing(1),
    "price": Decimal("12.99"),
    "tenth": Decimal("0.1"),
    "count": Decimal(3),
    "none": None,
    "yes": True,
    "empty": "",
    "list": ["x", Decimal(1), {"deep": [None]}],
    "set": {"a", "b"},
}


def test_item_comes_back_as_it_was() -> None:
    things.load([ITEM])
    assert things.get(kind="a", id="001") == ITEM
    assert list(things.scan()) == [ITEM]


def test_some_attributes_come_with_the_key() -> None:
    things.load([ITEM])
    key, some = {"kind": "a", "id": "001"}, {"kind": "a", "id": "001", "none": None}
    for part in (Range("a"), Range("a", "000"), Range("red", index="by-colour")):
        assert list(things.query(part, only=frozenset({"none", "missing"}))) == [some]
        assert list(things.query(part, only=frozenset())) == [key]
    assert things.get(**key, only=frozenset({"none"})) == some
    assert things.batch_get([key], frozenset({"none"})) == [some]
    assert things.batch_get([key], frozenset({"kind", "id", "none"})) == [some]


def test_attribute_may_have_a_reserved_name() -> None:
    words.load([{"key": "k", "name": "n", "status": "s", "values": [1], "odd name.1": 2}])
    only = frozenset({"name", "status", "odd name.1"})
    found = {"key": "k", "name": "n", "status": "s", "odd name.1": 2}
    assert words.get(key="k", only=only) == found
    assert words.batch_get([{"key": "k"}], only) == [found]


def test_range_of_some_attributes_goes_on_over_pages() -> None:
    things.load(thing(n, size=n) for n in range(7))
    found = [item["size"] for item in things.query(Range("a"), 2, frozenset({"size"}))]
    assert found == list(range(7))


def test_missing_item_is_none() -> None:
    assert things.get(kind="a", id="404") is None


@pytest.mark.parametrize("value", [0.1, object(), b"bytes"])
def test_value_without_an_exact_form_is_refused(value: Any) -> None:
    with pytest.raises(TypeError):
        marshal({"deep": [value, object()]})


def test_batch_get_takes_more_keys_than_dynamodb_does() -> None:
    things.load(thing(n) for n in range(205))
    keys = [{"kind": "a", "id": f"{n:03}"} for n in range(207)]
    with counted() as calls:
        found = things.batch_get(keys + keys[:50])
    assert sorted(item["id"] for item in found) == [f"{n:03}" for n in range(205)]
    assert calls == {"BatchGetItem": 3}


IMPOSSIBLE = ["", "x" * 2049, "ü" * 1025, "half \ud800"]


@pytest.mark.parametrize("key", IMPOSSIBLE)
def test_nothing_is_found_under_an_impossible_key(key: str) -> None:
    with counted() as calls:
        assert words.get(key=key) is None
        assert words.batch_get([{"key": key}]) == []
        assert ids(Range(key)) == []
        assert ids(Range(key, index="by-colour")) == []
        assert things.get(kind="a", id=key) is None
    assert calls == {}


def test_longest_possible_keys_are_asked_for() -> None:
    assert things.get(kind="x" * 2048, id="x" * 1024) is None
    assert words.batch_get([{"key": "ü" * 1024}]) == []


@pytest.mark.parametrize("page", [1, 3, 7, 1000])
def test_query_reads_on_from_page_to_page(page: int) -> None:
    things.load(thing(n) for n in range(7))
    assert ids(Range("a"), page) == [f"{n:03}" for n in range(7)]


def test_query_stops_asking_when_its_reader_stops() -> None:
    things.load(thing(n) for n in range(7))
    with counted() as calls:
        assert len(list(islice(things.query(Range("a"), 3), 3))) == 3
    assert calls == {"Query": 1}


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        (Range("a"), ["000", "001", "002", "003"]),
        (Range("a", after="001"), ["002", "003"]),
        (Range("a", after="003"), []),
        (Range("a", descending=True), ["003", "002", "001", "000"]),
        (Range("a", after="002", descending=True), ["001", "000"]),
        (Range("red", index="by-colour"), ["000", "002"]),
        (Range("blue", after="003", descending=True, index="by-colour"), ["001"]),
        (Range("b"), []),
    ],
)
def test_range_is_read_in_order(part: Range, expected: list[str]) -> None:
    things.load(thing(n, colour="blue" if n % 2 else "red") for n in range(4))
    assert ids(part, 2) == expected


def put_new(item: dict[str, Any]) -> dict[str, Any]:
    put = things.put_action(item)["Put"]
    return {"Put": put | {"ConditionExpression": "attribute_not_exists(id)"}}


def test_transaction_does_everything() -> None:
    things.load([thing(1)])
    transact([put_new(thing(2)), things.delete_action(kind="a", id="001")])
    assert ids(Range("a")) == ["002"]


def test_transaction_with_a_failed_condition_does_nothing_and_tells_which() -> None:
    things.load([thing(1), thing(3)])
    with pytest.raises(ConditionFailed) as failure:
        transact([put_new(thing(n)) for n in (0, 1, 2, 3)])
    assert failure.value.actions == [1, 3]
    assert ids(Range("a")) == ["001", "003"]


def test_transaction_that_makes_no_sense_is_an_error_of_ours() -> None:
    with pytest.raises(ClientError):
        transact([put_new(thing(1)), put_new(thing(1))])


def test_set_is_made_and_grows() -> None:
    words.add_to_set("words", {"one"}, key="k")
    words.add_to_set("words", ["two", "one"], key="k")
    assert words.get(key="k") == {"key": "k", "words": {"one", "two"}}


def test_load_writes_more_than_one_call_takes() -> None:
    with counted() as calls:
        things.load(thing(n) for n in range(60))
    assert ids(Range("a")) == [f"{n:03}" for n in range(60)]
    assert calls == {"BatchWriteItem": 3}


def answers(status: int, body: dict[str, Any]) -> Any:
    return AWSResponse("", status, HTTPHeaders(), None), body


def busy(member: str, body: dict[str, Any]) -> Callable[..., Any]:
    """Make a hook by which DynamoDB leaves the whole of a first request undone."""
    left = [member]

    def hook(params: Any, **_: Any) -> Any:
        if not left:
            return None
        undone = json.loads(params["body"])["RequestItems"]
        return answers(200, body | {left.pop(): undone})

    return hook


def test_batch_get_asks_again_for_what_was_left_undone() -> None:
    things.load([thing(1), thing(2)])
    keys = [{"kind": "a", "id": id} for id in ("001", "002")]
    with hooked("before-call.dynamodb.BatchGetItem", busy("UnprocessedKeys", {"Responses": {}})):
        found = things.batch_get(keys)
    assert sorted(item["id"] for item in found) == ["001", "002"]


def test_load_writes_again_what_was_left_undone() -> None:
    with hooked("before-call.dynamodb.BatchWriteItem", busy("UnprocessedItems", {})):
        things.load([thing(1), thing(2)])
    assert ids(Range("a")) == ["001", "002"]


def cancelled(*codes: str) -> AbstractContextManager[None]:
    """Have DynamoDB cancel transactions, with these codes for their actions."""
    body = {
        "Error": {"Code": "TransactionCanceledException", "Message": "Transaction cancelled"},
        "CancellationReasons": [{"Code": code} for code in codes],
    }
    return hooked("before-call.dynamodb.TransactWriteItems", lambda **_: answers(400, body))


@pytest.mark.parametrize(
    ("codes", "failed"),
    [
        (["None", "TransactionConflict"], []),
        (["ConditionalCheckFailed", "TransactionConflict"], [0]),
    ],
)
def test_transaction_that_meets_another_is_called_off(codes: list[str], failed: list[int]) -> None:
    with cancelled(*codes), pytest.raises(ConditionFailed) as failure:
        transact([put_new(thing(1)), put_new(thing(2))])
    assert failure.value.actions == failed


def test_transaction_that_is_throttled_is_an_error_of_ours() -> None:
    with cancelled("ThrottlingError"), pytest.raises(ClientError):
        transact([put_new(thing(1))])


def test_missing_variable_is_named() -> None:
    with pytest.raises(MissingSetting, match="TABLE_OTHER_THINGS"):
        Store("other", THINGS).get(kind="a", id="1")
