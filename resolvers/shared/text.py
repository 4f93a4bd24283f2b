"""Fuzzy words without a search cluster: from text to words, and from words to look-up keys.

A word of four letters or more is found with one typo (a letter wrong, missing, extra, or two
swapped). One typo leaves either the first or the last `(length - 1) // 2` letters of a word
untouched, so each word is filed under both, with its length; a searcher looks under the halves of
what was typed, for the lengths one typo away, and keeps the words that really are within one typo.
Words are cut at 64 letters, and only the letters before the cut count.
"""

import re
import unicodedata
from collections.abc import Iterable
from enum import IntEnum

SHORTEST_FUZZY = 4
PREFIX = 3
LONGEST_WORD = 64
MARKS = ("Mn", "Mc", "Me", "Cf")  # accents, vowel signs, joiners, soft hyphens
APOSTROPHE = re.compile(r"['\u2018\u2019\u02bc](s\b)?")
WORD = re.compile(r"[^\W_]+|[\u2600-\u27bf\U0001f300-\U0001faff]")


class Closeness(IntEnum):
    """How near a word is to what was typed; smaller is nearer."""

    EXACT = 0
    PREFIX = 1
    TYPO = 2


def fold(text: str) -> str:
    """Take away case, accents and extra white space, so that what looks alike compares alike."""
    decomposed = unicodedata.normalize("NFKD", text)
    bare = "".join(char for char in decomposed if unicodedata.category(char) not in MARKS)
    return " ".join(bare.casefold().split())


def words(text: str) -> list[str]:
    """Split a text into its distinct folded words, in order."""
    plain = APOSTROPHE.sub("", fold(text))
    return list(dict.fromkeys(word[:LONGEST_WORD] for word in WORD.findall(plain)))


def filing_keys(word: str) -> list[str]:
    """List the keys under which a word of the vocabulary is filed."""
    keys = [f"^{word[:PREFIX]}"] if len(word) > PREFIX else []
    return keys + (_halves(word, len(word)) if len(word) >= SHORTEST_FUZZY else [])


def search_keys(typed: str) -> list[str]:
    """List the keys under which words near the typed one are filed."""
    keys = [f"^{typed[:PREFIX]}"] if len(typed) >= PREFIX else []
    near = range(max(SHORTEST_FUZZY, len(typed) - 1), len(typed) + 2)
    return keys + [key for length in near for key in _halves(typed, length)]


def _halves(letters: str, length: int) -> list[str]:
    half = (length - 1) // 2
    return [f"{length}<{letters[:half]}", f"{length}>{letters[-half:]}"]


def closeness(typed: str, word: str) -> Closeness | None:
    """Tell how near a word is to the typed one; None when it is another word."""
    if typed == word:
        return Closeness.EXACT
    if len(typed) >= PREFIX and word.startswith(typed):
        return Closeness.PREFIX
    if len(word) >= SHORTEST_FUZZY and _one_typo(typed, word):
        return Closeness.TYPO
    return None


def nearest(typed: str, known: Iterable[str], most_prefixes: int) -> dict[str, Closeness]:
    """Choose the known words near the typed one, itself included; of longer ones the shortest."""
    found = {word: near for word in known if (near := closeness(typed, word)) is not None}
    prefixed = sorted(
        (w for w, near in found.items() if near is Closeness.PREFIX), key=lambda w: (len(w), w)
    )
    for word in prefixed[most_prefixes:]:
        del found[word]
    return found | {typed: Closeness.EXACT}


def _one_typo(left: str, right: str) -> bool:
    if len({*left} ^ {*right}) > 2:  # noqa: PLR2004 - a letter lost and one gained; tells most apart
        return False
    start = _common(left, right)
    a, b = left[start:], right[start:]
    if len(a) == len(b):
        return a[1:] == b[1:] or (a[:2] == b[1::-1] and a[2:] == b[2:])
    return a[1:] == b if len(a) > len(b) else a == b[1:]


def _common(left: str, right: str) -> int:
    pairs = zip(left, right, strict=False)
    return next((n for n, (a, b) in enumerate(pairs) if a != b), min(len(left), len(right)))
