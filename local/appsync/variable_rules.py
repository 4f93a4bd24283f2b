"""The engine's rules for variables, which follow fragments from where an operation spreads them."""

from collections.abc import Iterator
from itertools import islice
from typing import Any, TypeAlias

from graphql import (
    GraphQLList,
    GraphQLNonNull,
    get_named_type,
    is_input_type,
)
from graphql.language import (
    FragmentDefinitionNode,
    FragmentSpreadNode,
    NullValueNode,
    OperationDefinitionNode,
    VariableDefinitionNode,
    VariableNode,
)
from graphql.utilities import type_from_ast

from local.appsync import java, wording
from local.appsync.literals import flaw
from local.appsync.walk import MOST_ERRORS, Budget, Usage, Uses, Walk
from local.appsync.wording import Finding

# Operations times fragments times variables is a cube.
MOST_STEPS = 100_000

Path: TypeAlias = tuple[str, ...]
# How an operation came to a fragment: the path of the last spread, and how it came to that one.
Route: TypeAlias = tuple["Route | None", Path]


def start_operation(walk: Walk, node: OperationDefinitionNode) -> None:
    """Begin to note what an operation uses."""
    walk.uses = Uses({each.variable.name.value: each for each in node.variable_definitions or ()})


def start_fragment(walk: Walk, node: FragmentDefinitionNode) -> None:
    """Begin to note what a fragment uses."""
    walk.uses = walk.fragment_uses[node.name.value] = Uses(None)


def note_spread(walk: Walk, node: FragmentSpreadNode) -> None:
    """Note a spread."""
    walk.uses.spreads.append((node, tuple(walk.path)))


def variables_are_unique(walk: Walk, node: OperationDefinitionNode) -> None:
    """Refuse a variable defined twice."""
    names: set[str] = set()
    for each in node.variable_definitions or ():
        name = each.variable.name.value
        if name in names:
            walk.complain(wording.DUPLICATE_VARIABLE, name, at=[each])
        names.add(name)


def default_fits(walk: Walk, node: VariableDefinitionNode) -> None:
    """Refuse a default that the variable could not hold."""
    kind = walk.types.get_input_type()
    value = node.default_value
    if kind and value and flaw(value, kind):
        walk.complain(wording.BAD_DEFAULT, java.literal(value), wording.bare_name(kind), at=[node])


def variable_is_input(walk: Walk, node: VariableDefinitionNode) -> None:
    """Refuse a variable of a type that only comes out."""
    kind = type_from_ast(walk.schema, node.type)
    if kind and not is_input_type(get_named_type(kind)):
        walk.complain(wording.NOT_AN_INPUT, at=[node])


def variable_fits(walk: Walk, node: VariableNode) -> None:
    """Note a variable; refuse it if it is not defined or not of the type wanted."""
    if isinstance(walk.parents[-1], VariableDefinitionNode):
        return
    usage = Usage(node, walk.types.get_input_type(), tuple(walk.path))
    walk.uses.variables.append(usage)
    if walk.uses.defined is not None:
        for finding in _misfits(walk, walk.uses, usage):
            walk.note(finding)


def end_operation(walk: Walk, _: OperationDefinitionNode) -> None:
    """Leave the rest until the fragments are known."""
    walk.ended.append((len(walk.found), walk.uses))


def settle_variables(walk: Walk) -> None:
    """Complain of variables in fragments and of unused ones, where their operations ended."""
    budget = Budget(MOST_STEPS)
    for position, uses in reversed(walk.ended):
        late = islice(_late_findings(walk, uses, budget), MOST_ERRORS)
        walk.found[position:position] = late


def settle_fragments(walk: Walk) -> None:
    """Complain of fragments that no operation reaches."""
    reached: set[str] = set()
    pending = [uses for _, uses in walk.ended]
    while pending:
        names = {spread.name.value for spread, _ in pending.pop().spreads}
        fresh = (names & walk.fragment_uses.keys()) - reached
        reached |= fresh
        pending += [walk.fragment_uses[name] for name in fresh]
    for name, fragment in walk.fragments.items():
        if name not in reached:
            walk.complain(wording.UNUSED_FRAGMENT, name, at=[fragment])


def _late_findings(walk: Walk, uses: Uses, budget: Budget) -> Iterator[Finding]:
    used = {usage.node.name.value for usage in uses.variables}
    for usage, route in _in_fragments(walk, uses, budget):
        used.add(usage.node.name.value)
        yield from _misfits(walk, uses, usage, route)
    if budget.left >= 0:
        for name, definition in (uses.defined or {}).items():
            if name not in used:
                yield Finding(wording.UNUSED_VARIABLE, [name], (), [definition])


def _in_fragments(walk: Walk, uses: Uses, budget: Budget) -> Iterator[tuple[Usage, Route]]:
    """Find what an operation's fragments use, each fragment once, as first spread."""
    seen: set[str] = set()
    stack: list[tuple[Uses, Route | None]] = [(uses, None)]
    while stack:
        current, route = stack.pop()
        if route is not None:
            for usage in current.variables:
                if not budget.spend():
                    return
                yield usage, route
        for spread, path in reversed(current.spreads):
            name = spread.name.value
            if name in walk.fragment_uses and name not in seen and budget.spend():
                seen.add(name)
                stack.append((walk.fragment_uses[name], (route, path)))


def _misfits(walk: Walk, uses: Uses, usage: Usage, route: Route | None = None) -> Iterator[Finding]:
    """Complain of a variable in use that is not defined, or not of the type wanted there."""
    name = usage.node.name.value
    definition = (uses.defined or {}).get(name)
    if definition is None:
        yield Finding(wording.UNDEFINED_VARIABLE, [name], _path(usage, route), [usage.node])
        return
    kind: Any = type_from_ast(walk.schema, definition.type)
    default = definition.default_value
    if default and not isinstance(default, NullValueNode) and not isinstance(kind, GraphQLNonNull):
        kind = kind and GraphQLNonNull(kind)
    if kind and usage.expected and not _suits(kind, usage.expected):
        kinds = [kind, usage.expected]
        yield Finding(wording.VARIABLE_MISMATCH, kinds, _path(usage, route), [usage.node])


def _suits(given: Any, wanted: Any) -> bool:
    """Tell whether a type may stand for another; an argument's default does not excuse null."""
    if isinstance(wanted, GraphQLNonNull):
        return isinstance(given, GraphQLNonNull) and _suits(given.of_type, wanted.of_type)
    if isinstance(given, GraphQLNonNull):
        return _suits(given.of_type, wanted)
    if isinstance(given, GraphQLList) and isinstance(wanted, GraphQLList):
        return _suits(given.of_type, wanted.of_type)
    return given is wanted


def _path(usage: Usage, route: Route | None) -> Path:
    path = usage.path
    while route is not None:
        before, here = route
        route, path = before, here + path
    return path
