"""What a mirrored field does when it is asked for its value."""

from enum import Enum
from typing import Any, Protocol, TypeAlias

import strawberry
from graphql import GraphQLResolveInfo
from strawberry.types.info import Info

# Python names are GraphQL names behind a prefix: a field may be called `from`, an argument `info`.
PREFIX = "g_"
ResolveInfo: TypeAlias = GraphQLResolveInfo[Any]


class Fields(Protocol):
    """What a request's context offers the mirror: the value of a bound field, now or awaited."""

    def resolve(
        self, coordinate: str, parent: Any, info: ResolveInfo, arguments: dict[str, Any]
    ) -> Any:
        """Answer the field `Type.field`."""


class RawInfo(Info[Any, Any]):
    """Strawberry's info, with graphql-core's own beneath it."""

    @property
    def raw(self) -> ResolveInfo:
        """Give graphql-core's info, which has the field's nodes."""
        return self._raw_info


def bound(coordinate: str) -> Any:
    """Make the resolver of a field that has a binding: it asks the request's context."""

    def resolve(root: Any, info: RawInfo, **arguments: Any) -> Any:
        fields: Fields = info.context
        return fields.resolve(coordinate, root, info.raw, _json_members(arguments))

    return resolve


def unbound(name: str) -> Any:
    """Make the resolver of a field that has arguments but no binding."""

    def resolve(root: Any, info: RawInfo, **_arguments: Any) -> Any:
        return look_up(root, PREFIX + name)

    return resolve


def look_up(parent: Any, python_name: str) -> Any:
    """Find a field in its parent's JSON; AppSync's default resolver."""
    return parent.get(python_name.removeprefix(PREFIX)) if isinstance(parent, dict) else None


def _json(value: Any) -> Any:
    """Turn an argument back into its JSON: Strawberry made enums and dataclasses of it."""
    if isinstance(value, list):
        return [_json(item) for item in value]
    if isinstance(value, Enum):
        return value.name
    if hasattr(value, "__strawberry_definition__"):
        return _json_members(vars(value))
    return value


def _json_members(members: dict[str, Any]) -> dict[str, Any]:
    return {
        name.removeprefix(PREFIX): _json(value)
        for name, value in members.items()
        if value is not strawberry.UNSET
    }
