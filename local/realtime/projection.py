"""What subscribers with the same document are sent of an event.

The event is what a mutation answered, so its values are JSON already and no resolver runs again:
it only has to be cut to the subscriber's selection. That is compiled once. A value that does not
fit (null where there must be none, a field that the mutation did not select, one that the
subscriber may not see) is left to graphql-core's execution, which knows what to say about it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import orjson
from graphql import (
    ExecutionResult,
    GraphQLEnumType,
    GraphQLLeafType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    GraphQLSchema,
    is_specified_scalar_type,
)
from graphql.execution import Executor, execute_subscription_event
from graphql.execution.collect_fields import GroupedFieldSet, collect_fields

from local.appsync.completion import completion_error
from local.appsync.document import Document
from local.appsync.errors import FieldError, field_error
from local.appsync.execution import Guard

Cut = Callable[[Any], Any]
PYTHON: Mapping[str, tuple[type, ...]] = {
    "Int": (int,),
    "Float": (int, float),
    "String": (str,),
    "ID": (str,),
    "Boolean": (bool,),
}


class Irregular(Exception):
    """A value that has to be looked at more closely."""


class PublishedExecution(Guard):
    """graphql-core's execution with AppSync's checks on every field."""

    @staticmethod
    def complete_leaf_value(return_type: GraphQLLeafType, result: Any) -> Any:
        """Check what GraphQL itself knows; AppSync's scalars were written by the mutation."""
        if is_specified_scalar_type(return_type) or isinstance(return_type, GraphQLEnumType):
            return Executor.complete_leaf_value(return_type, result)
        return result


@dataclass(frozen=True, slots=True)
class Visible:
    """What a subscriber may see; the shape that `Guard` asks of a request's context."""

    denied: frozenset[tuple[str, str]]
    nulled: frozenset[tuple[str, str]]
    depth_limit: int
    too_deep: bool
    completed: None = None


class Projection:
    """One document, its variables and who may see what of it, for one root field."""

    def __init__(
        self,
        schema: GraphQLSchema,
        document: Document,
        operation_name: str | None,
        variables: Mapping[str, Any],
        visible: Visible,
    ) -> None:
        built = PublishedExecution.build(
            schema,
            document.node,
            context_value=visible,
            raw_variable_values=dict(variables),
            operation_name=operation_name,
            field_resolver=_look_up,
        )
        assert isinstance(built, Executor), built  # the document is valid, the variables coerced
        self._executor = built
        self._visible = visible
        self.trouble: str | None = None  # what was wrong with the first event that did not fit

    @cached_property
    def roots(self) -> GroupedFieldSet:
        """Give what is asked of the subscription's type: one field, or none if it is skipped."""
        executor = self._executor
        kind = executor.schema.subscription_type
        assert kind is not None  # the document is valid
        collected = collect_fields(
            executor.schema, executor.fragments, executor.variable_values, kind, executor.operation
        )
        return collected.grouped_field_set

    def payload(self, field: str, value: Any) -> bytes:
        """Give the JSON that subscribers get when `field` has a value."""
        try:
            if self._cut is not None:
                return orjson.dumps({"data": self._cut({field: value})})
        except Irregular:
            pass
        return orjson.dumps(self._execute({field: value}))

    @cached_property
    def _cut(self) -> Cut | None:
        """Compile the way of an ordinary value; None if no value is ordinary to this caller."""
        if self._visible.too_deep:
            return None
        kind = self._executor.schema.subscription_type
        assert kind is not None
        try:
            return self._object(kind, self.roots)
        except Irregular:
            return None

    def _object(self, kind: GraphQLObjectType, grouped: GroupedFieldSet) -> Cut:
        members: list[tuple[str, str, Cut]] = []
        for key, details in grouped.items():
            name = details[0].node.name.value
            place = (kind.name, name)
            if place in self._visible.denied or place in self._visible.nulled:
                raise Irregular
            cut = (
                _constant(kind.name)
                if name == "__typename"
                else self._value(kind.fields[name].type, details)
            )
            members.append((key, name, cut))

        def cut_object(value: Any) -> dict[str, Any]:
            if type(value) is not dict:
                raise Irregular
            return {key: cut(value.get(name)) for key, name, cut in members}

        return cut_object

    def _value(self, kind: Any, details: Any) -> Cut:
        if isinstance(kind, GraphQLNonNull):
            return _present(self._value(kind.of_type, details))
        return _nullable(self._nullable_value(kind, details))

    def _nullable_value(self, kind: Any, details: Any) -> Cut:
        if isinstance(kind, GraphQLList):
            return _list(self._value(kind.of_type, details))
        if isinstance(kind, GraphQLScalarType):
            return _scalar(PYTHON.get(kind.name))
        if isinstance(kind, GraphQLEnumType):
            return _enum(frozenset(kind.values))
        if isinstance(kind, GraphQLObjectType):
            grouped = self._executor.collect_subfields(kind, details).grouped_field_set
            return self._object(kind, grouped)
        raise Irregular  # an interface or a union: each value says what it is

    def _execute(self, root: dict[str, Any]) -> dict[str, Any]:
        result = execute_subscription_event(self._executor.build_per_event_executor(root))
        assert isinstance(result, ExecutionResult)  # nothing in it waits
        answer: dict[str, Any] = {"data": result.data}
        if result.errors:
            answer["errors"] = [self._error(error) for error in result.errors]
            self.trouble = self.trouble or answer["errors"][0]["message"]
        return answer

    def _error(self, error: Any) -> dict[str, Any]:
        if isinstance(error.original_error, FieldError):
            return field_error(error, error.original_error)
        return completion_error(error, self._executor.schema)


def _look_up(parent: Any, info: Any, **_arguments: Any) -> Any:
    return parent.get(info.field_name) if isinstance(parent, dict) else None


def _constant(value: Any) -> Cut:
    return lambda _: value


def _present(cut: Cut) -> Cut:
    def cut_present(value: Any) -> Any:
        if value is None:
            raise Irregular
        return cut(value)

    return cut_present


def _nullable(cut: Cut) -> Cut:
    return lambda value: None if value is None else cut(value)


def _list(cut: Cut) -> Cut:
    def cut_list(value: Any) -> list[Any]:
        if type(value) is not list:
            raise Irregular
        return [cut(item) for item in value]

    return cut_list


def _scalar(classes: tuple[type, ...] | None) -> Cut:
    def cut_scalar(value: Any) -> Any:
        if classes is not None and type(value) not in classes:
            raise Irregular
        return value

    return cut_scalar


def _enum(names: frozenset[str]) -> Cut:
    def cut_enum(value: Any) -> Any:
        if type(value) is not str or value not in names:
            raise Irregular
        return value

    return cut_enum
