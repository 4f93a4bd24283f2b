"""Every function: how it runs, where it logs, what it is told."""

import pytest

from resolvers.registry import registry
from resolvers.shared.resources import physical_name
from tests.infra.templates import MADE_UP, Template


@pytest.mark.parametrize("template", ["dev", "prod", "made_up"])
def test_function_runs_on_arm_with_tracing(template: str, request: pytest.FixtureRequest) -> None:
    functions = request.getfixturevalue(template).properties("Lambda::Function")

    assert functions
    for function in functions:
        assert function["Runtime"] == "python3.13"
        assert function["Architectures"] == ["arm64"]
        assert function["TracingConfig"] == {"Mode": "Active"}


def test_each_context_has_one_function_and_one_a_worker(dev: Template) -> None:
    functions = {
        f["FunctionName"]: (f["Handler"], f["Timeout"], f["MemorySize"])
        for f in dev.properties("Lambda::Function")
    }
    contexts = registry().contexts.values()

    assert functions == {
        physical_name("dev", each.name): (each.handler, each.timeout, each.memory)
        for each in contexts
    } | {
        physical_name("dev", context.name, each.name): (each.entry, each.timeout, each.memory)
        for context in contexts
        for each in context.workers
    }


def test_functions_share_one_bundle(made_up: Template) -> None:
    functions = made_up.properties("Lambda::Function")

    assert len({function["Code"]["S3Key"] for function in functions}) == 1


def test_function_logs_json_to_its_own_group(made_up: Template) -> None:
    groups = made_up.of("Logs::LogGroup")

    for function in made_up.properties("Lambda::Function"):
        logging = function["LoggingConfig"]
        group = groups[logging["LogGroup"]["Ref"]]["Properties"]
        assert logging["LogFormat"] == "JSON"
        assert group["LogGroupName"] == f"/aws/lambda/{function['FunctionName']}"


@pytest.mark.parametrize(
    ("template", "days", "fate"), [("dev", 7, "Delete"), ("prod", 365, "Retain")]
)
def test_logs_expire(template: str, days: int, fate: str, request: pytest.FixtureRequest) -> None:
    found: Template = request.getfixturevalue(template)
    groups = found.of("Logs::LogGroup").values()

    others = len(found.of("KinesisFirehose::DeliveryStream")) + 1  # the API's
    assert len(groups) == len(found.of("Lambda::Function")) + others
    for group in groups:
        assert group["Properties"]["RetentionInDays"] == days
        assert group["DeletionPolicy"] == fate


def test_environment_names_what_a_context_reaches(made_up: Template) -> None:
    (api,) = made_up.of("AppSync::GraphQLApi")
    environments = {
        function["FunctionName"]: function["Environment"]["Variables"]
        for function in made_up.properties("Lambda::Function")
    }

    assert environments == {
        "twinberry-dev-shelf": {
            "TABLE_SHELF_BOOKS": "twinberry-dev-shelf-books",
            "POWERTOOLS_SERVICE_NAME": "shelf",
            "LOG_LEVEL": "INFO",
        },
        "twinberry-dev-desk": {
            "TABLE_DESK_NOTES": "twinberry-dev-desk-notes",
            "TABLE_SHELF_BOOKS": "twinberry-dev-shelf-books",
            "GRAPHQL_URL": {"Fn::GetAtt": [api, "GraphQLUrl"]},
            "POWERTOOLS_SERVICE_NAME": "desk",
            "LOG_LEVEL": "INFO",
        },
    }


def test_alarms_watch_the_api_and_every_function(made_up: Template) -> None:
    alarms = {alarm["AlarmName"] for alarm in made_up.properties("CloudWatch::Alarm")}
    watched = {f"{name}-{what}" for name in MADE_UP.contexts for what in ("errors", "throttles")}

    assert alarms == {physical_name("dev", name) for name in watched | {"api-5xx"}}


def test_dashboard_shows_every_function(made_up: Template) -> None:
    (dashboard,) = made_up.properties("CloudWatch::Dashboard")

    body = str(dashboard["DashboardBody"])
    assert all(f"{name} duration" in body for name in MADE_UP.contexts)
