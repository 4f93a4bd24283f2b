"""Pages and their tokens."""

import base64
import json
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resolvers.shared.errors import Invalid
from resolvers.shared.paging import (
    LARGEST_ANSWER,
    MAX_LIMIT,
    PAGE_BYTES,
    Listing,
    Page,
    bounded,
    unpaged,
)

NUMBERS = Listing("numbers", filter={"even": True})


def page_after(numbers: list[int], limit: int, token: str | None) -> Page[int]:
    after = NUMBERS.position(token, int)
    left = (number for number in numbers if after is None or number > after)
    return NUMBERS.page(left, limit, lambda number: number)


@given(st.sets(st.integers(0, 30)).map(sorted), st.integers(1, 12))
@settings(deadline=None)
def test_pages_hold_everything_once_and_are_full(numbers: list[int], limit: int) -> None:
    pages = [page_after(numbers, limit, None)]
    while pages[-1].next_token:
        pages.append(page_after(numbers, limit, pages[-1].next_token))
    assert [number for page in pages for number in page.items] == numbers
    assert all(len(page.items) == limit for page, _ in pairwise(pages))
    assert len(pages) == 1 or pages[-1].items


@given(st.lists(st.integers(0, PAGE_BYTES + 9), max_size=9), st.integers(1, 9))
@settings(deadline=None, max_examples=25)
def test_pages_end_before_they_are_too_large(sizes: list[int], limit: int) -> None:
    items = [(place, "x" * size) for place, size in enumerate(sizes)]
    pages: list[Page[tuple[int, str]]] = []
    while not pages or pages[-1].next_token:
        after = NUMBERS.position(pages[-1].next_token, int) if pages else -1
        left = (item for item in items if item[0] > after)
        pages.append(NUMBERS.page(left, limit, lambda item: item[0]))
    assert [item for page in pages for item in page.items] == items
    for page, following in pairwise(pages):
        assert page.items
        fits = len(json.dumps(page.items + following.items[:1])) <= PAGE_BYTES
        assert len(page.items) == limit or not fits
    assert all(len(p.items) == 1 or len(json.dumps(p.items)) < PAGE_BYTES + 99 for p in pages)


def test_size_is_that_of_what_the_runtime_writes() -> None:
    item = "\u0434" * (PAGE_BYTES // 12)
    assert len(NUMBERS.page(iter([item] * 3), 9, str).items) == 1


def test_list_without_pages_has_a_largest_size() -> None:
    assert unpaged(["x" * (LARGEST_ANSWER - 9)])
    with pytest.raises(Invalid, match=r"^limit: asks for more than an answer can hold"):
        unpaged([["x" * LARGEST_ANSWER]])
    nothing_to_measure = object()
    assert unpaged(nothing_to_measure, most=LARGEST_ANSWER) is nothing_to_measure


def token(position: object = 3) -> str:
    given = NUMBERS.page(iter([position, None]), 1, lambda item: item).next_token
    assert given is not None
    return given


@pytest.mark.parametrize(
    ("position", "parts"),
    [("D\u00fcn\u0435\x1f1", (str,)), (7, (int,)), ([2, True, "a\x1fb"], (int, bool, str))],
)
def test_position_comes_back_from_its_token(position: object, parts: tuple[type, ...]) -> None:
    assert NUMBERS.position(token(position), *parts) == position


@pytest.mark.parametrize("forged", [None, 7, True, {}, [], ["a"], ["a", 2], [2, "a", 3]])
@pytest.mark.parametrize("parts", [(str,), (int, str)])
def test_position_of_another_kind_is_refused(forged: object, parts: tuple[type, ...]) -> None:
    with pytest.raises(Invalid, match=r"^nextToken: "):
        NUMBERS.position(token(forged), *parts)


def test_order_of_arguments_does_not_matter() -> None:
    one, other = Listing("f", a=1, b={"c": 1, "d": 2}), Listing("f", b={"d": 2, "c": 1}, a=1)
    page = one.page(iter("ab"), 1, str)
    assert other.position(page.next_token, str) == "a"


@pytest.mark.parametrize(
    "listing",
    [
        Listing("numbers", filter={"even": False}),
        Listing("numbers", filter=None),
        Listing("numbers"),
        Listing("others", filter={"even": True}),
    ],
)
def test_token_is_refused_on_another_list(listing: Listing) -> None:
    with pytest.raises(Invalid, match=r"^nextToken: "):
        listing.position(token(), int)


def reseated(position: object) -> str:
    seal, _ = json.loads(base64.urlsafe_b64decode(token()))
    return base64.urlsafe_b64encode(json.dumps([seal, position]).encode()).decode()


@pytest.mark.parametrize(
    "garbage",
    ["", "x", "====", "null", "💥", "\ud800", "e30=", "WzFd", "MQ==", "bnVsbA==", "WzEsMl0="],
)
def test_garbage_is_refused_as_a_token(garbage: str) -> None:
    with pytest.raises(Invalid, match=r"^nextToken: "):
        NUMBERS.position(garbage, int)


@pytest.mark.parametrize(
    "edited",
    [
        reseated(4),
        reseated(None),
        token() + "!",
        " " + token(),
        token()[:-1],
        base64.urlsafe_b64encode(b"[" * 100_000).decode(),
    ],
    ids=["moved", "emptied", "longer", "spaced", "cut", "deep"],
)
def test_edited_token_is_refused(edited: str) -> None:
    with pytest.raises(Invalid, match=r"^nextToken: "):
        NUMBERS.position(edited, int)


@given(st.integers(0, len(token()) - 1), st.sampled_from("ABCxyz019-_=! "))
@settings(deadline=None)
def test_any_other_character_breaks_a_token(place: int, character: str) -> None:
    whole = token()
    edited = whole[:place] + character + whole[place + 1 :]
    if edited != whole:
        with pytest.raises(Invalid):
            NUMBERS.position(edited, int)


def test_limit_has_a_default_and_bounds() -> None:
    assert bounded(None, default=20) == 20
    assert [bounded(limit, default=20) for limit in (1, MAX_LIMIT)] == [1, MAX_LIMIT]
    for limit in (0, -1, MAX_LIMIT + 1):
        with pytest.raises(Invalid, match=r"^limit: must be between 1 and 1000"):
            bounded(limit, default=20)
