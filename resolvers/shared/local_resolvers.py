"""Fields that AppSync answers itself, on a NONE data source: AWS calls them local resolvers.

They are data: `infra/local_resolvers.py` makes AppSync's JavaScript of them, `local/` does in the
process what that JavaScript does. Two kinds: a subscription with an enhanced filter, and a mutation
whose value is its own argument, which exists to be published.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument's value; where it is absent or null, its condition falls away."""

    name: str


@dataclass(frozen=True, slots=True)
class Identity:
    """Something of the caller's identity, such as `sub`; a caller who lacks it is refused."""

    name: str


Value: TypeAlias = str | int | float | bool | tuple[str | int | float, ...] | Argument | Identity


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition on a field of the payload, by one of AppSync's operators, such as `eq` or `in`.

    `field` may be a path of up to five names, with dots.
    """

    field: str
    operator: str
    value: Value


@dataclass(frozen=True, slots=True)
class Own:
    """The field must be the caller's `sub`.

    Asking for somebody else's by the argument of the field's name is refused, rather than waited
    upon for ever. A caller in the group `unless` may have everybody's, or choose by the argument.
    """

    field: str
    unless: str | None = None


@dataclass(frozen=True, slots=True)
class Subscription:
    """A subscription with an enhanced filter: its conditions must all hold.

    `replaced_by` names an argument that is a filter of its own: fields with operators, `and`, `or`.
    Where it is given, it takes the place of the conditions on other arguments; all else stays.
    `invalidation` ends the subscription when a mutation's invalidation payload fits it.

    Where nothing remains to be asked, everything fits that has the first condition's field, which
    is therefore a string that every payload has. (Without any filter, AppSync would take an unset
    variable for null, and nothing would arrive.)
    """

    type_name: ClassVar[str] = "Subscription"
    context: str
    field_name: str
    filter: tuple[Condition | Own, ...]
    replaced_by: str | None = None
    invalidation: tuple[Condition, ...] = ()

    @property
    def coordinate(self) -> str:
        """Name the field as GraphQL does: `Subscription.onTodo`."""
        return f"{self.type_name}.{self.field_name}"


@dataclass(frozen=True, slots=True)
class Invalidation:
    """Subscriptions of one field that a mutation ends: those whose invalidation filter fits.

    `payload` tells where its values are: `{"userId": "context.arguments.userId"}`;
    `context.result.id` is in the mutation's value.
    """

    field: str
    payload: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class LocalMutation:
    """A mutation whose value is the argument `returns`; None: all arguments, as one object."""

    type_name: ClassVar[str] = "Mutation"
    context: str
    field_name: str
    returns: str | None = None
    invalidates: tuple[Invalidation, ...] = ()

    @property
    def coordinate(self) -> str:
        """Name the field as GraphQL does: `Mutation.publishReading`."""
        return f"{self.type_name}.{self.field_name}"


LocalResolver: TypeAlias = Subscription | LocalMutation


def invalidated(
    declared: LocalMutation, arguments: Mapping[str, Any], value: Any
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Tell which subscriptions a mutation ends: the field, and the payload of each invalidation."""
    context = {"arguments": arguments, "result": value}
    for each in declared.invalidates:
        yield each.field, {name: _found(context, at) for name, at in each.payload.items()}


def _found(context: Mapping[str, Any], place: str) -> Any:
    found: Any = context
    for name in place.split(".")[1:]:
        found = found.get(name) if isinstance(found, Mapping) else None
    return found
