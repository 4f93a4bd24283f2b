"""What the contract says of subscriptions is what the registry says, and what AppSync takes."""

import pytest
from graphql import (
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLObjectType,
    get_named_type,
    get_nullable_type,
)
from graphql.utilities import value_from_ast_untyped

from local.contract import contract
from resolvers.registry import registry
from resolvers.shared.local_resolvers import Argument, LocalMutation, Own, Subscription

Fields = dict[str, GraphQLField]
OPERATORS = {
    *("eq", "ne", "le", "lt", "ge", "gt", "between", "in", "notIn"),
    *("contains", "notContains", "beginsWith", "containsAny"),
}
MOST_INVALIDATIONS = 5  # calls in one request; AppSync's own
DECLARED = {r.field_name: r for r in registry().local.values() if isinstance(r, Subscription)}
MUTATIONS = {r.field_name: r for r in registry().local.values() if isinstance(r, LocalMutation)}


def fields(kind: GraphQLObjectType | None) -> Fields:
    assert kind is not None
    found: Fields = kind.fields
    return found


FIELDS = fields(contract().subscription_type)


def payload(field: GraphQLField) -> Fields:
    kind = get_named_type(field.type)
    assert isinstance(kind, GraphQLObjectType)
    return fields(kind)


def heard(field: GraphQLField) -> list[str]:
    assert field.ast_node is not None
    (directive,) = [d for d in field.ast_node.directives or () if d.name.value == "aws_subscribe"]
    (argument,) = directive.arguments or ()
    mutations = value_from_ast_untyped(argument.value)
    assert isinstance(mutations, list)
    return mutations


@pytest.mark.parametrize("name", FIELDS)
def test_subscription_hears_of_mutations_of_its_type(name: str) -> None:
    mutations = fields(contract().mutation_type)
    for mutation in heard(FIELDS[name]):
        assert mutation in mutations
        published = get_nullable_type(mutations[mutation].type)
        assert get_nullable_type(FIELDS[name].type) == published


@pytest.mark.parametrize("name", FIELDS.keys() - DECLARED.keys())
def test_argument_without_a_filter_is_a_field_of_the_payload(name: str) -> None:
    """AppSync compares an argument with the payload's field of its name, at the top level."""
    for argument, declared in FIELDS[name].args.items():
        assert argument in payload(FIELDS[name])
        kind = payload(FIELDS[name])[argument].type
        assert get_nullable_type(declared.type) == get_nullable_type(kind)


@pytest.mark.parametrize("declared", DECLARED.values(), ids=DECLARED.keys())
def test_filter_is_of_the_field(declared: Subscription) -> None:
    field = FIELDS[declared.field_name]
    used = {declared.replaced_by} - {None}
    for each in declared.filter:
        assert each.field.split(".")[0] in payload(field)
        if isinstance(each, Own):
            used |= {each.field} & field.args.keys()
        else:
            assert each.operator in OPERATORS
            used |= {each.value.name} if isinstance(each.value, Argument) else set()
    assert used == field.args.keys(), "an argument that no condition uses is ignored, silently"


@pytest.mark.parametrize("declared", DECLARED.values(), ids=DECLARED.keys())
def test_first_condition_is_on_a_text_that_every_payload_has(declared: Subscription) -> None:
    kind = str(payload(FIELDS[declared.field_name])[declared.filter[0].field].type)
    assert kind in ("ID!", "String!")


@pytest.mark.parametrize("declared", DECLARED.values(), ids=DECLARED.keys())
def test_invalidation_always_asks_something(declared: Subscription) -> None:
    """Else one user's end would be everybody's."""
    always = [each for each in declared.invalidation if not isinstance(each.value, Argument)]
    assert bool(always) is bool(declared.invalidation)


@pytest.mark.parametrize("declared", DECLARED.values(), ids=DECLARED.keys())
def test_filter_argument_asks_what_appsync_can_filter(declared: Subscription) -> None:
    if declared.replaced_by is None:
        return
    field = FIELDS[declared.field_name]
    asked = get_named_type(field.args[declared.replaced_by].type)
    assert isinstance(asked, GraphQLInputObjectType)
    for name in asked.fields.keys() - {"and", "or"}:
        assert name in payload(field)
        operators = get_named_type(asked.fields[name].type)
        if isinstance(operators, GraphQLInputObjectType):
            assert operators.fields.keys() <= OPERATORS


@pytest.mark.parametrize("declared", MUTATIONS.values(), ids=MUTATIONS.keys())
def test_local_mutation_is_of_the_contract(declared: LocalMutation) -> None:
    arguments = fields(contract().mutation_type)[declared.field_name].args
    assert declared.returns is None or declared.returns in arguments
    assert len(declared.invalidates) <= MOST_INVALIDATIONS
    for each in declared.invalidates:
        asked = {condition.field for condition in DECLARED[each.field].invalidation}
        assert asked == each.payload.keys()
        for place in each.payload.values():
            _, origin, name, *_ = place.split(".")
            assert origin == "result" or (origin == "arguments" and name in arguments)
