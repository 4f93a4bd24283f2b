"""Completes plain JSON fast, under graphql-core's own execution (ADR 6).

A plan is compiled from what is selected of a type, for data that needs no resolver: it checks each
value and picks what was asked for. It gives up at the first value that is not as it should be, and
graphql-core completes that sub-tree itself, whose errors are thus its own.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from graphql import (
    GraphQLEnumType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLUnionType,
)

Plan: TypeAlias = Callable[[Any], Any]
Grouped: TypeAlias = Mapping[str, Any]  # graphql-core's fields by response key, with their nodes
# Of these scalars, a value of this very class is its own JSON; no number in JSON is infinite.
EXACT: Mapping[str, type] = {"String": str, "ID": str, "Boolean": bool, "Float": float}


class Irregular(Exception):
    """A value, or a selection, that is left to graphql-core."""


class Planner:
    """Compiles the selections of one document for one caller."""

    def __init__(
        self,
        schema: GraphQLSchema,
        collect: Callable[[GraphQLObjectType, Any], Grouped],
        closed: Callable[[str, str], bool],
        leaf: Callable[[Any, Any], Any],
    ) -> None:
        """`collect` gives what is selected of a type beneath a field's nodes.

        `closed` tells of a type and a field whether its value is not simply its parent's member.
        `leaf` completes a value of a scalar or an enum, or raises.
        """
        self._schema = schema
        self._collect = collect
        self._closed = closed
        self._leaf = leaf

    def value(self, kind: Any, details: Any) -> Plan:
        """Compile a field's type; raises Irregular where a sub-tree needs graphql-core anyway."""
        if isinstance(kind, GraphQLNonNull):
            return _present(self._named(kind.of_type, details))
        return _nullable(self._named(kind, details))

    def object(self, kind: GraphQLObjectType, grouped: Grouped) -> Plan:
        """Compile what is selected of an object."""
        members = [
            (key, name, *self._member(kind, name, details))
            for key, details in grouped.items()
            for name in [details[0].node.name.value]
        ]

        def complete(value: Any) -> dict[str, Any]:
            if type(value) is not dict:
                raise Irregular
            get, completed = value.get, {}
            for key, name, exact, plan in members:
                member = get(name)
                completed[key] = member if type(member) is exact else plan(member)
            return completed

        return complete

    def _member(self, kind: GraphQLObjectType, name: str, details: Any) -> tuple[type, Plan]:
        """Give the class whose values need no plan, and the plan for all others."""
        if name == "__typename":
            return Irregular, lambda _: kind.name
        if self._closed(kind.name, name):
            raise Irregular
        declared = kind.fields[name].type
        named = declared.of_type if isinstance(declared, GraphQLNonNull) else declared
        exact = EXACT.get(named.name, Irregular) if isinstance(named, GraphQLScalarType) else None
        return exact or Irregular, self.value(declared, details)

    def _named(self, kind: Any, details: Any) -> Plan:
        if isinstance(kind, GraphQLList):
            return _list(self.value(kind.of_type, details))
        if isinstance(kind, GraphQLObjectType):
            return self.object(kind, self._collect(kind, details))
        if isinstance(kind, (GraphQLInterfaceType, GraphQLUnionType)):
            return self._abstract(kind, details)
        assert isinstance(kind, (GraphQLScalarType, GraphQLEnumType))
        return self._scalar(kind)

    def _abstract(self, kind: GraphQLInterfaceType | GraphQLUnionType, details: Any) -> Plan:
        possible = self._schema.get_possible_types(kind)
        plans = {each.name: self.object(each, self._collect(each, details)) for each in possible}

        def complete(value: Any) -> Any:
            name = value.get("__typename") if type(value) is dict else None
            if type(name) is not str or name not in plans:
                raise Irregular
            return plans[name](value)

        return complete

    def _scalar(self, kind: GraphQLScalarType | GraphQLEnumType) -> Plan:
        leaf, is_own = self._leaf, _own(kind)

        def complete(value: Any) -> Any:
            if is_own(value):
                return value
            try:
                return leaf(kind, value)
            except Exception:  # whatever a scalar raises, graphql-core will hear it again
                raise Irregular from None

        return complete


def _own(kind: GraphQLScalarType | GraphQLEnumType) -> Callable[[Any], bool]:
    """Give what tells of a value, without asking its type, that it is its own JSON."""
    if isinstance(kind, GraphQLEnumType):
        names = {name for name, declared in kind.values.items() if declared.value == name}
        return lambda value: type(value) is str and value in names
    if kind.name == "Int":
        return lambda value: type(value) is int and -(2**31) <= value < 2**31
    exact = EXACT.get(kind.name)
    return lambda value: type(value) is exact


def _present(plan: Plan) -> Plan:
    def complete(value: Any) -> Any:
        if value is None:
            raise Irregular
        return plan(value)

    return complete


def _nullable(plan: Plan) -> Plan:
    return lambda value: None if value is None else plan(value)


def _list(plan: Plan) -> Plan:
    def complete(value: Any) -> list[Any]:
        if type(value) is not list:
            raise Irregular
        return [plan(item) for item in value]

    return complete
