"""Functions that publish: they may call what they declare, and the stack can be made at all."""

from collections.abc import Iterator
from graphlib import TopologicalSorter
from typing import Any

import pytest

from infra.app import synthesise
from resolvers.registry import Registry
from resolvers.shared.resources import AUTHORIZER, Context
from tests.infra.templates import Template


def _publishing(template: Template) -> dict[str, Any]:
    """Give the resources of `appsync:GraphQL` by the function's handler."""
    return {
        function["Handler"]: [
            resource
            for statement in template.statements(function["Role"]["Fn::GetAtt"][0])
            for resource in statement["Resource"]
            if "appsync:GraphQL" in statement["Action"]
        ]
        for function in template.properties("Lambda::Function")
    }


def test_function_may_call_the_mutations_it_declares_and_no_more(made_up: Template) -> None:
    (api,) = made_up.of("AppSync::GraphQLApi")
    arn = {"Fn::GetAtt": [api, "Arn"]}

    assert _publishing(made_up) == {
        "resolvers.shelf.fields.handler": [],
        "resolvers.desk.fields.handler": [
            {"Fn::Join": ["", [arn, "/types/Mutation/fields/publishBook"]]},
            {"Fn::Join": ["", [arn, "/types/Mutation/fields/publishNote"]]},
        ],
    }


def test_nobody_else_has_a_role_that_may_call(made_up: Template) -> None:
    policies = [str(p) for p in made_up.properties("IAM::Policy") if "appsync:GraphQL" in str(p)]

    assert len(policies) == 1


@pytest.mark.parametrize("template", ["dev", "prod", "made_up"])
def test_no_resource_waits_for_itself(template: str, request: pytest.FixtureRequest) -> None:
    """CloudFormation would refuse; the API knows functions, and functions the API."""
    resources = request.getfixturevalue(template).resources

    order = TopologicalSorter({id: {*_needed(each, resources)} for id, each in resources.items()})

    assert set(order.static_order()) == resources.keys()


def _needed(value: Any, resources: dict[str, Any]) -> Iterator[str]:
    """Give the logical ids that a part of the template refers to."""
    if isinstance(value, list):
        for item in value:
            yield from _needed(item, resources)
    if isinstance(value, dict):
        for key, item in value.items():
            named = item if isinstance(item, list) else [item]
            if key in ("Ref", "Fn::GetAtt"):
                named = named[:1]
            elif key != "DependsOn":
                yield from _needed(item, resources)
                continue
            yield from (name for name in named if name in resources)


def test_authorizer_cannot_publish(bundle: Any, tmp_path: Any) -> None:
    authorizer = Context(AUTHORIZER, entry="decide", publishes=("publishNote",))
    declared = Registry(contexts={AUTHORIZER: authorizer}, bindings={})

    with pytest.raises(ValueError, match="the authorizer can't publish"):
        synthesise(registry=declared, bundle=bundle, outdir=tmp_path, context={})
