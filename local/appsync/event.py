"""The event a direct Lambda resolver gets, key by key as AppSync sends it."""

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from graphql import (
    FieldNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    SelectionSetNode,
    get_named_type,
    is_abstract_type,
    print_ast,
)
from graphql.language import BooleanValueNode, DirectiveNode, VariableNode

from local.appsync.auth import Identity
from local.appsync.document import Document
from local.appsync.errors import LARGEST_PAYLOAD, too_large
from local.appsync.json_text import dumped
from local.resolution import ResolveInfo


@dataclass(frozen=True, slots=True)
class Caller:
    """What the events of one request have in common, already as JSON where it is large."""

    identity: orjson.Fragment
    request: orjson.Fragment
    variables: orjson.Fragment
    infos: dict[Hashable, orjson.Fragment] = field(default_factory=dict)


def caller(identity: Identity, headers: Mapping[str, Any], variables: Any) -> Caller:
    """Gather what every event of a request shares; `headers` are lower-case, without cookies."""
    request = {"headers": headers, "domainName": None}
    return Caller(
        orjson.Fragment(orjson.dumps(identity.event)),
        orjson.Fragment(orjson.dumps(request)),
        orjson.Fragment(dumped(variables)),
    )


def event(
    caller: Caller,
    info: ResolveInfo,
    document: Document,
    source: Any,
    arguments: dict[str, Any],
) -> dict[str, Any]:
    """Build the event of one field of one parent; `source` is None at the root."""
    return {
        "arguments": arguments,
        "identity": caller.identity,
        "source": source,
        "request": caller.request,
        "prev": None,
        "info": _info(caller, info, document),
        "stash": {},
    }


def _info(caller: Caller, info: ResolveInfo, document: Document) -> orjson.Fragment:
    """Tell of the field: the same for each of its parents, so it is written once a request."""
    key = (info.parent_type.name, *map(id, info.field_nodes))
    written = caller.infos.get(key)
    if written is None:
        selection = None if document.conditional else document.selections.get(key)
        if selection is None:
            selection = document.selections[key] = _selection(info)
        told = {
            **selection,
            "parentTypeName": info.parent_type.name,
            "fieldName": info.field_name,
            "variables": caller.variables,
        }
        written = caller.infos[key] = orjson.Fragment(orjson.dumps(told))
    return written


def _selection(info: ResolveInfo) -> dict[str, Any]:
    sets = [node.selection_set for node in info.field_nodes if node.selection_set]
    return {
        "selectionSetList": _listed(sets, info),
        "selectionSetGraphQL": print_ast(_merged(sets)) if sets else "",
    }


def _listed(sets: list[SelectionSetNode], info: ResolveInfo) -> list[str]:
    """List each path once; raises FieldError where the list alone is more than Lambda takes."""
    kind = get_named_type(info.return_type)
    spread: set[tuple[str, str, str]] = set()
    listed: dict[str, None] = {}
    size = 0
    for path in (path for each in sets for path in _paths(each, kind, info, "", spread)):
        if path not in listed:
            listed[path] = None
            size += len(path)
            # A few fragments that spread each other twice, under two aliases, have no end of paths.
            if size > LARGEST_PAYLOAD:
                raise too_large()
    return list(listed)


def _merged(sets: list[SelectionSetNode]) -> SelectionSetNode:
    selections = tuple(selection for each in sets for selection in each.selections)
    return sets[0] if len(sets) == 1 else SelectionSetNode(selections=selections)


def _paths(
    selected: SelectionSetNode,
    kind: Any,
    info: ResolveInfo,
    prefix: str,
    spread: set[tuple[str, str, str]],
) -> Iterator[str]:
    """List what is selected: depth first, aliases for names, fragments flattened.

    `spread` has the fragments that were, each with its place: to list one there again adds nothing,
    and fragments that spread each other twice would take for ever.
    """
    for node in selected.selections:
        if not _included(node, info):
            continue
        if isinstance(node, FieldNode):
            path = prefix + (node.alias or node.name).value
            yield path
            if node.selection_set and (field := info.schema.get_field(kind, node.name.value)):
                inner = get_named_type(field.type)
                yield from _paths(node.selection_set, inner, info, f"{path}/", spread)
        elif _first(node, kind, prefix, spread) and (narrowed := _fragment(node, kind, info)):
            yield from _paths(narrowed, kind, info, prefix, spread)


def _first(node: Any, kind: Any, prefix: str, spread: set[tuple[str, str, str]]) -> bool:
    """Tell whether a fragment is not listed yet in this place, and note that it is."""
    if not isinstance(node, FragmentSpreadNode):
        return True
    place = (node.name.value, kind.name, prefix)
    known = place in spread
    spread.add(place)
    return not known


def _fragment(node: Any, kind: Any, info: ResolveInfo) -> SelectionSetNode | None:
    """Give a fragment's selections; AppSync leaves out those that narrow an abstract type."""
    if isinstance(node, FragmentSpreadNode):
        node = info.fragments[node.name.value]
    assert isinstance(node, InlineFragmentNode) or node.type_condition
    condition = node.type_condition.name.value if node.type_condition else kind.name
    if is_abstract_type(kind) and condition != kind.name:
        return None
    selection_set: SelectionSetNode = node.selection_set
    return selection_set


def _included(node: Any, info: ResolveInfo) -> bool:
    conditions = {d.name.value: _condition(d, info) for d in node.directives or ()}
    return not conditions.get("skip", False) and conditions.get("include", True)


def _condition(directive: DirectiveNode, info: ResolveInfo) -> bool:
    # Strawberry hands resolvers the coerced variables as a plain dict, so the node is read by hand.
    value = next((a.value for a in directive.arguments or () if a.name.value == "if"), None)
    if isinstance(value, VariableNode):
        variables: Any = info.variable_values
        return bool(variables.get(value.name.value))
    return isinstance(value, BooleanValueNode) and value.value
