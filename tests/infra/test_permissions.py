"""What roles may do: their own and no more."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import resolvers
from infra.functions import READ, WRITE
from tests.infra.templates import Template

# The only actions that may name `*`, and why.
ANYWHERE = {
    "xray:PutTraceSegments": "X-Ray's write actions know no resources; AWS takes nothing else",
    "xray:PutTelemetryRecords": "as above",
}
# DynamoDB's calls that are authorised by the actions of their parts.
OF_PARTS = {"TransactWriteItems"}


def _roles(template: Template) -> dict[str, str]:
    return {
        function["Role"]["Fn::GetAtt"][0]: function["FunctionName"]
        for function in template.properties("Lambda::Function")
    }


def _role(template: Template, context: str) -> str:
    (role,) = [role for role, name in _roles(template).items() if name.endswith(f"-{context}")]
    return role


def _on(template: Template, role: str, service: str) -> Iterator[tuple[str, str]]:
    """Give pairs of action and resource, a resource being the logical ids and texts in it."""
    for statement in template.statements(role):
        for action in statement["Action"]:
            if action.startswith(f"{service}:"):
                for resource in statement["Resource"]:
                    yield action.removeprefix(f"{service}:"), _flat(resource)


def _flat(value: Any) -> str:
    if isinstance(value, dict):
        return _flat(list(value.values()))
    return "".join(map(_flat, value)) if isinstance(value, list) else str(value)


@pytest.mark.parametrize("template", ["dev", "prod", "made_up"])
def test_no_statement_names_every_resource(template: str, request: pytest.FixtureRequest) -> None:
    found: Template = request.getfixturevalue(template)

    assert found.of("IAM::Role")
    for role in found.of("IAM::Role"):
        for statement in found.statements(role):
            assert not [action for action in statement["Action"] if "*" in action]
            if "*" in statement["Resource"]:
                assert set(statement["Action"]) <= ANYWHERE.keys()


def test_no_role_has_a_managed_policy(dev: Template) -> None:
    for role in dev.properties("IAM::Role"):
        assert "ManagedPolicyArns" not in role
        assert "Policies" not in role


def test_each_context_has_a_role_of_its_own(made_up: Template) -> None:
    assert len(_roles(made_up)) == len(made_up.of("Lambda::Function"))


def test_context_reads_and_writes_its_own_tables(made_up: Template) -> None:
    (table,) = [id for id in made_up.of("DynamoDB::Table") if "books" in id]
    granted = set(_on(made_up, _role(made_up, "shelf"), "dynamodb"))

    assert granted == {(action, f"{table}Arn") for action in (*READ, *WRITE)} | {
        ("Query", f"{table}Arn/index/by-author"),
        ("Query", f"{table}Arn/index/by-title"),
    }


def test_context_only_reads_the_tables_it_uses(made_up: Template) -> None:
    (theirs,) = [id for id in made_up.of("DynamoDB::Table") if "books" in id]
    granted = set(_on(made_up, _role(made_up, "desk"), "dynamodb"))

    assert {pair for pair in granted if theirs in pair[1]} == {
        (action, f"{theirs}Arn") for action in READ
    } | {("Query", f"{theirs}Arn/index/by-author"), ("Query", f"{theirs}Arn/index/by-title")}


def test_context_does_not_touch_tables_it_does_not_use(made_up: Template) -> None:
    (theirs,) = [id for id in made_up.of("DynamoDB::Table") if "notes" in id]

    assert theirs not in str(list(_on(made_up, _role(made_up, "shelf"), "dynamodb")))


def test_function_sends_to_and_reads_what_it_declares(dev: Template) -> None:
    """Of the devices, whose fields are public: nobody deployed writes a release."""
    ids = {
        name: id
        for kind in ("Kinesis::Stream", "SQS::Queue", "SNS::Topic", "S3::Bucket")
        for id in dev.of(kind)
        for name in ("messages", "stored", "poison", "failed", "alerts", "releases")
        if f"devices{name}" in id
    }

    def granted(function: str) -> set[tuple[str, str]]:
        role = _role(dev, function)
        services = ("kinesis", "sqs", "sns", "s3", "secretsmanager")
        return {pair for service in services for pair in _on(dev, role, service)}

    assert granted("devices") == {
        ("ListBucket", f"{ids['releases']}Arn"),
        ("GetObject", f"{ids['releases']}Arn/*"),
    }
    reading = {pair for pair in granted("devices-transformer") if ids["messages"] in pair[1]}
    assert not [action for action, _ in reading if action.startswith("Put")]
    assert granted("devices-transformer") - reading == {
        ("PutRecord", f"{ids['stored']}Arn"),
        ("PutRecords", f"{ids['stored']}Arn"),
        ("SendMessage", f"{ids['poison']}Arn"),
        ("SendMessage", f"{ids['failed']}Arn"),  # Lambda, in its name: batches given up
        ("Publish", ids["alerts"]),
    }


def test_function_writes_its_own_logs_only(made_up: Template) -> None:
    for function in made_up.properties("Lambda::Function"):
        group = function["LoggingConfig"]["LogGroup"]["Ref"]
        granted = set(_on(made_up, function["Role"]["Fn::GetAtt"][0], "logs"))
        assert granted == {(a, f"{group}Arn") for a in ("CreateLogStream", "PutLogEvents")}


def test_every_call_of_a_store_is_granted() -> None:
    sources = [path.read_text() for path in Path(resolvers.__path__[0]).rglob("*.py")]
    calls = {
        call
        for source in sources
        for call in re.findall(
            r"\b((?:transact|batch)_(?:get|write)_items?|(?:get|put|update|delete)_item)\(", source
        )
    }

    assert calls
    actions = {call.replace("_", " ").title().replace(" ", "") for call in calls}
    assert actions <= {*READ, *WRITE, *OF_PARTS}
