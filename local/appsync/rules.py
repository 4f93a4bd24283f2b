"""The engine's rules for fields, arguments, fragments, directives and operations."""

from collections.abc import Iterable, Iterator
from typing import Any

from graphql import (
    GraphQLObjectType,
    OperationType,
    get_named_type,
    is_composite_type,
    is_leaf_type,
    is_required_argument,
)
from graphql.language import (
    ArgumentNode,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    NamedTypeNode,
    Node,
    ObjectValueNode,
    OperationDefinitionNode,
    SchemaDefinitionNode,
    TypeDefinitionNode,
)
from graphql.utilities import do_types_overlap

from local.appsync import wording
from local.appsync.literals import flaw, words
from local.appsync.walk import EXECUTABLE, Walk


def definitions_are_executable(walk: Walk, document: DocumentNode) -> None:
    """Refuse definitions of types."""
    for node in document.definitions:
        if isinstance(node, EXECUTABLE):
            continue
        name = "schema" if isinstance(node, SchemaDefinitionNode) else "provided"
        if isinstance(node, TypeDefinitionNode):
            name = node.name.value
        walk.complain(wording.NOT_EXECUTABLE, name, at=[node])


def argument_has_its_type(walk: Walk, node: ArgumentNode) -> None:
    """Refuse a literal that the argument does not take."""
    argument = walk.types.get_argument()
    if argument and (found := flaw(node.value, argument.type)):
        walk.complain(wording.WRONG_TYPE, *words(node.name.value, node.value, found), at=[node])


def argument_is_known(walk: Walk, node: ArgumentNode) -> None:
    """Refuse an argument that the field or directive does not have."""
    name = node.name.value
    directive, field = walk.types.get_directive(), walk.types.get_field_def()
    if directive:
        if name not in directive.args:
            walk.complain(wording.UNKNOWN_DIRECTIVE_ARGUMENT, name, at=[node])
    elif field and name not in field.args:
        # This includes arguments of an unknown directive: the engine takes them for the field's.
        walk.complain(wording.UNKNOWN_ARGUMENT, name, at=[node])


def field_is_known(walk: Walk, node: FieldNode) -> None:
    """Refuse a field that its type does not have, or that introspection would be."""
    parent = walk.types.get_parent_type()
    hidden = node.name.value in {"__schema", "__type"} and not walk.introspection
    if parent and (hidden or not walk.types.get_field_def()):
        walk.complain(wording.UNDEFINED_FIELD, node.name.value, parent.name, at=[node])


def field_has_its_arguments(walk: Walk, node: FieldNode) -> None:
    """Refuse a field without an argument it needs."""
    field = walk.types.get_field_def()
    given = {argument.name.value for argument in node.arguments or ()}
    for name, argument in field.args.items() if field else ():
        if name not in given and is_required_argument(argument):
            walk.complain(wording.MISSING_ARGUMENT, name, at=[node])


def field_has_its_selection(walk: Walk, node: FieldNode) -> None:
    """Refuse an object without a selection, and a leaf with one."""
    kind = walk.types.get_type()
    if kind and is_leaf_type(get_named_type(kind)) == bool(node.selection_set):
        wanting = node.selection_set is None
        complaint = wording.SELECTION_REQUIRED if wanting else wording.SELECTION_NOT_ALLOWED
        walk.complain(complaint, wording.bare_name(kind), node.name.value, at=[node])


def arguments_are_unique(walk: Walk, node: FieldNode | DirectiveNode) -> None:
    """Refuse an argument given twice."""
    for argument in _repeated(node.arguments):
        walk.complain(wording.DUPLICATE_ARGUMENT, argument.name.value, at=[node])


def input_fields_are_unique(walk: Walk, node: ObjectValueNode) -> None:
    """Refuse a field given twice in an object literal."""
    for field in _repeated(node.fields):
        walk.complain(wording.DUPLICATE_INPUT_FIELD, field.name.value, at=[node])


def condition_is_composite(walk: Walk, node: InlineFragmentNode | FragmentDefinitionNode) -> None:
    """Refuse a fragment on something without fields."""
    condition = node.type_condition
    kind = walk.schema.get_type(condition.name.value) if condition else None
    if kind and not is_composite_type(kind):
        inline = isinstance(node, InlineFragmentNode)
        complaint = wording.BAD_INLINE_CONDITION if inline else wording.BAD_CONDITION
        walk.complain(complaint, at=[node])


def fragment_is_known(walk: Walk, node: FragmentSpreadNode) -> None:
    """Refuse a spread of a fragment that is not there."""
    if node.name.value not in walk.fragments:
        walk.complain(wording.UNDEFINED_FRAGMENT, node.name.value, at=[node])


def fragment_has_an_end(walk: Walk, node: FragmentDefinitionNode) -> None:
    """Refuse a fragment that contains itself."""
    if node.name.value in walk.nesting.loops:
        walk.complain(wording.FRAGMENT_CYCLE, at=walk.nesting.way_back(node.name.value))


def fragment_is_unique(walk: Walk, node: FragmentDefinitionNode) -> None:
    """Refuse a fragment's name taken twice."""
    if not walk.first("fragments", node.name.value):
        walk.complain(wording.DUPLICATE_FRAGMENT, node.name.value, at=[node])


