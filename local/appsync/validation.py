"""Validation as AppSync's engine does it: its rules, its order, its words."""

from typing import Any

from graphql import DocumentNode, GraphQLSchema

from local.appsync import rules, variable_rules, wording
from local.appsync.nesting import DEEPEST
from local.appsync.overlap import Overlap
from local.appsync.walk import MOST_ERRORS, EnoughErrors, Rules, Walk, run

# By kind of node, in the engine's order: the first error of an answer is the one that clients show.
ENTERING: Rules = {
    "document": [rules.definitions_are_executable],
    "operation_definition": [
        variable_rules.start_operation,
        rules.operation_has_its_root,
        rules.anonymous_is_alone,
        rules.operation_is_unique,
        rules.directives_are_unique,
        variable_rules.variables_are_unique,
        rules.subscription_has_one_root,
    ],
    "variable_definition": [variable_rules.default_fits, variable_rules.variable_is_input],
    "variable": [variable_rules.variable_fits],
    "named_type": [rules.type_is_known],
    "field": [
        rules.field_is_known,
        rules.field_has_its_arguments,
        rules.field_has_its_selection,
        rules.directives_are_unique,
        rules.arguments_are_unique,
    ],
    "argument": [rules.argument_has_its_type, rules.argument_is_known],
    "object_value": [rules.input_fields_are_unique],
    "directive": [
        rules.directive_is_known,
        rules.directive_has_its_arguments,
        rules.arguments_are_unique,
    ],
    "inline_fragment": [
        rules.condition_is_composite,
        rules.inline_is_possible,
        rules.directives_are_unique,
    ],
    "fragment_spread": [
        variable_rules.note_spread,
        rules.fragment_is_known,
        rules.spread_is_possible,
        rules.directives_are_unique,
    ],
    "fragment_definition": [
        variable_rules.start_fragment,
        rules.condition_is_composite,
        rules.fragment_has_an_end,
        rules.fragment_is_unique,
        rules.directives_are_unique,
    ],
}


def validate(
    schema: GraphQLSchema, document: DocumentNode, *, introspection: bool = True
) -> list[dict[str, Any]]:
    """Give the errors that AppSync would answer, none for a valid document."""
    try:
        return _validate(Walk(schema, document, introspection=introspection), document)
    except RecursionError:  # literals nested as deep as the stack that the caller left
        return wording.answered([_TOO_DEEP])


def _validate(walk: Walk, document: DocumentNode) -> list[dict[str, Any]]:
    if walk.nesting.depth > DEEPEST:
        return wording.answered([_TOO_DEEP])
    leaving: Rules = {
        "selection_set": [Overlap().fields_can_merge],
        "operation_definition": [variable_rules.end_operation],
    }
    try:
        run(walk, document, ENTERING, leaving)
        variable_rules.settle_variables(walk)
        variable_rules.settle_fragments(walk)
    except EnoughErrors:
        pass
    return wording.answered(walk.found[:MOST_ERRORS])


_TOO_DEEP = wording.Finding(wording.TOO_DEEP, (), (), ())
