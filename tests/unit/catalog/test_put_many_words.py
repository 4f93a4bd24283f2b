"""Products of more words than one transaction takes, and crashes between its transactions."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from resolvers.shared import aws
from resolvers.shared.errors import InternalError
from tests.unit.calls import counted, hooked
from tests.unit.shop import call, contents, found, put, stock, thing

pytestmark = pytest.mark.usefixtures("shop")

WRITE = "before-call.dynamodb.TransactWriteItems"
# Short words, which are in no vocabulary: moto copies all tables for each action of a transaction.
WORDS_OF = {name: [f"{name[0]}{n:02}".lower() for n in range(100)] for name in ("Alpha", "Omega")}


class Crash(Exception):
    """The function died here."""


def put_words(name: str, *more: str) -> dict[str, Any]:
    """Write product 1 anew: its description is the words that go with the name."""
    return put(id="1", name=name, description=" ".join([*WORDS_OF[name], *more]))


def posted() -> set[str]:
    return {item["word"] for item in contents()["ranked-postings"]}


def found_by_its_words_only(*others: str) -> str:
    """Check that product 1 is found by all of its words and no others; give its name."""
    name: str = call("product", id="1")["name"]
    for each, words in WORDS_OF.items():
        expected = ["1"] if each == name else []
        for word in (words[0], words[50], words[-1]):
            assert found(word) == expected, (word, name)
        assert found(" ".join(words[:3]), sort={"field": "PRICE"}) == expected
        assert {*found(each)} - {*others} == {*expected}
    assert posted() >= {name.lower(), *WORDS_OF[name]}
    return name


def test_words_beyond_one_transaction_are_all_written() -> None:
    stock()
    with counted() as calls:
        put_words("Alpha")
    assert calls["TransactWriteItems"] == 2
    assert posted() == {"alpha", *WORDS_OF["Alpha"]}
    assert found_by_its_words_only() == "Alpha"


def test_all_words_change_in_several_transactions() -> None:
    stock(thing("1", "Alpha", description=" ".join(WORDS_OF["Alpha"])))
    with counted() as calls:
        put_words("Omega")
    assert calls["TransactWriteItems"] == 4
    assert posted() == {"omega", *WORDS_OF["Omega"]}
    assert found_by_its_words_only() == "Omega"
    put(id="1", name="Short")
    assert posted() == {"short"}


@contextmanager
def crash_at(write: int) -> Iterator[None]:
    left = write

    def hook(**_: Any) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise Crash

    with hooked(WRITE, hook):
        yield


@pytest.mark.parametrize(
    ("write", "left"), [(0, "Alpha"), (1, "Alpha"), (2, "Omega"), (3, "Omega")]
)
def test_crash_between_transactions_gives_no_wrong_result(write: int, left: str) -> None:
    stock(thing("1", "Alpha", description=" ".join(WORDS_OF["Alpha"])))
    with crash_at(write):
        put_or_crash("Omega")
    assert found_by_its_words_only() == left
    other = "Alpha" if left == "Omega" else "Omega"
    put_words(other)
    assert found_by_its_words_only() == other


def put_or_crash(name: str) -> None:
    # The handler would tell a client of an InternalError; a crash tells nobody anything.
    try:
        put_words(name)
    except Exception as error:
        assert type(error).__name__ == "InternalError"


def test_order_that_a_crash_left_is_found_nowhere() -> None:
    words = " ".join(WORDS_OF["Alpha"])
    stock(thing("1", "Alpha", description=words), thing("2", "Beta", description="a00"))
    with crash_at(1), pytest.raises(InternalError):
        put(id="1", name="Omega", description=words)
    ranks = {item["rank"] for item in contents()["ranked-postings"]}
    assert ranks > {"1alpha\x1f1", "1omega\x1f1"}
    assert found("a00") == [*found("a00 a01 a02"), "2"] == ["1", "2"]
    put(id="1", name="Zeta", description=words)
    assert found("a00") == ["2", "1"]


def test_crash_of_a_first_write_leaves_nothing_to_find() -> None:
    stock(thing("2", "Alpha"))
    with crash_at(1):
        put_or_crash("Alpha")
    assert posted() > {"alpha"}
    assert call("product", id="1") is None
    assert found("alpha") == ["2"]
    for word in WORDS_OF["Alpha"][::20]:
        assert found(word) == []
    put_words("Omega")
    assert found_by_its_words_only("2") == "Omega"


def test_late_removal_takes_no_word_that_another_write_has_put() -> None:
    """A write is held up before it removes old words; meanwhile another puts them back."""
    stock(thing("1", "Alpha", description=" ".join(WORDS_OF["Alpha"])))
    held_up: list[dict[str, Any]] = []

    def hold(params: Any, **_: Any) -> None:
        request = json.loads(params["body"])
        if all("Put" not in action for action in request["TransactItems"]):
            held_up.append(request)
            raise Crash

    with hooked(WRITE, hold):
        put_or_crash("Omega")
    assert len(held_up) == 1
    with hooked(WRITE, after(1, lambda: send(held_up.pop()))):
        put_words("Alpha", "again")
    assert held_up == []
    assert posted() >= {"alpha", "again", *WORDS_OF["Alpha"]}
    assert found_by_its_words_only() == "Alpha"


def after(writes: int, act: Callable[[], object]) -> Callable[..., None]:
    """Make a hook that acts once, between the given number of writes and the next."""
    left = writes

    def hook(**_: Any) -> None:
        nonlocal left
        left -= 1
        if left == -1:
            act()

    return hook


def send(request: dict[str, Any]) -> None:
    client = aws.dynamodb()
    with suppress(client.exceptions.TransactionCanceledException):
        client.transact_write_items(**request)
