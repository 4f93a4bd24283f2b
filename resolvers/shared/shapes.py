"""Turn dataclasses into plain data and back: camelCase outside, snake_case inside, numbers exact inside."""

import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from decimal import Decimal
from enum import Enum
from functools import cache
from keyword import iskeyword
from typing import Any, Union, cast, get_args, get_origin, get_type_hints

PLAIN = (str, bool, int, float, type(None))


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
    return {outer: to_plain(getattr(value, inner)) for inner, outer in _names(type(value))}


def to_json(value: Any) -> Any:
    """Reduce a value to what JSON has: as `to_plain`, with a Decimal as the number that prints the same."""
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
    return {outer: to_json(getattr(value, inner)) for inner, outer in _names(type(value))}


def from_plain(kind: Any, value: Any) -> Any:
    """Build a value of type `kind` from plain data; what plain data lacks takes the dataclass's default."""
    return _reader(kind)(value)


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
        # str() of a float is the shortest text that reads back the same: 12.99 becomes Decimal("12.99").
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
    members = [(field, camel(field.name), _reader(hints[field.name])) for field in fields(kind)]

    def read(value: Any) -> Any:
        given = {
            field.name: convert(value[outer]) for field, outer, convert in members if outer in value
        }
        absent = [f.name for f, outer, _ in members if outer not in value and _has_no_default(f)]
        return kind(**given, **dict.fromkeys(absent))

    return read


def _has_no_default(field: Any) -> bool:
    return field.default is MISSING and field.default_factory is MISSING
