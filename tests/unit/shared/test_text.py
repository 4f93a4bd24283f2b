"""Words, and finding them in spite of a typo."""

import unicodedata
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resolvers.shared.text import (
    LONGEST_WORD,
    Closeness,
    closeness,
    filing_keys,
    fold,
    nearest,
    search_keys,
    words,
)
from tests.unit.naive import edits

LETTERS = st.characters(categories=["Ll", "Lu", "Lo"]).map(fold).filter(lambda c: words(c) == [c])
LETTER = LETTERS.filter(lambda c: len(c) == 1) | st.sampled_from("abcdeñ\u0436ш\u05e9λن").map(
    lambda c: fold(c)[0]
)
WORD = st.lists(LETTER, min_size=4, max_size=14).map("".join)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" \t\n", []),
        ("?!… — ***", []),
        ("Dune", ["dune"]),
        ("Dune, dune & DUNE!", ["dune"]),
        ("The Hitchhiker's Guide", ["the", "hitchhiker", "guide"]),
        ("the dogs' bowl; Rock'n'Roll", ["the", "dogs", "bowl", "rocknroll"]),
        (
            "O\u2019Neill\u2019s Ulysses\u2019 O\u02bcNeill \u2018oneill\u2019",
            ["oneill", "ulysses"],
        ),
        ("Café CREME brûlée", ["cafe", "creme", "brulee"]),
        ("Straße ﬁne ① Å", ["strasse", "fine", "1", "a"]),
        ("snake_case kebab-case 3.14", ["snake", "case", "kebab", "3", "14"]),
        ("Rocket 🚀🚀 ship ☕", ["rocket", "🚀", "ship", "☕"]),
        ("👩‍🚀", ["👩", "🚀"]),
        ("שָׁלוֹם עולם", ["שלום", "עולם"]),
        ("مَرْحَبًا", ["مرحبا"]),
        (
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
            ["\u0645\u06cc\u062e\u0648\u0627\u0647\u0645"],
        ),
        ("soft\u00adware", ["software"]),
        ("\ud800 half", ["half"]),
        ("x" * 500, ["x" * LONGEST_WORD]),
    ],
)
def test_words_are_folded_and_distinct(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@pytest.mark.parametrize("text", ["สวัสดี", "हिन्दी", "தமிழ்"])
def test_vowel_signs_do_not_split_a_word(text: str) -> None:
    assert len(words(text)) == 1


def test_folding_twice_changes_nothing() -> None:
    once = [fold(chr(n)) for n in range(0x20000)]
    unstable = [unicodedata.name(chr(n), hex(n)) for n, c in enumerate(once) if fold(c) != c]
    assert unstable == []


@given(WORD, LETTER, st.data())
@settings(max_examples=300, deadline=None)
def test_a_word_is_found_with_one_typo(word: str, letter: str, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(word) - 1))
    before, after = word[:place], word[place:]
    typos = [
        before + letter + after[1:],
        before + after[1:],
        before + letter + after,
        word + letter,
        before + after[1:2] + after[:1] + after[2:],
    ]
    for typed in typos:
        assert set(filing_keys(word)) & set(search_keys(typed)), typed
        assert closeness(typed, word) is not None, typed


@given(st.text("ab", max_size=8), st.text("abc", max_size=8))
@settings(max_examples=300, deadline=None)
def test_closeness_is_exact_then_prefix_then_one_edit(typed: str, word: str) -> None:
    expected = None
    if typed == word:
        expected = Closeness.EXACT
    elif len(typed) >= 3 and word.startswith(typed):
        expected = Closeness.PREFIX
    elif len(word) >= 4 and edits(typed, word) == 1:
        expected = Closeness.TYPO
    assert closeness(typed, word) is expected


def test_what_is_close_is_filed_where_one_looks() -> None:
    short = ["".join(letters) for size in range(1, 7) for letters in product("ab", repeat=size)]
    close = [(typed, word) for typed in short for word in short if closeness(typed, word)]
    assert len(close) > 1000
    for typed, word in close:
        assert set(filing_keys(word)) & set(search_keys(typed)), (typed, word)


@pytest.mark.parametrize(
    ("typed", "word"),
    [("dnue", "dune"), ("dun", "dune"), ("dunee", "dune"), ("dume", "dune"), ("hobit", "hobbit")],
)
def test_familiar_typos_are_close(typed: str, word: str) -> None:
    assert closeness(typed, word) is not None


@pytest.mark.parametrize(
    ("typed", "word"), [("dnu", "dun"), ("d", "dune"), ("du", "dune"), ("dnuee", "dune")]
)
def test_short_words_and_two_typos_are_not_close(typed: str, word: str) -> None:
    assert closeness(typed, word) is None


@pytest.mark.parametrize("word", ["a", "ab", "abc", "🚀"])
def test_short_words_are_found_without_being_filed(word: str) -> None:
    assert filing_keys(word) == []
    assert nearest(word, [], 5) == {word: Closeness.EXACT}


def test_nearest_keeps_the_shortest_of_many_longer_words() -> None:
    known = ["dunedin", "dunes", "duneful", "rune", "dusk", "dunest"]
    assert nearest("dune", known, 2) == {
        "dune": Closeness.EXACT,
        "dunes": Closeness.PREFIX,
        "dunest": Closeness.PREFIX,
        "rune": Closeness.TYPO,
    }
