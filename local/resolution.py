"""What a mirrored field does when it is asked for its value."""

from enum import Enum
from typing import Any, Protocol, TypeAlias

from graphql import GraphQLResolveInfo

# Python names are GraphQL names behind a prefix: a field may be called `from`, an argument `info`.
PREFIX = "g_"
ResolveInfo: TypeAlias = GraphQLResolveInfo[Any]


class Fields(Protocol):
    """What a request's context offers the mirror: the value of a bound field, now or awaited."""

    def resolve(
        self, coordinate: str, parent: Any, info: ResolveInfo, arguments: dict[str, Any]
    ) -> Any:
        """Answer the field `Type.field`."""


def bound(coordinate: str) -> Any:
    """Make the resolver of a field that has a binding: it asks the request's context.

    It is graphql-core's own, not Strawberry's, which would make dataclasses of arguments that are
    JSON on their way in and out.
    """

    def resolve(root: Any, info: ResolveInfo, **arguments: Any) -> Any:
        fields: Fields = info.context
        return fields.resolve(coordinate, root, info, _json(arguments))

    return resolve


def unbound(name: str) -> Any:
    """Make the resolver of a field that has arguments but no binding."""

    def resolve(root: Any, **_arguments: Any) -> Any:
        return look_up(root, PREFIX + name)

    return resolve


def look_up(parent: Any, python_name: str) -> Any:
    """Find a field in its parent's JSON; AppSync's default resolver."""
    return parent.get(python_name.removeprefix(PREFIX)) if isinstance(parent, dict) else None


def _json(value: Any) -> Any:
    """Turn an argument back into its JSON: graphql-core made members of the enums' names."""
    if isinstance(value, dict):
        return {name: _json(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_json(item) for item in value]
    return value.name if isinstance(value, Enum) else value
