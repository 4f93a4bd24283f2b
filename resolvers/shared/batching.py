"""Batch resolvers: the parents of one selection in, their values out, in the same order."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")
CONCURRENT_CALLS = 8


def in_order(keys: Sequence[str], found: Iterable[B], key: Callable[[B], str]) -> list[B | None]:
    """Line up what was found with the keys that were asked for; None where nothing was."""
    by_key = {key(item): item for item in found}
    return [by_key.get(wanted) for wanted in keys]


def side_by_side(call: Callable[[A], B], arguments: Sequence[A]) -> list[B]:
    """Call once per distinct argument, up to eight at a time, and give the results in order."""
    distinct = list(dict.fromkeys(arguments))
    if len(distinct) <= 1:
        results = [call(argument) for argument in distinct]
    else:
        with ThreadPoolExecutor(min(CONCURRENT_CALLS, len(distinct))) as pool:
            results = list(pool.map(call, distinct))
    by_argument = dict(zip(distinct, results, strict=True))
    return [by_argument[argument] for argument in arguments]
