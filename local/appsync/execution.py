"""Strawberry's execution with AppSync's checks on every field, bound or not."""

from collections.abc import Awaitable, Mapping
from functools import cached_property
from typing import Any, Self

import strawberry
from graphql import (
    ExecutionResult,
    GraphQLError,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    GraphQLSchema,
    is_non_null_type,
)
from graphql.execution import Executor, execute_root_selection_set
from graphql.execution.collect_fields import FieldDetailsList, GroupedFieldSet
from graphql.execution.values import VariableValues, get_variable_values
from graphql.pyutils import Path
from strawberry.execution import optimized_is_awaitable
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from local.appsync.errors import FieldError, not_authorized
from local.appsync.fields import Completed, RequestFields
from local.appsync.introspection import INTROSPECTION, Introspection
from local.appsync.pruning import Pruner
from local.plan import Irregular, Plan, Planner

NO_VARIABLES = VariableValues({}, {})
MOST_PLANS = 1_000  # of one document: a selection's, for one kind of callers


class Guard(Executor[Any]):
    """Refuses fields that the caller may not see, or too deep; their resolvers do not run.

    Nor do those of fields that a Lambda authorizer makes null. Each field of a mutation is told of
    as it completes: whatever becomes of its siblings, subscribers are to know.
    """

    def execute_field(
        self,
        parent_type: GraphQLObjectType,
        source: Any,
        field_details_list: Any,
        path: Path,
        position_context: Any,
    ) -> Any:
        """Resolve a field, or report why not."""
        name = field_details_list[0].node.name.value
        if name in INTROSPECTION:
            return self._introspect(field_details_list, path)
        refused: Exception | None = self._refusal(parent_type.name, name, path)
        nulled = (parent_type.name, name) in self.context_value.nulled
        if refused is None and not nulled:
            value = super().execute_field(
                parent_type, source, field_details_list, path, position_context
            )
            heard: Completed | None = self.context_value.completed
            if heard and parent_type is self.schema.mutation_type:
                return self._told(heard, name, value)
            return value
        field = self.schema.get_field(parent_type, name)
        assert field is not None  # the document is valid
        if refused is None and is_non_null_type(field.type):
            refused = _null(parent_type.name, name)
        if refused is not None:
            self.handle_field_error(refused, field.type, field_details_list, path)
        return None

    def handle_field_error(
        self,
        raw_error: Exception,
        return_type: GraphQLOutputType,
        field_details_list: FieldDetailsList,
        path: Path,
    ) -> None:
        """Report an error, its data cut to what this caller selected and may see."""
        if isinstance(raw_error, FieldError) and raw_error.data is not None:
            context = self.context_value
            pruner = Pruner(
                self.schema, context.document.fragments, context.denied | context.nulled
            )
            nodes = [each.node for each in field_details_list]
            data = pruner.pruned(raw_error.data, return_type, nodes)
            # A batch's error is that of all its parents, each of which may have selected otherwise.
            raw_error = FieldError(raw_error.error_type, raw_error.message, data)
        super().handle_field_error(raw_error, return_type, field_details_list, path)

    def complete_value(
        self,
        return_type: GraphQLOutputType,
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: Any,
        position_context: Any,
    ) -> Any:
        """Complete a value, fast if it is as it should be."""
        if type(result) in (dict, list) and not isinstance(return_type, GraphQLNonNull):
            plan = self._plan(return_type, field_details_list)
            if plan is not None:
                try:
                    return plan(result)
                except Irregular:
                    pass
        return super().complete_value(
            return_type, field_details_list, info, path, result, position_context
        )

    def build_per_event_executor(self, payload: Any) -> Self:
        """Copy what does not change from one request, or published event, to the next.

        What graphql-core remembers of the fields it collected is of use to one of them only.
        """
        executor: Self = super().build_per_event_executor(payload)  # type: ignore[assignment]
        executor._relevant_sub_fields = {}
        executor.pending_incremental_futures, executor.background_futures = set(), set()
        return executor

    def planner(self) -> Planner:
        """Make what compiles plans for this caller."""
        context = self.context_value

        def collect(kind: GraphQLObjectType, details: Any) -> GroupedFieldSet:
            return self.collect_subfields(kind, details).grouped_field_set

        def closed(kind: str, name: str) -> bool:
            place = (kind, name)
            hidden = place in context.denied or place in context.nulled
            return context.too_deep or hidden or f"{kind}.{name}" in context.bound

        return Planner(self.schema, collect, closed, self.complete_leaf_value)

    def _plan(self, kind: GraphQLOutputType, details: FieldDetailsList) -> Plan | None:
        """Compile a selection, or find it compiled by an earlier request for the same document."""
        context = self.context_value
        nodes = tuple(id(each.node) for each in details)
        key = (kind, nodes, context.denied, context.nulled)
        plans = context.plans
        if key not in plans:
            if len(plans) >= MOST_PLANS:
                plans.clear()
            try:
                plans[key] = self.planner().value(kind, details)
            except Irregular:
                plans[key] = None
        plan: Plan | None = plans[key]
        return plan

    @cached_property
    def introspection(self) -> Introspection:
        """Give what describes the contract, once for all that the request asks of it."""
        return Introspection.within(self)

    def _introspect(self, details: FieldDetailsList, path: Path) -> Any:
        described = self.introspection.schema
        query = described.query_type
        assert query is not None
        field = described.get_field(query, details[0].node.name.value)
        assert field is not None  # the document is valid
        try:
            return self.introspection.execute_field(query, None, details, path, None)
        except FieldError as refused:
            self.handle_field_error(refused, field.type, details, path)
        return None

    def _told(self, heard: Completed, name: str, value: Any) -> Any:
        if self.is_awaitable(value):
            return _told_later(heard, name, value)
        heard(name, value)
        return value

    def _refusal(self, type_name: str, field_name: str, path: Path) -> FieldError | None:
        context = self.context_value
        if (type_name, field_name) in context.denied:
            return not_authorized(field_name, type_name)
        if context.too_deep and _depth(path) > context.depth_limit:
            return FieldError(
                "QueryDepthLimitReached", f"Query depth limit of {context.depth_limit} reached"
            )
        return None


