"""The engine's words for a refused document: one table of complaints, one shape of error.

AppSync's engine is graphql-java of about version 11. Marked [O] is what real AppSync answers show;
the rest is that engine's own text, of later versions where 11 did not have the rule yet.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from graphql import GraphQLNamedType, GraphQLType
from graphql.language import Node

MOST_LOCATIONS = 100


class Complaint(NamedTuple):
    """A kind of validation error, as clients see it, and its text."""

    kind: str | None
    text: str


class Finding(NamedTuple):
    """A complaint about some nodes; put into words only if it is answered."""

    complaint: Complaint
    words: Sequence[object]
    path: Sequence[str]
    nodes: Sequence[Node]

    @property
    def message(self) -> str:
        """Word it; the path is the fields and fragments around it."""
        text = self.complaint.text.format(*self.words)
        where = f" @ '{'/'.join(self.path)}'" if self.path else ""
        kind = self.complaint.kind
        return f"Validation error of type {kind}: {text}{where}" if kind else text


UNDEFINED_FIELD = Complaint("FieldUndefined", "Field '{}' in type '{}' is undefined")  # [O]
UNKNOWN_ARGUMENT = Complaint("UnknownArgument", "Unknown field argument {}")  # [O]
MISSING_ARGUMENT = Complaint("MissingFieldArgument", "Missing field argument {}")  # [O]
WRONG_TYPE = Complaint("WrongType", "argument '{}' with value '{}' {}")  # [O]
SELECTION_REQUIRED = Complaint(  # [O]
    "SubSelectionRequired", "Sub selection required for type {} of field {}"
)
SELECTION_NOT_ALLOWED = Complaint(  # [O]
    "SubSelectionNotAllowed", "Sub selection not allowed on leaf type {} of field {}"
)
FIELDS_CONFLICT = Complaint("FieldsConflict", "{}")
DUPLICATE_ARGUMENT = Complaint(
    "DuplicateArgumentNames", "There can be only one argument named '{}'"
)
DUPLICATE_INPUT_FIELD = Complaint("UniqueObjectFieldName", "There can be only one field named '{}'")

UNKNOWN_TYPE = Complaint("UnknownType", "Unknown type {}")  # [O]
UNDEFINED_FRAGMENT = Complaint("UndefinedFragment", "Undefined fragment {}")
UNUSED_FRAGMENT = Complaint("UnusedFragment", "Unused fragment {}")
FRAGMENT_CYCLE = Complaint("FragmentCycle", "Fragment cycles not allowed")
DUPLICATE_FRAGMENT = Complaint("DuplicateFragmentName", "There can be only one fragment named '{}'")
BAD_CONDITION = Complaint(
    "FragmentTypeConditionInvalid",
    "Fragment type condition is invalid, must be on Object/Interface/Union",
)
BAD_INLINE_CONDITION = Complaint(
    "InlineFragmentTypeConditionInvalid",
    "Inline fragment type condition is invalid, must be on Object/Interface/Union",
)
IMPOSSIBLE_SPREAD = Complaint(
    "InvalidFragmentType",
    "Fragment {} cannot be spread here as objects of type {} can never be of type {}",
)
IMPOSSIBLE_INLINE = Complaint(
    "InvalidFragmentType",
    "Fragment cannot be spread here as objects of type {} can never be of type {}",
)

UNKNOWN_DIRECTIVE = Complaint("UnknownDirective", "Unknown directive {}")
MISPLACED_DIRECTIVE = Complaint("MisplacedDirective", "Directive {} not allowed here")
UNKNOWN_DIRECTIVE_ARGUMENT = Complaint("UnknownDirective", "Unknown directive argument {}")
MISSING_DIRECTIVE_ARGUMENT = Complaint("MissingDirectiveArgument", "Missing directive argument {}")
DUPLICATE_DIRECTIVE = Complaint(
    "DuplicateDirectiveName",
    "Non repeatable directives must be uniquely named within a location. "
    "The directive '{}' used on a '{}' is not unique.",
)

UNDEFINED_VARIABLE = Complaint("UndefinedVariable", "Undefined variable {}")
UNUSED_VARIABLE = Complaint("UnusedVariable", "Unused variable {}")  # [O]
VARIABLE_MISMATCH = Complaint(  # [O]
    "VariableTypeMismatch", "Variable type '{}' doesn't match expected type '{}'"
)
NOT_AN_INPUT = Complaint("NonInputTypeOnVariable", "Wrong type for a variable")  # [O]
BAD_DEFAULT = Complaint("BadValueForDefaultArg", "Bad default value {} for type {}")
DUPLICATE_VARIABLE = Complaint("DuplicateVariableName", "There can be only one variable named '{}'")

NOT_EXECUTABLE = Complaint("NonExecutableDefinition", "The {} definition is not executable.")
LATE_ANONYMOUS = Complaint(
    "LoneAnonymousOperationViolation", "Anonymous operation with other operations."
)
AFTER_ANONYMOUS = Complaint(
    "LoneAnonymousOperationViolation", "Operation {} is following anonymous operation."
)
DUPLICATE_OPERATION = Complaint(
    "DuplicateOperationName", "There can be only one operation named '{}'"
)
SEVERAL_ROOTS = Complaint(
    "SubscriptionMultipleRootFields",
    "Subscription operation '{}' must have exactly one root field.",
)
TOO_DEEP = Complaint("InvalidSyntax", "Invalid query syntax.")

NO_ROOT = Complaint(None, "Schema is not configured for {}.")


def answered(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """Make the errors of an answer."""
    return [refused(each.message, places(each.nodes)) for each in findings]


def refused(message: str, locations: list[dict[str, Any]] | None) -> dict[str, Any]:
    """Shape an error about a document or its variables."""
    return {"path": None, "locations": locations, "message": message}


def places(nodes: Sequence[Node]) -> list[dict[str, Any]]:
    """List where nodes begin, as AppSync does."""
    return [
        _place(node.loc.source.body, node.loc.start) for node in nodes[:MOST_LOCATIONS] if node.loc
    ]


def _place(body: str, position: int) -> dict[str, Any]:
    starts = _line_starts(body)
    line = bisect_right(starts, position)
    return {"line": line, "column": position - starts[line - 1] + 1, "sourceName": None}


@lru_cache(maxsize=8)
def _line_starts(body: str) -> list[int]:
    return [0, *(match.end() for match in re.finditer(r"\r\n|[\n\r]", body))]


def bare_name(kind: GraphQLType) -> str:
    """Name a type as this engine does: a list or a non-null has no name, and prints as null [O]."""
    return kind.name if isinstance(kind, GraphQLNamedType) else "null"
