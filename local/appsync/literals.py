"""What is wrong with a literal of a document, in the engine's words."""

from math import isinf
from typing import Any, NamedTuple

from graphql import (
    GraphQLEnumType,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    Undefined,
    get_nullable_type,
    is_required_input_field,
)
from graphql.language import (
    EnumValueNode,
    ListValueNode,
    NullValueNode,
    ObjectFieldNode,
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


class _Part(NamedTuple):
    """A part of a literal, the type it should have (or why there is none), and where it is."""

    value: ValueNode
    kind: Any
    trail: str


def words(argument: str, value: ValueNode, flaw: Flaw) -> tuple[str, str, str]:
    """Give the words of a WrongType complaint: `argument 'input.tags[0]' with value '…' …`."""
    return argument + flaw.trail, java.literal(flaw.value or value), flaw.text


def flaw(value: ValueNode, kind: Any) -> Flaw | None:
    """Find the first flaw of a literal; variables are checked elsewhere."""
    pending = [_Part(value, kind, "")]
    while pending:
        part = pending.pop()
        found = part.kind if isinstance(part.kind, Flaw) else _inspect(part.value, part.kind)
        if isinstance(found, Flaw):
            return found._replace(trail=part.trail)
        pending += [each._replace(trail=part.trail + each.trail) for each in reversed(found)]
    return None


def _inspect(value: ValueNode, kind: Any) -> Flaw | list[_Part]:
    """Judge a value by itself, and give what is to be judged in it."""
    if isinstance(value, VariableNode):
        return []
    if isinstance(value, NullValueNode):
        return Flaw("must not be null", value) if isinstance(kind, GraphQLNonNull) else []
    kind = get_nullable_type(kind)
    if isinstance(kind, GraphQLList):
        if not isinstance(value, ListValueNode):
            return [_Part(value, kind.of_type, "")]
        return [_Part(v, kind.of_type, f"[{index}]") for index, v in enumerate(value.values)]
    if isinstance(kind, GraphQLInputObjectType):
        return _inspect_object(value, kind)
    return [] if _accepts(kind, value) else Flaw(f"is not a valid '{kind.name}'", value)


def _inspect_object(value: ValueNode, kind: GraphQLInputObjectType) -> Flaw | list[_Part]:
    if not isinstance(value, ObjectValueNode):
        return Flaw("must be an object type", None)
    given = {field.name.value for field in value.fields}
    required = [name for name, field in kind.fields.items() if is_required_input_field(field)]
    if missing := [name for name in required if name not in given]:
        return Flaw(f"is missing required fields '[{', '.join(missing)}]'", None)  # [O]
    return [_field(field, kind) for field in value.fields]


def _field(node: ObjectFieldNode, kind: GraphQLInputObjectType) -> _Part:
    name = node.name.value
    if name in kind.fields:
        return _Part(node.value, kind.fields[name].type, f".{name}")
    return _Part(
        node.value, Flaw(f"contains a field not in '{kind.name}': '{name}'", None), ""
    )  # [O]


def _accepts(kind: GraphQLScalarType | GraphQLEnumType, value: ValueNode) -> bool:
    if isinstance(kind, GraphQLEnumType):
        return isinstance(value, EnumValueNode) and value.value in kind.values
    read: Any = kind.coerce_input_literal or kind.parse_literal
    try:
        found = read(value)
    except REFUSALS:
        return False
    # 1e400 is a Float to Python, and infinite; JSON has no word for what resolvers would get.
    return found is not Undefined and not (isinstance(found, float) and isinf(found))
