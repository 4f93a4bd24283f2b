"""DynamoDB's expressions: attributes always by placeholders, for `name` is a reserved word."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from resolvers.shared.items import Only, marshal


@dataclass(frozen=True, slots=True)
class Increment:
    """A change that adds to a number instead of setting it."""

    by: int = 1


def projection(key: Sequence[str], only: Only) -> dict[str, Any]:
    """Write which attributes a read gives, those of the key included; nothing if that is all."""
    if only is None:
        return {}
    names = {f"#o{n}": name for n, name in enumerate(sorted({*key, *only}))}
    return {"ProjectionExpression": ", ".join(names), "ExpressionAttributeNames": names}


def marked(values: Mapping[str, Any]) -> dict[str, Any]:
    """Give values as an expression refers to them, by their names with a colon."""
    return {f":{name}": marshal(value) for name, value in values.items()}


def update(changes: Mapping[str, Any]) -> tuple[str, dict[str, str], dict[str, Any]]:
    """Write an update: its expression, the names in it and its values, without their colons."""
    places = {f"v{n}": change for n, change in enumerate(changes.values())}
    names = {f"#{place}": name for place, name in zip(places, changes, strict=True)}
    added = {place: change.by for place, change in places.items() if isinstance(change, Increment)}
    sets = [f"#{place} = :{place}" for place in places if place not in added]
    adds = [f"#{place} :{place}" for place in added]
    parts = [f"{verb} {', '.join(of)}" for verb, of in (("SET", sets), ("ADD", adds)) if of]
    return " ".join(parts), names, places | added
