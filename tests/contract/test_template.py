"""What is deployed is what is declared: the template's resolvers and tables are the registry's."""

import re
from typing import Any

from infra.api import SCHEMA
from infra.local_resolvers import code
from infra.settings import GROUPS
from resolvers.registry import registry
from resolvers.shared.resources import physical_name
from tests.infra.templates import Template, bundle, dev, synth

__all__ = ["bundle", "dev", "synth"]  # the fixtures


def test_resolvers_equal_the_bindings(dev: Template) -> None:
    functions = dev.of("Lambda::Function")
    served_by = {
        source["Name"]: functions[source["LambdaConfig"]["LambdaFunctionArn"]["Fn::GetAtt"][0]]
        for source in dev.properties("AppSync::DataSource")
        if source["Type"] == "AWS_LAMBDA"
    }
    resolvers = [
        (
            resolver["TypeName"],
            resolver["FieldName"],
            served_by[_source(dev, resolver)]["Properties"]["Handler"],
            resolver.get("MaxBatchSize", 0),
        )
        for resolver in dev.properties("AppSync::Resolver")
        if _source(dev, resolver) in served_by
    ]

    assert len(resolvers) == len(set(resolvers))
    assert set(resolvers) == {
        (b.type_name, b.field_name, registry().contexts[b.context].handler, b.max_batch)
        for b in registry().bindings.values()
    }


def test_what_appsync_answers_itself_is_on_the_source_that_is_none(dev: Template) -> None:
    (none,) = [s for s in dev.properties("AppSync::DataSource") if s["Type"] == "NONE"]
    resolvers = {
        f"{resolver['TypeName']}.{resolver['FieldName']}": resolver
        for resolver in dev.properties("AppSync::Resolver")
        if _source(dev, resolver) == none["Name"]
    }

    assert resolvers.keys() == registry().local.keys()
    for coordinate, resolver in resolvers.items():
        assert resolver["Code"] == code(registry().local[coordinate])
        assert resolver["Runtime"] == {"Name": "APPSYNC_JS", "RuntimeVersion": "1.0.0"}
        assert resolver["Kind"] == "UNIT"


def test_tables_equal_the_declarations(dev: Template) -> None:
    tables = {
        table["TableName"]: (_keys(table), _indexes(table), _ttl(table))
        for table in dev.properties("DynamoDB::Table")
    }

    assert tables == {
        physical_name("dev", context.name, table.name): (
            table.key,
            {i.name: ((i.partition, i.sort), i.local) for i in table.indexes},
            table.ttl,
        )
        for context in registry().contexts.values()
        for table in context.tables
    }


def test_key_attributes_are_strings(dev: Template) -> None:
    for table in dev.properties("DynamoDB::Table"):
        assert {attribute["AttributeType"] for attribute in table["AttributeDefinitions"]} == {"S"}


def test_groups_of_the_schema_exist() -> None:
    lists = re.findall(r"cognito_groups:\s*\[([^]]*)\]", SCHEMA.read_text())

    assert {group for names in lists for group in re.findall(r'"([^"]+)"', names)} <= {*GROUPS}


def _source(template: Template, resolver: Any) -> str:
    """Follow a resolver to the name of its data source."""
    name = resolver["DataSourceName"]
    if isinstance(name, str):
        return name
    source: str = template.resources[name["Fn::GetAtt"][0]]["Properties"]["Name"]
    return source


def _keys(holder: Any) -> tuple[str, ...]:
    return tuple(key["AttributeName"] for key in holder["KeySchema"])


def _indexes(table: Any) -> dict[str, Any]:
    kinds = {"GlobalSecondaryIndexes": False, "LocalSecondaryIndexes": True}
    return {
        index["IndexName"]: ((*_keys(index), None)[:2], local)
        for kind, local in kinds.items()
        for index in table.get(kind, [])
    }


def _ttl(table: Any) -> str | None:
    found: str | None = table.get("TimeToLiveSpecification", {}).get("AttributeName")
    return found
