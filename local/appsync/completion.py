"""What AppSync says when a resolver's value does not have the type it should."""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from graphql import (
    GraphQLError,
    GraphQLInterfaceType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_abstract_type,
)
from strawberry.exceptions import UnallowedReturnTypeForUnion, WrongReturnTypeForUnion

from local.appsync import java
from local.appsync.errors import FieldError, Refusal, bad_request, field_error
from local.appsync.wording import bare_name

# How the texts of AppSync's scalars begin. Any other text may tell of our insides.
SCALAR_TEXT = "Unable to "
UNTYPED = re.compile(
    r"Abstract type '(\w+)' (?:must|was) |"
    r"Runtime Object type '\w+' is not a possible type for '(\w+)'"
)
# A nullable variable may stand for what must not be null if it has a default; null was sent for it.
NULL_VARIABLE = re.compile(
    r"Argument '\w+' has invalid value.*: "
    r"Expected variable '\$(\w+)' provided to non-null type '(.+)' not to be None\."
)

INTERNAL = "InternalFailure"  # what is left: ours to mend


def completion_error(error: GraphQLError, schema: GraphQLSchema) -> dict[str, Any]:
    """Word graphql-core's complaint about a value as AppSync does; anything else stays inside."""
    if match := NULL_VARIABLE.fullmatch(error.message):
        message = f"Variable '{match[1]}' has coerced Null value for NonNull type '{match[2]}'"
        return {"path": error.path, "locations": None, "message": message}
    if error.path:
        for pattern, say in _TEXTS:
            if match := pattern.match(error.message):
                message = say(match, error.path, schema)
                return {"path": error.path, "locations": None, "message": message}
        if error.message.startswith(SCALAR_TEXT):
            message = _unserialisable(error.path, error.message)
            return {"path": error.path, "locations": None, "message": message}
    return field_error(error, FieldError(INTERNAL, "An internal error occurred."))


def untyped_value(errors: Iterable[GraphQLError], schema: GraphQLSchema) -> Refusal | None:
    """Give the refusal of a whole request in which some value did not tell its type.

    AppSync answers 400 then, whatever else there was; the stray quote is its own
    [O: advancedweb.hu, "How to resolve interfaces and union types in AppSync"].
    """
    for error in errors:
        if name := _abstract_type(error, schema):
            return bad_request(
                f"Could not determine the exact type of {name}. Missing __typename key on value.'"
            )
    return None


def _abstract_type(error: GraphQLError, schema: GraphQLSchema) -> str | None:
    if match := UNTYPED.match(error.message):
        return match[1] or match[2]
    union = (UnallowedReturnTypeForUnion, WrongReturnTypeForUnion)
    if not isinstance(error.original_error, union) or not error.nodes:
        return None
    # Strawberry names the field only, so any union that a field of this name gives will do.
    field: str = error.nodes[0].name.value  # type: ignore[attr-defined]
    kinds = (_field_type(schema, owner, field) for owner in schema.type_map)
    return next(
        (get_named_type(k).name for k in kinds if is_abstract_type(get_named_type(k))), None
    )


def _null(match: re.Match[str], path: Sequence[str | int], schema: GraphQLSchema) -> str:
    owner, field = match.groups()
    kind = _field_type(schema, owner, field)
    for _ in _indices(path):
        kind = _nullable(_nullable(kind).of_type)
    # An element's parent is that of its list; a list has no name [O].
    return (
        f"Cannot return null for non-nullable type: '{bare_name(_nullable(kind))}' "
        f"within parent '{owner}' ({_where(path)})"
    )


def _no_list(_: re.Match[str], path: Sequence[str | int], __: GraphQLSchema) -> str:
    # The documentation adds ", got OBJECT"; answers of 2021 to 2024 do not [O].
    return f"Can't resolve value ({_where(path)}) : type mismatch error, expected type LIST"


def _bad_built_in(match: re.Match[str], path: Sequence[str | int], _: GraphQLSchema) -> str:
    name, value = match.groups()
    return _unserialisable(path, f"Expected type '{name}' but was '{_class_of(value)}'.")


def _bad_enum(match: re.Match[str], path: Sequence[str | int], _: GraphQLSchema) -> str:
    return _unserialisable(path, f"Invalid input for Enum '{match[1]}'.")


def _became_null(match: re.Match[str], path: Sequence[str | int], _: GraphQLSchema) -> str:
    return _unserialisable(path, f"Expected type '{match[1]}' but was 'null'.")


# graphql-core's words are all there is to tell these errors apart.
_TEXTS: Sequence[
    tuple[re.Pattern[str], Callable[[re.Match[str], Sequence[str | int], GraphQLSchema], str]]
] = [
    (re.compile(r"Cannot return null for non-nullable field (\w+)\.(\w+)\."), _null),
    (re.compile(r"Expected Iterable, but did not find one for field"), _no_list),
    (
        re.compile(r"(Int|Float|String|Boolean|ID) cannot represent [^:]*: (.*)", re.DOTALL),
        _bad_built_in,
    ),
    (re.compile(r"Enum '(\w+)' cannot represent value: "), _bad_enum),
    (re.compile(r"Expected `(\w+)\.\w+\("), _became_null),
]


def _unserialisable(path: Sequence[str | int], text: str) -> str:
    return f"Can't serialize value ({_where(path)}) : {text}"


def _where(path: Sequence[str | int]) -> str:
    return "".join(f"[{key}]" if isinstance(key, int) else f"/{key}" for key in path)


def _indices(path: Sequence[str | int]) -> Sequence[str | int]:
    """Give the end of a path that lies within the lists of one field."""
    start = len(path)
    while start and isinstance(path[start - 1], int):
        start -= 1
    return path[start:]


def _field_type(schema: GraphQLSchema, owner: str, field: str) -> Any:
    kind = schema.get_type(owner)
    known = isinstance(kind, (GraphQLObjectType, GraphQLInterfaceType)) and field in kind.fields
    return kind.fields[field].type if known else None  # type: ignore[union-attr]


def _nullable(kind: Any) -> Any:
    return kind.of_type if isinstance(kind, GraphQLNonNull) else kind


# How Python's notation of a value begins, and the class that has it in the engine.
_CLASSES = [
    (re.compile(r"['\"]"), "String"),
    (re.compile(r"\{"), "LinkedHashMap"),
    (re.compile(r"[\[(]"), "ArrayList"),
    (re.compile(r"True|False"), "Boolean"),
    (re.compile(r"-?\d+[.e]|nan|-?inf"), "Double"),
]


def _class_of(notation: str) -> str:
    if re.fullmatch(r"-?\d{1,40}", notation):
        return java.type_name(int(notation))
    named = (name for pattern, name in _CLASSES if pattern.match(notation))
    return next(named, "Object")
