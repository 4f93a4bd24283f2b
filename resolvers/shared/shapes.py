"""Turn dataclasses into plain data and back: camelCase outside, snake_case inside, exact."""

import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any, Union, cast, get_args, get_origin, get_type_hints

# Values of these very classes stay as they are.
PLAIN: frozenset[type] = frozenset((str, bool, int, float, type(None)))


class Unset(Enum):
    """The default of an input's attribute for which absent, keep, differs from null, clear."""

    UNSET = "UNSET"


UNSET = Unset.UNSET


def camel(name: str) -> str:
    """Give a Python name its GraphQL form: `next_token` → `nextToken`, `from_` → `from`."""
    first, *rest = name.rstrip("_").split("_")
    return first + "".join(word.capitalize() for word in rest)


def to_plain(value: Any) -> Any:
    """Reduce a value to dicts, lists, strings, booleans, None and numbers; a Decimal stays one."""
    kind: Any = type(value)
    return value if kind in PLAIN or kind is Decimal else _plain_writer(kind)(value)


def to_json(value: Any) -> Any:
    """Reduce a value to what JSON has: as `to_plain`, with a Decimal as the number it prints."""
    kind: Any = type(value)
    return value if kind in PLAIN else _json_writer(kind)(value)


def from_plain(kind: Any, value: Any) -> Any:
    """Build a value of type `kind` from plain data.

    An attribute takes its default where the data lacks it, or says null and the type has no None.
    """
    return _reader(kind)(value)


@cache
def _plain_writer(kind: Any) -> Callable[[Any], Any]:
    return _writer(kind, to_plain, lambda value: value)


@cache
def _json_writer(kind: Any) -> Callable[[Any], Any]:
    return _writer(kind, to_json, _number)


def _number(value: Decimal) -> int | float:
    near = float(value)
    # Of a long number with a fraction, the float may be whole.
    whole = near.is_integer() and value == value.to_integral_value()
    return int(value) if whole else near


def _writer(
    kind: type, reduce: Callable[[Any], Any], number: Callable[[Decimal], Any]
) -> Callable[[Any], Any]:
    """Make what reduces values of one class, so that only the first of them is looked at closely.

    `reduce` does the same for the values within, `number` for a Decimal.
    """
    if issubclass(kind, Decimal):
        return number
    if issubclass(kind, Enum):
        return lambda value: value.value
    if issubclass(kind, tuple(PLAIN)):
        return lambda value: value
    if issubclass(kind, (list, tuple)):
        return lambda value: [reduce(item) for item in value]
    if issubclass(kind, Mapping):
        return lambda value: {key: reduce(item) for key, item in value.items()}
    return _dataclass_writer(kind, reduce)


def _dataclass_writer(kind: type, reduce: Callable[[Any], Any]) -> Callable[[Any], Any]:
    if not is_dataclass(kind):
        raise TypeError(f"{kind.__name__} has no plain form")
    names = tuple((field.name, camel(field.name)) for field in fields(kind))

    def write(value: Any) -> dict[str, Any]:
        written = {}
        for inner, outer in names:
            member = getattr(value, inner)
            written[outer] = member if type(member) in PLAIN else reduce(member)
        return written

    return write


@cache
def _reader(kind: Any) -> Callable[[Any], Any]:
    if is_dataclass(kind) and isinstance(kind, type):
        return _dataclass_reader(kind)
    if get_origin(kind) in (Union, types.UnionType):
        return _optional_reader(kind)
    if get_origin(kind) in (list, tuple):
        read, build = _reader(get_args(kind)[0]), get_origin(kind)
        return lambda value: build(read(item) for item in value)
    if kind is Decimal:
        # str() of a float is the shortest text that reads back the same: 12.99, not its neighbour.
        return lambda value: value if isinstance(value, Decimal) else Decimal(str(value))
    if kind is int or kind is float or (isinstance(kind, type) and issubclass(kind, Enum)):
        return cast("Callable[[Any], Any]", kind)
    return lambda value: value


def _optional_reader(kind: Any) -> Callable[[Any], Any]:
    inner = [option for option in get_args(kind) if option is not type(None)]
    read = _reader(inner[0]) if len(inner) == 1 else lambda value: value
    return lambda value: None if value is None else read(value)


def _dataclass_reader(kind: type) -> Callable[[Any], Any]:
    hints = get_type_hints(kind)
    members = [(f.name, camel(f.name), _reader(hints[f.name])) for f in fields(kind)]
    absent = {f.name: None for f in fields(kind) if not _has_default(f)}
    never_null = {
        outer
        for inner, outer, _ in members
        if inner not in absent and type(None) not in get_args(hints[inner])
    }

    def read(value: Any) -> Any:
        given = {
            inner: convert(value[outer])
            for inner, outer, convert in members
            if outer in value and (value[outer] is not None or outer not in never_null)
        }
        return kind(**(absent | given))

    return read


def _has_default(field: Any) -> bool:
    return field.default is not MISSING or field.default_factory is not MISSING
