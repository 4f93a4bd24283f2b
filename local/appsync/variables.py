"""The variables of a request, as AppSync reads them: its rules, its words, its first error only."""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from math import isfinite
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLError,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLScalarType,
    GraphQLSchema,
    OperationDefinitionNode,
    Undefined,
    VariableDefinitionNode,
)
from graphql.utilities import type_from_ast, value_from_ast_untyped

from local.appsync import java
from local.appsync.literals import REFUSALS
from local.appsync.wording import places, refused
from resolvers.shared.scalars import shown

INT_RANGE = (-(2**31), 2**31 - 1)
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,9})?", re.ASCII)

Errors = list[dict[str, Any]]


class _Refused(Exception):
    """A value that can't be taken; the text is what the client sees."""

    def __init__(self, message: str, *, located: bool = True) -> None:
        super().__init__(message)
        self.message = message
        self.located = located


def coerce(
    schema: GraphQLSchema,
    operation: OperationDefinitionNode,
    variables: Mapping[str, Any],
    *,
    parsed: bool = True,
) -> tuple[dict[str, Any] | None, Errors]:
    """Read a valid operation's variables, or give the error that AppSync would answer.

    With `parsed=False` they are checked, and built-in scalars read, but enums and custom scalars
    stay as sent and input objects are dicts, for an executor that reads those itself.
    """
    values: dict[str, Any] = {}
    for node in operation.variable_definitions or ():
        reader = _Reader(node, parsed)
        try:
            value = reader.variable(schema, variables)
        except _Refused as error:
            return None, [refused(error.message, places([node]) if error.located else None)]
        except RecursionError:
            message = f"Variable '{reader.name}' has an invalid value. Nested too deeply."
            return None, [refused(message, places([node]))]
        if value is not Undefined:
            values[reader.name] = value
    return values, []


class _Reader:
    """Reads one variable."""

    def __init__(self, node: VariableDefinitionNode, parsed: bool) -> None:
        self.node = node
        self.name = node.variable.name.value
        self.parsed = parsed

    def variable(self, schema: GraphQLSchema, variables: Mapping[str, Any]) -> Any:
        """Read the variable: its value, else its default, else nothing."""
        kind: Any = type_from_ast(schema, self.node.type)
        if self.name in variables:
            return self.value(self.name, kind, variables[self.name])
        if self.node.default_value:
            return self.value(self.name, kind, value_from_ast_untyped(self.node.default_value))
        if isinstance(kind, GraphQLNonNull):
            raise self._null(kind)
        return Undefined

    def value(self, name: str, kind: Any, value: Any) -> Any:
        """Read a value; errors name the innermost input field, as AppSync's do."""
        if isinstance(kind, GraphQLNonNull):
            if value is None:
                raise self._null(kind)
            return self.value(name, kind.of_type, value)
        if value is None:
            return None
        if isinstance(kind, GraphQLList):
            several = value if isinstance(value, list) else [value]
            return [self.value(name, kind.of_type, each) for each in several]
        if isinstance(kind, GraphQLInputObjectType):
            return self._object(name, kind, value)
        try:
            return self._leaf(kind, value)
        except REFUSALS as error:
            raise _invalid(name, kind, value, error) from None

    def _null(self, kind: Any) -> _Refused:
        # The variable's name with the type of what is null in it, however deep [O].
        return _Refused(f"Variable '{self.name}' has coerced Null value for NonNull type '{kind}'")

    def _object(self, name: str, kind: GraphQLInputObjectType, value: Any) -> Any:
        if not isinstance(value, dict):
            raise _Refused(
                f"Variable '{name}' has an invalid value. Expected type 'Map' but was "
                f"'{java.type_name(value)}'. Variables for input objects must be an instance of "
                "type 'Map'."
            )
        if value.keys() - kind.fields.keys():
            # Without the field's name since 2022 or so, with this space and null locations [O].
            raise _Refused(
                "The variables input contains a field that is not defined for input object type "
                f"'{kind.name}' ",
                located=False,
            )
        read = {key: self._field(key, each, value) for key, each in kind.fields.items()}
        given = {key: each for key, each in read.items() if each is not Undefined}
        custom = kind.out_type is not GraphQLInputObjectType.out_type
        return kind.out_type(given) if custom and self.parsed else given

    def _field(self, name: str, field: GraphQLInputField, value: dict[str, Any]) -> Any:
        if name in value:
            return self.value(name, field.type, value[name])
        default = field.default
        if default is not None:
            literal = default.literal
            sent = default.value if literal is None else value_from_ast_untyped(literal)
            return self.value(name, field.type, sent)
        if field.default_value is Undefined and isinstance(field.type, GraphQLNonNull):
            raise self._null(field.type)
        return field.default_value

    def _leaf(self, kind: GraphQLScalarType | GraphQLEnumType, value: Any) -> Any:
        if isinstance(kind, GraphQLEnumType):
            name = shown(value)
            if name not in kind.values:
                raise GraphQLError(
                    f"Invalid input for Enum '{kind.name}'. No value found for name '{name}'"
                )
            return kind.values[name].value if self.parsed else name
        if kind.name in _BUILT_IN:
            return _BUILT_IN[kind.name](value)
        read = kind.parse_value(value)
        if read is Undefined:
            raise ValueError
        return read if self.parsed else value


def _invalid(name: str, kind: Any, value: Any, error: Exception) -> _Refused:
    text = error.message if isinstance(error, GraphQLError) else str(error)
    if not text or isinstance(error, ArithmeticError):
        text = f"Expected type '{kind.name}' but was '{java.type_name(value)}'."
    return _Refused(f"Variable '{name}' has an invalid value. {text}")


def _number(value: Any) -> Decimal:
    """Read a number, or a string that holds one, as the engine does."""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return Decimal(value)
    if isinstance(value, str) and NUMBER.fullmatch(value):
        return Decimal(value)
    raise ValueError


def _int(value: Any) -> int:
    number = _number(value)
    low, high = INT_RANGE
    if not low <= number <= high or number != number.to_integral_value():
        raise ValueError
    return int(number)


def _float(value: Any) -> float:
    number = float(_number(value))
    if not isfinite(number):
        raise ValueError
    return number


def _boolean(value: Any) -> bool:
    if isinstance(value, str):
        return value.lower() == "true"
    return value if isinstance(value, bool) else _number(value) != 0


def _id(value: Any) -> str:
    whole = isinstance(value, int) and not isinstance(value, bool)
    if isinstance(value, str) or (whole and java.type_name(value) != "BigInteger"):
        return str(value)
    raise ValueError


# The engine is lenient: "5" is an Int, 5 is a String, and every object has a text.
_BUILT_IN: dict[str, Callable[[Any], Any]] = {
    "Int": _int,
    "Float": _float,
    "Boolean": _boolean,
    "ID": _id,
    "String": shown,
}
