"""An error's data, cut to what the client selected of the field and may see."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    InlineFragmentNode,
    SelectionSetNode,
    get_named_type,
    is_abstract_type,
)

Fragments = Mapping[str, FragmentDefinitionNode]
Kinds = Sequence[GraphQLNamedType]


@dataclass(frozen=True, slots=True)
class Pruner:
    """What is to know of a request; `hidden` are the fields, by type, that the caller may not see.

    Data tells its type by `__typename`, if at all. Else it may be of any that the field has, and
    what is hidden of one of them is left out.
    """

    schema: GraphQLSchema
    fragments: Fragments
    hidden: frozenset[tuple[str, str]]

    def pruned(self, data: Any, kind: GraphQLOutputType, nodes: Iterable[FieldNode]) -> Any:
        """Keep what is selected of a field of this type, under the fields' own names."""
        sets = [node.selection_set for node in nodes if node.selection_set]
        return self._cut(data, [get_named_type(kind)], sets)

    def _cut(self, data: Any, kinds: Kinds, sets: Sequence[SelectionSetNode]) -> Any:
        if not sets:
            return data
        if isinstance(data, list):
            return [self._cut(item, kinds, sets) for item in data]
        if not isinstance(data, dict):
            return data
        kinds = [each for kind in kinds for each in self._possible(kind, data)]
        selected: dict[str, list[SelectionSetNode]] = {}
        spread: set[str] = set()
        for field in (field for each in sets for field in _fields(each, self.fragments, spread)):
            below = selected.setdefault(field.name.value, [])
            below += [field.selection_set] if field.selection_set else []
        return {
            name: self._cut(value, _below(kinds, name), selected[name])
            for name, value in data.items()
            if name in selected and not any((kind.name, name) in self.hidden for kind in kinds)
        }

    def _possible(self, kind: GraphQLNamedType, data: Mapping[str, Any]) -> Kinds:
        if not is_abstract_type(kind):
            return [kind]
        possible = self.schema.get_possible_types(kind)
        told = [each for each in possible if each.name == data.get("__typename")]
        return [kind, *(told or possible)]


def _below(kinds: Kinds, name: str) -> Kinds:
    composite = (k for k in kinds if isinstance(k, (GraphQLObjectType, GraphQLInterfaceType)))
    below = {get_named_type(kind.fields[name].type) for kind in composite if name in kind.fields}
    return list(below)


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
