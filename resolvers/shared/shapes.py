"""Turn dataclasses into plain data and back: camelCase outside, snake_case inside, exact."""

import types
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass
from decimal import Decimal
from enum import Enum
from functools import cache
from keyword import iskeyword
from typing import Any, Union, cast, get_args, get_origin, get_type_hints

PLAIN = (str, bool, int, float, type(None))


class Unset(Enum):
    """The default of an input's attribute for which absent, keep, differs from null, clear."""

    UNSET = "UNSET"


UNSET = Unset.UNSET


def camel(name: str) -> str:
    """Give a Python name its GraphQL form: `next_token` → `nextToken`, `from_` → `from`."""
    first, *rest = name.rstrip("_").split("_")
    return first + "".join(word.capitalize() for word in rest)


def snake(name: str) -> str:
    """Give a GraphQL name its Python form: `nextToken` → `next_token`, `from` → `from_`."""
    words = "".join(f"_{char.lower()}" if char.isupper() else char for char in name).lstrip("_")
    return f"{words}_" if iskeyword(words) else words


def to_plain(value: Any) -> Any:
    """Reduce a value to dicts, lists, strings, booleans, None and numbers; a Decimal stays one."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (*PLAIN, Decimal)):
        return value
    if isinstance(value, (list, tuple)):
        return [to_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {key: to_plain(item) for key, item in value.items()}
    return {outer: to_plain(inner) for outer, inner in _attributes(value)}


def to_json(value: Any) -> Any:
    """Reduce a value to what JSON has: as `to_plain`, with a Decimal as the number it prints."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, PLAIN):
        return value
    if isinstance(value, (list, tuple)):
        return [to_json(item) for item in value]
    if isinstance(value, Mapping):
        return {key: to_json(item) for key, item in value.items()}
    return {outer: to_json(inner) for outer, inner in _attributes(value)}


def from_plain(kind: Any, value: Any) -> Any:
    """Build a value of type `kind` from plain data.

    An attribute takes its default where the data lacks it, or says null and the type has no None.
    """
    return _reader(kind)(value)


def _attributes(value: Any) -> Iterator[tuple[str, Any]]:
    kind: Any = type(value)
    return ((outer, getattr(value, inner)) for inner, outer in _names(kind))


@cache
def _names(kind: Any) -> tuple[tuple[str, str], ...]:
    if not is_dataclass(kind):
        raise TypeError(f"{kind.__name__} has no plain form")
    return tuple((field.name, camel(field.name)) for field in fields(kind))


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
