"""An error's data, cut to what the client selected of the field."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    SelectionSetNode,
)

Fragments = Mapping[str, FragmentDefinitionNode]


def pruned(data: Any, nodes: Iterable[object], fragments: Fragments) -> Any:
    """Keep of the data what is selected, under the fields' own names."""
    sets = [n.selection_set for n in nodes if isinstance(n, FieldNode) and n.selection_set]
    return _cut(data, sets, fragments) if sets else data


def _cut(data: Any, sets: Sequence[SelectionSetNode], fragments: Fragments) -> Any:
    if isinstance(data, list):
        return [_cut(item, sets, fragments) for item in data]
    if not isinstance(data, dict):
        return data
    selected: dict[str, list[SelectionSetNode]] = {}
    spread: set[str] = set()
    for field in (field for each in sets for field in _fields(each, fragments, spread)):
        below = selected.setdefault(field.name.value, [])
        below += [field.selection_set] if field.selection_set else []
    return {
        name: _cut(value, selected[name], fragments)
        for name, value in data.items()
        if name in selected
    }


def _fields(
    selected: SelectionSetNode, fragments: Fragments, spread: set[str]
) -> Iterable[FieldNode]:
    """Find the fields of one object; each fragment once, as in execution, else it may take ages."""
    for node in selected.selections:
        if isinstance(node, FieldNode):
            yield node
        elif isinstance(node, InlineFragmentNode):
            yield from _fields(node.selection_set, fragments, spread)
        elif isinstance(node, FragmentSpreadNode) and node.name.value not in spread:
            spread.add(node.name.value)
            yield from _fields(fragments[node.name.value].selection_set, fragments, spread)
