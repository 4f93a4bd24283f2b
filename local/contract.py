"""The contract as a graphql-core schema: schema.graphql and what AppSync adds to it, read once."""

from functools import cache
from pathlib import Path

from graphql import (
    GraphQLError,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLSyntaxError,
    build_ast_schema,
    parse,
)
from graphql.language import ListValueNode, NullValueNode, ObjectValueNode, ValueNode
from graphql.utilities import value_from_ast_untyped

from resolvers.shared.scalars import SCALARS, Scalar

HERE = Path(__file__).parent
SCHEMA = HERE.parent / "schema.graphql"
PRELUDE = HERE / "prelude.graphql"
UNKNOWN = {"specifiedBy", "oneOf"}  # what graphql-core has of its own and AppSync has not


class SchemaError(Exception):
    """The contract makes no sense; str() says where, in one sentence."""


@cache
def contract() -> GraphQLSchema:
    """Give the schema that requests are validated against."""
    return read_contract(SCHEMA.read_text())


def read_contract(sdl: str) -> GraphQLSchema:
    """Build a schema from AppSync SDL; raises SchemaError."""
    try:
        schema = build_ast_schema(parse(f"{sdl}\n{PRELUDE.read_text()}"))
    except GraphQLSyntaxError as error:
        line = error.locations[0].line if error.locations else 0
        raise SchemaError(f"schema.graphql:{line}: {error.message}") from None
    except TypeError as error:
        raise SchemaError(f"schema.graphql: {error}") from None
    for name, scalar in SCALARS.items():
        _equip(schema.type_map[name], scalar)
    known = (each for each in schema.directives if each.name not in UNKNOWN)
    schema.directives = tuple(known)
    return schema


def _equip(kind: object, scalar: Scalar) -> None:
    assert isinstance(kind, GraphQLScalarType)
    # An instance may shadow these three: that is how graphql-core takes them from a constructor.
    kind.serialize = scalar.serialize  # type: ignore[method-assign, assignment]
    kind.parse_value = scalar.parse  # type: ignore[method-assign, assignment]
    kind.parse_literal = lambda node, variables=None: _literal(  # type: ignore[method-assign]
        node, scalar
    )


def _literal(node: ValueNode, scalar: Scalar) -> object:
    if isinstance(node, (ObjectValueNode, ListValueNode, NullValueNode)):
        raise GraphQLError(f"not a literal of {scalar.name}", node)
    return scalar.parse(value_from_ast_untyped(node))
