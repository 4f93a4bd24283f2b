"""What subscribers with the same document are sent of an event.

The event is what a mutation answered, so its values are JSON already and no resolver runs again:
it only has to be cut to the subscriber's selection. That is compiled once. A value that does not
fit (null where there must be none, a field that the mutation did not select, one that the
subscriber may not see) is left to graphql-core's execution, which knows what to say about it.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import orjson
from graphql import (
    ExecutionResult,
    GraphQLEnumType,
    GraphQLLeafType,
    GraphQLSchema,
    is_specified_scalar_type,
)
from graphql.execution import Executor, execute_subscription_event
from graphql.execution.collect_fields import GroupedFieldSet, collect_fields

from local.appsync.completion import completion_error, untyped_value
from local.appsync.document import Document
from local.appsync.errors import FieldError, field_error
from local.appsync.execution import Guard
from local.plan import Irregular, Plan


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
    bound: Collection[str] = ()  # a published field needs no resolver
    plans: dict[Any, Any] = field(default_factory=dict, compare=False)


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
        # Else these are errors; but the document is valid, and its variables are coerced.
        assert isinstance(built, PublishedExecution), built
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
            if self._plan is not None:
                return orjson.dumps({"data": self._plan({field: value})})
        except Irregular:
            pass
        return orjson.dumps(self._execute({field: value}))

    @cached_property
    def _plan(self) -> Plan | None:
        """Compile the way of an ordinary value; None if no value is ordinary to this caller."""
        kind = self._executor.schema.subscription_type
        assert kind is not None
        try:
            return self._executor.planner().object(kind, self.roots)
        except Irregular:
            return None

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
        schema = self._executor.schema
        if refusal := untyped_value([error], schema):  # the mutation did not select __typename
            (described,) = refusal.body["errors"]
            return {"path": error.path, "locations": None, **described}
        return completion_error(error, schema)


def _look_up(parent: Any, info: Any, **_arguments: Any) -> Any:
    return parent.get(info.field_name) if isinstance(parent, dict) else None
