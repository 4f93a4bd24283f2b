"""How literals and types look in the engine's messages: it runs on a JVM and prints its objects.

How values look is said in `resolvers.shared.scalars.shown`.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from graphql.language import (
    BooleanValueNode,
    EnumValueNode,
    FloatValueNode,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    ObjectFieldNode,
    ObjectValueNode,
    StringValueNode,
    ValueNode,
    VariableNode,
)

INTEGER_BITS = 31
LONG_BITS = 63


def literal(node: ValueNode) -> str:
    """Print a literal of a document: `ObjectValue{objectFields=[ObjectField{name='a', …}]}`."""
    return _LITERALS[type(node)](node)


def _object_field(node: ObjectFieldNode) -> str:
    return f"ObjectField{{name='{node.name.value}', value={literal(node.value)}}}"


_LITERALS: dict[type, Callable[[Any], str]] = {
    StringValueNode: lambda node: f"StringValue{{value='{node.value}'}}",
    IntValueNode: lambda node: f"IntValue{{value={node.value}}}",
    FloatValueNode: lambda node: f"FloatValue{{value={Decimal(node.value)}}}",
    BooleanValueNode: lambda node: f"BooleanValue{{value={str(node.value).lower()}}}",
    NullValueNode: lambda _: "NullValue{}",
    EnumValueNode: lambda node: f"EnumValue{{name='{node.value}'}}",
    VariableNode: lambda node: f"VariableReference{{name='{node.name.value}'}}",
    ListValueNode: lambda node: f"ArrayValue{{values=[{', '.join(map(literal, node.values))}]}}",
    ObjectValueNode: lambda node: (
        f"ObjectValue{{objectFields=[{', '.join(map(_object_field, node.fields))}]}}"
    ),
}


def type_name(value: Any) -> str:
    """Name the class a JSON value has in the engine."""
    if isinstance(value, int) and not isinstance(value, bool):
        bits = (value if value >= 0 else ~value).bit_length()
        return "Integer" if bits <= INTEGER_BITS else "Long" if bits <= LONG_BITS else "BigInteger"
    return _CLASSES.get(type(value), "Object")


_CLASSES: dict[type, str] = {
    bool: "Boolean",
    float: "Double",
    str: "String",
    dict: "LinkedHashMap",
    list: "ArrayList",
    type(None): "null",
}
