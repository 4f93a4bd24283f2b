"""Slow and obvious versions of what the kernel does cleverly, to compare with."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

NAMES = ["", "Dune", "dune", "Dune Messiah", "Emma", "Ünderland", "été"]
PRICES = [0.1, 1.0, 9.99, 12.99, 20.0]
COUNTS = [0, 1, 2, 10]


def holds(filter: Mapping[str, Any], item: Mapping[str, Any]) -> bool:
    """Tell whether an item fits a filter, reading the filter anew each time."""
    for name, value in filter.items():
        match name:
            case "and":
                fits = all(holds(part, item) for part in value)
            case "or":
                fits = any(holds(part, item) for part in value)
            case "not":
                fits = not holds(value, item)
            case _:
                fits = all(_operator(item[name], op, operand) for op, operand in value.items())
        if not fits:
            return False
    return True


def _operator(value: Any, name: str, operand: Any) -> bool:
    if value is None:
        return name == "notContains" or (name, operand is None) in {("eq", True), ("ne", False)}
    if operand is None:
        return name == "ne"
    if isinstance(value, Decimal):
        value = float(value)
    low, high = operand if name == "between" else (None, None)
    results: dict[str, Callable[[], Any]] = {
        "eq": lambda: value == operand,
        "ne": lambda: value != operand,
        "lt": lambda: value < operand,
        "le": lambda: value <= operand,
        "gt": lambda: value > operand,
        "ge": lambda: value >= operand,
        "between": lambda: low <= value <= high,
        "contains": lambda: operand in value,
        "notContains": lambda: operand not in value,
        "beginsWith": lambda: value[: len(operand)] == operand,
        "in": lambda: any(value == one for one in operand),
    }
    return bool(results[name]())


def edits(left: str, right: str) -> int:
    """Count the edits between two words: a letter wrong, missing or extra, or two swapped."""
    rows = [[max(i, j) for j in range(len(right) + 1)] for i in range(len(left) + 1)]
    for i, a in enumerate(left, 1):
        for j, b in enumerate(right, 1):
            rows[i][j] = min(
                rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + int(a != b)
            )
            if left[i - 2 : i] == right[j - 2 : j][::-1] and min(i, j) > 1:
                rows[i][j] = min(rows[i][j], rows[i - 2][j - 2] + 1)
    return rows[-1][-1]


def _operators(values: list[Any], *more: str) -> st.SearchStrategy[dict[str, Any]]:
    one = st.sampled_from(values)
    several = st.lists(one, max_size=3)
    optional: dict[str, st.SearchStrategy[Any]] = {
        "eq": one | st.none(),
        "ne": one | st.none(),
        **dict.fromkeys(("lt", "le", "gt", "ge", *more), one),
        "between": st.tuples(one, one).map(list),
        "in": several,
    }
    pairs = st.one_of([st.tuples(st.just(name), operand) for name, operand in optional.items()])
    return st.lists(pairs, min_size=1, max_size=2).map(dict)


STRINGS = _operators(NAMES, "contains", "notContains", "beginsWith")
FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "name": STRINGS,
    "description": STRINGS,
    "category": _operators(["book", "game"], "contains", "notContains", "beginsWith"),
    "price": _operators(PRICES),
    "stock": _operators(COUNTS),
}
LEAVES: st.SearchStrategy[dict[str, Any]] = st.one_of(
    [st.fixed_dictionaries({name: operators}) for name, operators in FIELDS.items()]
)
FILTERS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.fixed_dictionaries({"and": st.lists(inner, max_size=2)}),
        st.fixed_dictionaries({"or": st.lists(inner, max_size=2)}),
        st.fixed_dictionaries({"not": inner}),
        st.tuples(inner, LEAVES).map(lambda two: {**two[0], **two[1]}),
    ),
    max_leaves=5,
)
ITEMS = st.fixed_dictionaries(
    {
        "name": st.sampled_from(NAMES),
        "description": st.sampled_from([*NAMES, None]),
        "category": st.sampled_from(["book", "game"]),
        "price": st.sampled_from(PRICES).map(lambda price: Decimal(str(price))),
        "stock": st.sampled_from(COUNTS),
    }
)
