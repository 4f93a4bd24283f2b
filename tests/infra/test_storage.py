"""Every table: kept safe in production, gone with a sandbox."""

import pytest

from tests.infra.templates import Template


@pytest.mark.parametrize("template", ["dev", "prod", "made_up"])
def test_table_is_on_demand_encrypted_and_recoverable(
    template: str, request: pytest.FixtureRequest
) -> None:
    tables = request.getfixturevalue(template).properties("DynamoDB::Table")

    assert tables
    for table in tables:
        assert table["BillingMode"] == "PAY_PER_REQUEST"
        assert table["SSESpecification"] == {"SSEEnabled": True}
        assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}


def test_production_outlives_its_stack(prod: Template) -> None:
    for resource in (prod.of("DynamoDB::Table") | prod.of("Cognito::UserPool")).values():
        assert resource["DeletionPolicy"] == resource["UpdateReplacePolicy"] == "Retain"
    assert all(table["DeletionProtectionEnabled"] for table in prod.properties("DynamoDB::Table"))
    (pool,) = prod.properties("Cognito::UserPool")
    assert pool["DeletionProtection"] == "ACTIVE"


def test_sandbox_leaves_nothing_behind(dev: Template) -> None:
    for id, resource in dev.resources.items():
        assert resource.get("DeletionPolicy", "Delete") == "Delete", id
    assert not any(
        table["DeletionProtectionEnabled"] for table in dev.properties("DynamoDB::Table")
    )


def test_table_has_the_indexes_and_expiry_declared(made_up: Template) -> None:
    (books,) = [t for t in made_up.properties("DynamoDB::Table") if "books" in t["TableName"]]

    assert books["TimeToLiveSpecification"] == {"AttributeName": "expires", "Enabled": True}
    everything = {"ProjectionType": "ALL"}
    assert books["GlobalSecondaryIndexes"] == [
        {
            "IndexName": "by-author",
            "KeySchema": [{"AttributeName": "author", "KeyType": "HASH"}],
            "Projection": everything,
        },
        {
            "IndexName": "by-title",
            "KeySchema": [
                {"AttributeName": "shelf", "KeyType": "HASH"},
                {"AttributeName": "title", "KeyType": "RANGE"},
            ],
            "Projection": everything,
        },
    ]
