"""The engine's rule for fields of one name in one place: they must be the same field.

The engine compares every pair. So does this, except that leaves alike in all respects count once,
and that a document made to keep it busy is left in peace after a while.
"""

from collections.abc import Iterator
from itertools import combinations
from typing import Any, NamedTuple

from graphql import (
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    get_named_type,
    is_leaf_type,
    print_ast,
)
from graphql.language import FieldNode, FragmentSpreadNode, InlineFragmentNode, SelectionSetNode
from graphql.utilities import type_from_ast

from local.appsync import wording
from local.appsync.walk import MOST_ERRORS, Budget, Walk

MOST_STEPS = 100_000


class Entry(NamedTuple):
    """A field as selected: its type, and the type it is selected on."""

    node: FieldNode
    kind: Any
    parent: Any

    @property
    def key(self) -> str:
        """Give the name it has in the answer."""
        return (self.node.alias or self.node.name).value

    @property
    def selected(self) -> list[tuple[SelectionSetNode, Any]]:
        """Give what is selected on it, with its type."""
        selection = self.node.selection_set
        return [(selection, get_named_type(self.kind))] if selection else []


class Conflict(NamedTuple):
    """Why fields can't be one, and which."""

    reason: str
    nodes: list[FieldNode]


class Overlap:
    """The rule, for one walk."""

    def __init__(self) -> None:
        self._budget = Budget(MOST_STEPS)
        self._compared: set[tuple[int, int]] = set()
        self._printed: dict[int, frozenset[tuple[str, str]]] = {}

    def fields_can_merge(self, walk: Walk, node: SelectionSetNode) -> None:
        """Refuse fields that would answer under one name."""
        for conflict in self._conflicts(walk, [(node, walk.types.get_parent_type())]):
            walk.complain(wording.FIELDS_CONFLICT, conflict.reason, at=conflict.nodes)

    def _conflicts(
        self, walk: Walk, selected: list[tuple[SelectionSetNode, Any]]
    ) -> list[Conflict]:
        groups: dict[str, dict[object, Entry]] = {}
        for entry in self._entries(walk, selected):
            alike = id(entry.node) if entry.node.selection_set else self._sameness(entry)
            groups.setdefault(entry.key, {}).setdefault(alike, entry)
        found: list[Conflict] = []
        for entries in groups.values():
            for one, other in combinations(entries.values(), 2):
                if not self._budget.spend() or len(found) >= MOST_ERRORS:
                    return found
                if conflict := self._conflict(walk, one, other):
                    found.append(conflict)
        return found

    def _entries(self, walk: Walk, selected: list[tuple[SelectionSetNode, Any]]) -> Iterator[Entry]:
        spread: set[str] = set()
        stack = [(iter(each.selections), parent) for each, parent in reversed(selected)]
        while stack and self._budget.spend():
            selections, parent = stack[-1]
            node = next(selections, None)
            if node is None:
                stack.pop()
            elif isinstance(node, FieldNode):
                yield Entry(node, _kind(node, parent), parent)
            elif isinstance(node, InlineFragmentNode):
                condition = node.type_condition
                kind = type_from_ast(walk.schema, condition) if condition else parent
                stack.append((iter(node.selection_set.selections), kind))
            elif isinstance(node, FragmentSpreadNode) and node.name.value not in spread:
                spread.add(node.name.value)
                if fragment := walk.fragments.get(node.name.value):
                    kind = type_from_ast(walk.schema, fragment.type_condition)
                    stack.append((iter(fragment.selection_set.selections), kind))

    def _conflict(self, walk: Walk, one: Entry, other: Entry) -> Conflict | None:
        pair = (min(id(one.node), id(other.node)), max(id(one.node), id(other.node)))
        if pair in self._compared:
            return None
        self._compared.add(pair)
        nodes = [one.node, other.node]
        if reason := _shapes(one.kind, other.kind) or self._difference(one, other):
            return Conflict(f"{one.key}: {reason}", nodes)
        if _exclusive(one.parent, other.parent):
            return None
        inner = self._conflicts(walk, one.selected + other.selected) if _both(one, other) else []
        if not inner:
            return None
        nodes += [node for conflict in inner for node in conflict.nodes]
        return Conflict(f"{one.key}: ({', '.join(each.reason for each in inner)})", nodes)

    def _difference(self, one: Entry, other: Entry) -> str | None:
        """Compare what is selected, not yet what is selected on it."""
        kind, kind_of_other = get_named_type(one.kind), get_named_type(other.kind)
        types = f"they return differing types {_name(kind)} and {_name(kind_of_other)}"
        differ = bool(kind and kind_of_other) and kind is not kind_of_other
        if differ and (is_leaf_type(kind) or is_leaf_type(kind_of_other)):
            return types
        if _exclusive(one.parent, other.parent):
            return None
        names = one.node.name.value, other.node.name.value
        if names[0] != names[1]:
            return f"{names[0]} and {names[1]} are different fields"
        if differ:
            return types
        same = self._arguments(one.node) == self._arguments(other.node)
        return None if same else "they have differing arguments"

    def _sameness(self, entry: Entry) -> object:
        return (entry.node.name.value, self._arguments(entry.node), id(entry.parent))

    def _arguments(self, node: FieldNode) -> frozenset[tuple[str, str]]:
        if id(node) not in self._printed:
            given = node.arguments or ()
            self._printed[id(node)] = frozenset((a.name.value, print_ast(a.value)) for a in given)
        return self._printed[id(node)]


def _kind(node: FieldNode, parent: Any) -> Any:
    known = isinstance(parent, (GraphQLObjectType, GraphQLInterfaceType))
    field = parent.fields.get(node.name.value) if known else None
    return field.type if field else None


def _both(one: Entry, other: Entry) -> bool:
    return bool(one.node.selection_set and other.node.selection_set)


def _exclusive(one: Any, other: Any) -> bool:
    """Tell whether no object can be of both types."""
    objects = isinstance(one, GraphQLObjectType) and isinstance(other, GraphQLObjectType)
    return objects and one is not other


def _shapes(one: Any, other: Any) -> str | None:
    """Compare the lists and non-nulls around two types."""
    while True:
        if isinstance(one, GraphQLNonNull) != isinstance(other, GraphQLNonNull):
            return "fields have different nullability shapes"
        if isinstance(one, GraphQLList) != isinstance(other, GraphQLList):
            return "fields have different list shapes"
        if not isinstance(one, (GraphQLList, GraphQLNonNull)):
            return None
        one, other = one.of_type, other.of_type


def _name(kind: Any) -> str:
    return kind.name if kind else "null"
