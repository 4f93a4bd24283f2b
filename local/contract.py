"""The contract as a graphql-core schema: schema.graphql and what AppSync adds to it, read once."""

from functools import cache
from pathlib import Path

from graphql import GraphQLError, GraphQLScalarType, GraphQLSchema, build_ast_schema, parse
from graphql.language import ListValueNode, NullValueNode, ObjectValueNode, ValueNode
from graphql.utilities import value_from_ast_untyped

from resolvers.shared.scalars import SCALARS, Scalar

HERE = Path(__file__).parent
SCHEMA = HERE.parent / "schema.graphql"
PRELUDE = HERE / "prelude.graphql"


@cache
def contract() -> GraphQLSchema:
    """Give the schema that requests are validated against."""
    return read_contract(SCHEMA.read_text())


def read_contract(sdl: str) -> GraphQLSchema:
    """Build a schema from AppSync SDL."""
    schema = build_ast_schema(parse(f"{sdl}\n{PRELUDE.read_text()}"))
    for name, scalar in SCALARS.items():
        _equip(schema.type_map[name], scalar)
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