class GuardedExecution(Guard, StrawberryGraphQLCoreExecutionContext):
    """Strawberry's execution, guarded."""


async def executed(
    schema: strawberry.Schema,
    fields: RequestFields,
    operation_name: str | None,
    variables: Mapping[str, Any] | None,
) -> ExecutionResult:
    """Execute a document that is parsed and validated.

    Strawberry's `execute` would put extensions around it, of which there are none, and take longer
    than the execution itself.
    """
    executor = _executor(schema._schema, fields, operation_name, variables or {})
    if isinstance(executor, list):
        return ExecutionResult(None, executor)
    result = execute_root_selection_set(executor)
    return result if isinstance(result, ExecutionResult) else await result


def _executor(
    schema: GraphQLSchema,
    fields: RequestFields,
    operation_name: str | None,
    variables: Mapping[str, Any],
) -> GuardedExecution | list[GraphQLError]:
    """Make a request's executor: a copy of the one that its document had before."""
    prepared: dict[str | None, GuardedExecution] = fields.document.executors
    if operation_name not in prepared:
        built = GuardedExecution.build(
            schema,
            fields.document.node,
            raw_variable_values=dict(variables),
            operation_name=operation_name,
            is_awaitable=optimized_is_awaitable,  # type: ignore[arg-type]  # it narrows nothing
        )
        if isinstance(built, list):
            return built
        assert isinstance(built, GuardedExecution)
        built.variable_values = NO_VARIABLES  # it lives on, and they may be large
        prepared[operation_name] = built
    executor = prepared[operation_name].build_per_event_executor(None)
    executor.context_value = fields
    if definitions := executor.operation.variable_definitions:
        values = get_variable_values(schema, definitions, dict(variables))
        if isinstance(values, list):
            return values
        executor.variable_values = values
    return executor


async def _told_later(heard: Completed, name: str, value: Awaitable[Any]) -> Any:
    completed = await value
    heard(name, completed)
    return completed


def _null(type_name: str, field_name: str) -> TypeError:
    # As graphql-core words it: an authorizer's null is reported as a resolver's is.
    return TypeError(f"Cannot return null for non-nullable field {type_name}.{field_name}.")


def _depth(path: Path | None) -> int:
    levels = 0
    while path is not None:
        levels += isinstance(path.key, str)
        path = path.prev
    return levels
