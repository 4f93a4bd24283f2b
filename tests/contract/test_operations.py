"""subscriptions/operations.graphql = schema.graphql: whole values, inside AppSync's limits."""

from collections.abc import Iterator

import pytest
from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLObjectType,
    OperationDefinitionNode,
    Source,
    get_named_type,
    parse,
    validate,
)
from graphql.language import Lexer, SelectionSetNode, TokenKind

from infra.operations import OPERATIONS, SCHEMA, operations
from infra.settings import QUERY_DEPTH_LIMIT, RESOLVER_COUNT_LIMIT
from local.access_matrix import PRINCIPALS, denied
from local.appsync.auth.identity import Place
from local.appsync.depth import depth
from local.contract import contract
from resolvers.registry import registry
from resolvers.shared.operations import Publication, compose
from resolvers.shared.publish import MOST_FIELDS
from resolvers.shared.resources import Context

MOST_TOKENS = 15_000
DOCUMENT = parse(OPERATIONS.read_text(), no_location=True)
DEFINITIONS = DOCUMENT.definitions
FRAGMENTS = {d.name.value: d for d in DEFINITIONS if isinstance(d, FragmentDefinitionNode)}
MUTATIONS = {
    d.name.value: d for d in DEFINITIONS if isinstance(d, OperationDefinitionNode) and d.name
}


def selected(
    kind: GraphQLObjectType, selections: SelectionSetNode, path: tuple[str, ...]
) -> Iterator[Place]:
    """Give every field selected, and fail where one is missing."""
    chosen = [node for node in selections.selections if isinstance(node, FieldNode)]
    wanted = {name for name, f in kind.fields.items() if get_named_type(f.type).name not in path}
    assert {node.name.value for node in chosen} == wanted
    for node in chosen:
        yield kind.name, node.name.value
        inner = get_named_type(kind.fields[node.name.value].type)
        if isinstance(inner, GraphQLObjectType):
            assert node.selection_set is not None
            yield from selected(inner, node.selection_set, (*path, inner.name))


def places(mutation: str) -> list[Place]:
    """List what a mutation's operation selects of its value, every occurrence."""
    (call,) = MUTATIONS[mutation].selection_set.selections
    assert isinstance(call, FieldNode) and call.selection_set
    (spread,) = call.selection_set.selections
    assert isinstance(spread, FragmentSpreadNode)
    fragment = FRAGMENTS[spread.name.value]
    kind = contract().type_map[fragment.type_condition.name.value]
    assert isinstance(kind, GraphQLObjectType)
    return list(selected(kind, fragment.selection_set, (kind.name,)))


def test_operations_are_up_to_date() -> None:
    current = OPERATIONS.read_text() == operations(SCHEMA.read_text())
    assert current, "run: python -m infra.operations"


def test_operations_are_valid() -> None:
    assert validate(contract(), DOCUMENT) == []


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_every_field_is_selected_and_open_to_publishers(mutation: str) -> None:
    closed = denied(contract(), PRINCIPALS["publishers"])

    assert [place for place in places(mutation) if place in closed] == []


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_full_request_is_inside_the_limits(mutation: str) -> None:
    kind = contract().mutation_type
    assert kind is not None
    arguments = dict.fromkeys(kind.fields[mutation].args)
    request = compose([Publication(mutation, arguments)] * MOST_FIELDS)
    document = parse(request.document, no_location=True)
    bound = {tuple(coordinate.split(".")) for coordinate in registry().bindings}

    assert validate(contract(), document) == []
    assert tokens(request.document) < MOST_TOKENS
    assert depth(document) <= QUERY_DEPTH_LIMIT
    # At least: fields of the items of a list count once an item.
    each = 1 + sum(place in bound for place in places(mutation))
    assert MOST_FIELDS * each <= RESOLVER_COUNT_LIMIT


def tokens(text: str) -> int:
    lexer, count = Lexer(Source(text)), 0
    while lexer.advance().kind is not TokenKind.EOF:
        count += 1
    return count


@pytest.mark.parametrize("context", registry().contexts.values(), ids=registry().contexts)
def test_context_publishes_what_has_an_operation(context: Context) -> None:
    assert set(context.publishes) <= MUTATIONS.keys()
