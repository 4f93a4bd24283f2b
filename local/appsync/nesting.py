"""How deep selections go through fragments, and which fragments contain themselves.

Works without recursion and in linear time, so that the rules which follow may recurse.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from graphql.language import (
    FragmentDefinitionNode,
    FragmentSpreadNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

# graphql-core's parser draws the same line within one definition.
DEEPEST = 200

Graph = Mapping[str, Collection[str]]


class Outline(NamedTuple):
    """A definition's own depth, and the spreads in it with the depth they lie at."""

    depth: int
    spreads: list[tuple[FragmentSpreadNode, int]]


class Nesting(NamedTuple):
    """A document's fragments, the loops they are in, and its depth through them."""

    outlines: Mapping[str, Outline]
    loops: Mapping[str, Collection[str]]
    depth: int

    def way_back(self, name: str) -> list[FragmentSpreadNode]:
        """Give the spreads on a shortest way from a fragment to itself, without the last one."""
        loop = self.loops[name]
        came: dict[str, tuple[str, FragmentSpreadNode]] = {}
        queue = [name]
        for current in queue:
            for spread, _ in self.outlines[current].spreads:
                target = spread.name.value
                if target == name:
                    return _retrace(came, name, current)
                if target in loop and target not in came:
                    came[target] = (current, spread)
                    queue.append(target)
        return []


def nesting(
    operations: Iterable[OperationDefinitionNode], fragments: Mapping[str, FragmentDefinitionNode]
) -> Nesting:
    """Measure a document."""
    outlines = {name: _outline(node.selection_set) for name, node in fragments.items()}
    graph = {
        name: [s.name.value for s, _ in outline.spreads if s.name.value in outlines]
        for name, outline in outlines.items()
    }
    depths: dict[str, int] = {}
    loops: dict[str, Collection[str]] = {}
    for component in _innermost_first(graph):
        if len(component) > 1 or component[0] in graph[component[0]]:
            loops.update(dict.fromkeys(component, frozenset(component)))
        else:
            depths[component[0]] = _reach(outlines[component[0]], depths)
    reached = [_reach(_outline(operation.selection_set), depths) for operation in operations]
    return Nesting(outlines, loops, max([0, *reached, *depths.values()]))


def _innermost_first(graph: Graph) -> list[list[str]]:
    """Split a graph into its strongly connected components (Kosaraju's way)."""
    users: dict[str, list[str]] = {name: [] for name in graph}
    for name, targets in graph.items():
        for target in targets:
            users[target].append(name)
    seen: set[str] = set()
    order = [name for root in graph for name in _postorder(graph, root, seen)]
    seen = set()
    components = [_postorder(users, root, seen) for root in reversed(order)]
    return [component for component in reversed(components) if component]


def _postorder(graph: Graph, root: str, seen: set[str]) -> list[str]:
    if root in seen:
        return []
    seen.add(root)
    stack = [(root, iter(graph[root]))]
    done = []
    while stack:
        name, targets = stack[-1]
        target = next((each for each in targets if each not in seen), None)
        if target is None:
            done.append(name)
            stack.pop()
        else:
            seen.add(target)
            stack.append((target, iter(graph[target])))
    return done


def _retrace(
    came: Mapping[str, tuple[str, FragmentSpreadNode]], start: str, end: str
) -> list[FragmentSpreadNode]:
    way = []
    while end != start:
        end, spread = came[end]
        way.append(spread)
    return way[::-1]


def _reach(outline: Outline, depths: Mapping[str, int]) -> int:
    through = (depth + depths.get(spread.name.value, 0) for spread, depth in outline.spreads)
    return max([outline.depth, *through])


def _outline(selected: SelectionSetNode) -> Outline:
    deepest = 0
    spreads: list[tuple[FragmentSpreadNode, int]] = []
    stack = [(selected, 1)]
    while stack:
        current, depth = stack.pop()
        deepest = max(deepest, depth)
        for node in current.selections:
            if isinstance(node, FragmentSpreadNode):
                spreads.append((node, depth))
            elif inner := getattr(node, "selection_set", None):
                stack.append((inner, depth + 1))
    return Outline(deepest, spreads)
