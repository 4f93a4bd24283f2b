"""The one filter language: and/or/not around operators, made a predicate over plain items.

Operators of one field, and fields of one filter, must all hold. Strings compare by code point and
case counts, as in DynamoDB. An attribute that is null fits `eq: null`, `ne`, `notContains` and
nothing else.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from resolvers.shared.errors import Invalid

Predicate = Callable[[Mapping[str, Any]], bool]
MAX_DEPTH = 16


def predicate(given: Mapping[str, Any] | None, path: str = "filter", depth: int = 0) -> Predicate:
    """Compile a filter, as it came from GraphQL; Invalid names the part that makes no sense."""
    if depth > MAX_DEPTH:
        raise Invalid("filter", f"is nested more than {MAX_DEPTH} deep")
    tests = [
        _part(name, value, f"{path}.{name}", depth)
        for name, value in (given or {}).items()
        if value is not None
    ]
    return lambda item: all(test(item) for test in tests)


def tested(given: Mapping[str, Any] | None) -> set[str]:
    """Name the attributes that a filter looks at."""
    found = set[str]()
    for name, value in (given or {}).items():
        if name in ("and", "or", "not"):
            parts = [value] if name == "not" else value or ()
            found.update(*map(tested, parts))
        else:
            found.add(name)
    return found


def _part(name: str, value: Any, path: str, depth: int) -> Predicate:
    if name in ("and", "or"):
        parts = [predicate(part, f"{path}[{n}]", depth + 1) for n, part in enumerate(value)]
        combine = all if name == "and" else any
        return lambda item: combine(part(item) for part in parts)
    if name == "not":
        inner = predicate(value, path, depth + 1)
        return lambda item: not inner(item)
    if not isinstance(value, Mapping):
        return lambda item: bool(item.get(name) == value)
    tests = [
        _operator(operator, _exact(operand), f"{path}.{operator}")
        for operator, operand in value.items()
    ]
    return lambda item: all(test(item.get(name)) for test in tests)


def _operator(name: str, operand: Any, path: str) -> Callable[[Any], bool]:
    if name == "eq":
        return lambda value: bool(value == operand)
    if name == "ne":
        return lambda value: bool(value != operand)
    _check_operand(name, operand, path)
    compare = COMPARISONS[name]
    if name == "notContains":
        return lambda value: value is None or compare(value, operand)
    return lambda value: value is not None and compare(value, operand)


def _check_operand(name: str, operand: Any, path: str) -> None:
    if operand is None or (isinstance(operand, list) and None in operand):
        raise Invalid(path, "must not be null")
    if name == "between" and len(operand) != 2:  # noqa: PLR2004 - a range has two ends
        raise Invalid(path, "takes two values, the lower and the upper end")


def _exact(operand: Any) -> Any:
    if isinstance(operand, list):
        return [_exact(item) for item in operand]
    # JSON's 12.99 must equal the stored Decimal("12.99"), not the binary fraction next to it.
    return Decimal(str(operand)) if isinstance(operand, float) else operand


COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "lt": lambda value, operand: bool(value < operand),
    "le": lambda value, operand: bool(value <= operand),
    "gt": lambda value, operand: bool(value > operand),
    "ge": lambda value, operand: bool(value >= operand),
    "between": lambda value, operand: bool(operand[0] <= value <= operand[1]),
    "contains": lambda value, operand: operand in value,
    "notContains": lambda value, operand: operand not in value,
    "beginsWith": lambda value, operand: bool(value.startswith(operand)),
    "in": lambda value, operand: value in operand,
}
