"""What is wrong with a literal of a document, in the engine's words."""

from typing import Any, NamedTuple

from graphql import (
    GraphQLEnumType,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    Undefined,
    is_required_input_field,
)
from graphql.language import (
    EnumValueNode,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    ValueNode,
    VariableNode,
)

from local.appsync import java

# What a scalar may raise to refuse a value: a GraphQLError, or what Python's conversions raise.
REFUSALS = (GraphQLError, TypeError, ValueError, ArithmeticError)


class Flaw(NamedTuple):
    """What is wrong, with which value (None: the whole argument's), and where in the argument."""

    text: str
    value: ValueNode | None
    trail: str = ""


def words(argument: str, value: ValueNode, flaw: Flaw) -> tuple[str, str, str]:
    """Give the words of a WrongType complaint: `argument 'input.tags[0]' with value '…' …`."""
    return argument + flaw.trail, java.literal(flaw.value or value), flaw.text


def flaw(value: ValueNode, kind: Any) -> Flaw | None:
    """Find the first flaw of a literal; variables are checked elsewhere."""
    if isinstance(value, VariableNode):
        return None
    if isinstance(value, NullValueNode):
        return Flaw("must not be null", value) if isinstance(kind, GraphQLNonNull) else None
    if isinstance(kind, GraphQLNonNull):
        return flaw(value, kind.of_type)
    if isinstance(kind, GraphQLList):
        return _list_flaw(value, kind.of_type)
    if isinstance(kind, GraphQLInputObjectType):
        return _object_flaw(value, kind)
    return None if _accepts(kind, value) else Flaw(f"is not a valid '{kind.name}'", value)


def _list_flaw(value: ValueNode, kind: Any) -> Flaw | None:
    if not isinstance(value, ListValueNode):
        return flaw(value, kind)
    for index, each in enumerate(value.values):
        if found := flaw(each, kind):
            return found._replace(trail=f"[{index}]{found.trail}")
    return None


def _object_flaw(value: ValueNode, kind: GraphQLInputObjectType) -> Flaw | None:
    if not isinstance(value, ObjectValueNode):
        return Flaw("must be an object type", None)
    given = {field.name.value for field in value.fields}
    required = [name for name, field in kind.fields.items() if is_required_input_field(field)]
    if missing := [name for name in required if name not in given]:
        return Flaw(f"is missing required fields '[{', '.join(missing)}]'", None)  # [O]
    for field in value.fields:
        name = field.name.value
        if name not in kind.fields:
            return Flaw(f"contains a field not in '{kind.name}': '{name}'", None)  # [O]
        if found := flaw(field.value, kind.fields[name].type):
            return found._replace(trail=f".{name}{found.trail}")
    return None


def _accepts(kind: GraphQLScalarType | GraphQLEnumType, value: ValueNode) -> bool:
    if isinstance(kind, GraphQLEnumType):
        return isinstance(value, EnumValueNode) and value.value in kind.values
    read: Any = kind.coerce_input_literal or kind.parse_literal
    try:
        return read(value) is not Undefined
    except REFUSALS:
        return False
