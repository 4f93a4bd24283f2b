"""schema.graphql = registry = mirror."""

import inspect
import re
import subprocess
import sys
from dataclasses import fields
from importlib import import_module
from pathlib import Path

import pytest
from graphql import GraphQLNamedType, GraphQLObjectType, get_named_type, print_type
from graphql.utilities import value_from_ast

from local.contract import contract
from local.mirror import mirror
from resolvers.registry import registry
from resolvers.shared.local_resolvers import LocalMutation
from resolvers.shared.paging import Page
from resolvers.shared.routing import Binding
from resolvers.shared.shapes import camel
from tests.support.names import snake

ROOT = Path(__file__).parents[2]
BINDINGS = registry().bindings
ANSWERED = BINDINGS.keys() | registry().local.keys()
SUBSCRIPTIONS = {name for name in registry().local if name.startswith("Subscription.")}
ROOT_FIELDS = [
    f"{kind.name}.{name}"
    for kind in (contract().query_type, contract().mutation_type)
    if kind
    for name in kind.fields
]
ROOTS = (contract().query_type, contract().mutation_type, contract().subscription_type)
NAMED = [kind for kind in contract().type_map.values() if not kind.name.startswith("__")]


def owner(binding: Binding) -> GraphQLObjectType:
    kind = contract().type_map[binding.type_name]
    assert isinstance(kind, GraphQLObjectType)
    return kind


@pytest.mark.parametrize("coordinate", ROOT_FIELDS)
def test_root_field_has_a_binding(coordinate: str) -> None:
    assert coordinate in ANSWERED, f"no function answers {coordinate}"


@pytest.mark.parametrize("binding", BINDINGS.values(), ids=BINDINGS.keys())
def test_binding_has_a_field(binding: Binding) -> None:
    assert binding.field_name in owner(binding).fields


@pytest.mark.parametrize("binding", BINDINGS.values(), ids=BINDINGS.keys())
def test_function_is_named_after_its_field(binding: Binding) -> None:
    root = binding.type_name in ("Query", "Mutation", "Subscription")
    wanted = snake(binding.field_name)
    expected = wanted if root else f"{snake(binding.type_name)}_{wanted}"
    assert binding.function.__name__ == expected


@pytest.mark.parametrize("binding", BINDINGS.values(), ids=BINDINGS.keys())
def test_parameters_equal_the_arguments(binding: Binding) -> None:
    arguments = owner(binding).fields[binding.field_name].args
    assert {camel(name) for name in binding.parameters} == set(arguments)
    for name, parameter in binding.parameters.items():
        declared = arguments[camel(name)].default
        if declared is not None:
            assert parameter.default == value_from_ast(
                declared.literal, arguments[camel(name)].type
            )
        else:
            assert parameter.default in (None, inspect.Parameter.empty)


def test_field_with_arguments_and_no_binding_is_none() -> None:
    """A default resolver would ignore the arguments, silently."""
    forgotten = [
        f"{kind.name}.{name}"
        for kind in NAMED
        if isinstance(kind, GraphQLObjectType)
        for name, field in kind.fields.items()
        if kind is not contract().subscription_type
        and field.args
        and f"{kind.name}.{name}" not in ANSWERED
    ]
    assert forgotten == []


def attributes_of(kind: GraphQLObjectType) -> set[str]:
    """The attributes of the dataclass that a type is made from, by name; a page is the kernel's."""
    if kind.name.endswith("Page"):
        return {camel(field.name) for field in fields(Page)}
    models = [import_module(f"resolvers.{context}.model") for context in registry().contexts]
    found = [getattr(model, kind.name) for model in models if hasattr(model, kind.name)]
    return {camel(field.name) for cls in found for field in fields(cls)}


def passed_on(kind: GraphQLObjectType) -> set[str]:
    """What mutations that AppSync answers itself give as this type: their own arguments."""
    mutations = contract().mutation_type
    assert mutations
    local = [each for each in registry().local.values() if isinstance(each, LocalMutation)]
    found: set[str] = set()
    for declared in local:
        field = mutations.fields[declared.field_name]
        if get_named_type(field.type) is kind:
            given = field.args[declared.returns].type if declared.returns else field.args
            found |= set(given if isinstance(given, dict) else get_named_type(given).fields)
    return found


def test_every_field_of_a_type_is_answered() -> None:
    """By a binding or by an attribute; the twin, like AppSync, would find null and say nothing."""
    unanswered = [
        f"{kind.name}.{name}"
        for kind in NAMED
        if isinstance(kind, GraphQLObjectType) and kind not in ROOTS
        for name in kind.fields
        if f"{kind.name}.{name}" not in BINDINGS
        and name not in attributes_of(kind) | passed_on(kind)
    ]
    assert unanswered == []


def test_mirror_prints_back_the_schema() -> None:
    printed = mirror(contract(), ANSWERED - SUBSCRIPTIONS).as_str()
    reachable = {kind.name for kind in NAMED if is_mentioned(kind)}
    expected = {
        print_type(kind) for kind in NAMED if kind.name in reachable and not is_built_in(kind)
    }
    # Within a type a blank line comes before a described field, which is indented.
    assert set(re.split(r"\n\n(?=\S)", printed)) == expected


def is_built_in(kind: GraphQLNamedType) -> bool:
    return kind.name in ("ID", "String", "Int", "Float", "Boolean")


def is_mentioned(kind: GraphQLNamedType) -> bool:
    """AppSync's own scalars are absent from the mirror until the contract uses them."""
    used = re.search(rf"\b{kind.name}\b", (ROOT / "schema.graphql").read_text())
    return not kind.name.startswith("AWS") or bool(used)


def test_every_field_file_imports_with_an_empty_environment() -> None:
    script = (
        "import sys; from resolvers.registry import registry; registry();"
        "print('botocore.session' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env={}, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False", "importing the contexts must not load boto3"
