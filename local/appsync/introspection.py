"""Introspection: tells of the contract itself, for the mirror lacks AppSync's own directives."""

from typing import Any

from graphql import GraphQLObjectType, default_field_resolver, default_type_resolver
from graphql.execution import Executor
from graphql.pyutils import Path

from local.appsync.errors import FieldError

INTROSPECTION = {"__schema", "__type"}
# Of one request. A standard query takes some 4,000 of this contract; nothing is awaited meanwhile.
# Aliases over fragments may ask for any number: what AppSync says then is not known. The limit of
# depth is none on introspection (see the conformance suite's cases).
MOST_FIELDS = 50_000


class Introspection(Executor[Any]):
    """The part of an execution that describes, up to that many fields."""

    left = MOST_FIELDS

    @classmethod
    def within(cls, whole: Executor[Any]) -> "Introspection":
        """Make the part of an execution whose context has the contract."""
        described = cls(
            whole.context_value.contract,
            whole.fragment_definitions,
            whole.fragments,
            None,
            whole.context_value,
            whole.operation,
            whole.variable_values,
            default_field_resolver,
            default_type_resolver,
            default_field_resolver,
        )
        described.collected_errors = whole.collected_errors
        return described

    def execute_field(
        self,
        parent_type: GraphQLObjectType,
        source: Any,
        field_details_list: Any,
        path: Path,
        position_context: Any,
    ) -> Any:
        """Resolve a field; raises FieldError when there were too many."""
        self.left -= 1
        if self.left < 0:
            text = f"Introspection limit reached. Maximum: {MOST_FIELDS}"
            raise FieldError("IntrospectionLimitReached", text)
        return super().execute_field(
            parent_type, source, field_details_list, path, position_context
        )

    def handle_field_error(self, raw_error: Exception, *place: Any) -> None:
        """End everything at the limit: else as many errors follow as there are fields left."""
        if isinstance(raw_error, FieldError):
            raise raw_error
        super().handle_field_error(raw_error, *place)