def spread_is_possible(walk: Walk, node: FragmentSpreadNode) -> None:
    """Refuse a spread where the fragment's type can't occur."""
    fragment = walk.fragments.get(node.name.value)
    inner: Any = fragment and walk.schema.get_type(fragment.type_condition.name.value)
    outer = walk.types.get_parent_type()
    if _never_meet(walk, outer, inner):
        walk.complain(wording.IMPOSSIBLE_SPREAD, node.name.value, outer, inner, at=[node])


def inline_is_possible(walk: Walk, node: InlineFragmentNode) -> None:
    """Refuse an inline fragment where its type can't occur."""
    inner, outer = walk.types.get_type(), walk.types.get_parent_type()
    if _never_meet(walk, outer, inner):
        walk.complain(wording.IMPOSSIBLE_INLINE, outer, inner, at=[node])


def _never_meet(walk: Walk, outer: Any, inner: Any) -> bool:
    both = is_composite_type(outer) and is_composite_type(inner)
    return both and not do_types_overlap(walk.schema, outer, inner)


def directive_is_known(walk: Walk, node: DirectiveNode) -> None:
    """Refuse a directive that is unknown or out of place."""
    name = node.name.value
    directive = walk.schema.get_directive(name)
    parent = walk.parents[-1]
    kind: str = parent.kind
    if isinstance(parent, OperationDefinitionNode):
        kind = parent.operation.value
    if directive is None:
        walk.complain(wording.UNKNOWN_DIRECTIVE, name, at=[node])
    elif kind.upper() not in {location.name for location in directive.locations}:
        walk.complain(wording.MISPLACED_DIRECTIVE, name, at=[node])


def directive_has_its_arguments(walk: Walk, node: DirectiveNode) -> None:
    """Refuse a directive without an argument it needs."""
    directive = walk.types.get_directive()
    given = {argument.name.value for argument in node.arguments or ()}
    for name, argument in directive.args.items() if directive else ():
        if name not in given and is_required_argument(argument):
            walk.complain(wording.MISSING_DIRECTIVE_ARGUMENT, name, at=[node])


def directives_are_unique(walk: Walk, node: Any) -> None:
    """Refuse a directive given twice in one place."""
    place = type(node).__name__.removesuffix("Node")
    for again in _repeated(node.directives):
        walk.complain(wording.DUPLICATE_DIRECTIVE, again.name.value, place, at=[again])


def type_is_known(walk: Walk, node: NamedTypeNode) -> None:
    """Refuse the name of a type that is not there."""
    if not walk.schema.get_type(node.name.value):
        walk.complain(wording.UNKNOWN_TYPE, node.name.value, at=[node])


def operation_has_its_root(walk: Walk, node: OperationDefinitionNode) -> None:
    """Refuse a kind of operation that the schema does not have."""
    if not walk.schema.get_root_type(node.operation):
        plural = {OperationType.QUERY: "queries"}.get(node.operation, f"{node.operation.value}s")
        walk.complain(wording.NO_ROOT, plural, at=[node])


def anonymous_is_alone(walk: Walk, node: OperationDefinitionNode) -> None:
    """Refuse an operation without a name beside others."""
    if node.name is None and node is not walk.operations[0]:
        walk.complain(wording.LATE_ANONYMOUS, at=[node])
    elif node.name and "" in walk.seen["operations"]:
        walk.complain(wording.AFTER_ANONYMOUS, node.name.value, at=[node])
    if node.name is None:
        walk.first("operations", "")


def operation_is_unique(walk: Walk, node: OperationDefinitionNode) -> None:
    """Refuse an operation's name taken twice."""
    if node.name and not walk.first("operations", node.name.value):
        walk.complain(wording.DUPLICATE_OPERATION, node.name.value, at=[node])


def subscription_has_one_root(walk: Walk, node: OperationDefinitionNode) -> None:
    """Refuse a subscription to several fields."""
    root = walk.schema.subscription_type
    if node.operation is OperationType.SUBSCRIPTION and isinstance(root, GraphQLObjectType):
        keys = {field.alias or field.name for field in _root_fields(walk, node)}
        if len({key.value for key in keys}) > 1:
            name = node.name.value if node.name else "null"
            walk.complain(wording.SEVERAL_ROOTS, name, at=[node])


def _root_fields(walk: Walk, operation: OperationDefinitionNode) -> Iterator[FieldNode]:
    pending: list[Node] = [operation]
    spread: set[str] = set()
    while pending:
        node: Any = pending.pop()
        for each in node.selection_set.selections:
            if isinstance(each, FieldNode):
                yield each
            elif isinstance(each, InlineFragmentNode):
                pending.append(each)
            elif each.name.value in walk.fragments.keys() - spread:
                spread.add(each.name.value)
                pending.append(walk.fragments[each.name.value])


def _repeated(nodes: Iterable[Any] | None) -> Iterator[Any]:
    """Find the nodes whose name an earlier one has."""
    seen: set[str] = set()
    for node in nodes or ():
        if node.name.value in seen:
            yield node
        seen.add(node.name.value)
