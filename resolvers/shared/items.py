"""DynamoDB's typed form of items, there and back: numbers are Decimal, exact."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

Item = dict[str, Any]
Only = frozenset[str] | None  # the attributes to read of an item; None for all


def marshal(value: Any) -> dict[str, Any]:
    """Give a plain value DynamoDB's typed form."""
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, (int, Decimal)):
        return {"N": str(value)}
    if value is None:
        return {"NULL": True}
    if isinstance(value, (set, frozenset)):
        return {"SS": sorted(value)}
    if isinstance(value, Mapping):
        return {"M": marshal_item(value)}
    if isinstance(value, Sequence):
        return {"L": [marshal(item) for item in value]}
    raise TypeError(f"DynamoDB has no type for {type(value).__name__}")


def marshal_item(item: Mapping[str, Any]) -> dict[str, Any]:
    """Give an item DynamoDB's typed form."""
    return {name: marshal(value) for name, value in item.items()}


def unmarshal(typed: Mapping[str, Any]) -> Any:
    """Read DynamoDB's typed form back; numbers are Decimal, exact."""
    ((kind, value),) = typed.items()
    if kind == "N":
        return Decimal(value)
    if kind == "NULL":
        return None
    if kind == "L":
        return [unmarshal(item) for item in value]
    if kind == "M":
        return unmarshal_item(value)
    return set(value) if kind == "SS" else value


def unmarshal_item(item: Mapping[str, Any]) -> Item:
    """Read an item's typed form back."""
    # Most attributes are texts, and there may be thousands of them in a page.
    return {name: typed["S"] if "S" in typed else unmarshal(typed) for name, typed in item.items()}


def also(only: Only, *names: str) -> Only:
    """Add what is needed though nobody selected it: to filter, to order, to go on from."""
    return None if only is None else only | {*names}
