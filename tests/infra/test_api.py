"""The API: who may call, how far a query goes, what is cached and in batches of how many."""

from datetime import UTC, datetime, timedelta
from typing import Any

from infra.api import SCHEMA
from infra.settings import QUERY_DEPTH_LIMIT, RESOLVER_COUNT_LIMIT
from tests.infra.templates import MADE_UP, Synth, Template


def _api(template: Template) -> Any:
    (api,) = template.properties("AppSync::GraphQLApi")
    return api


def _resolvers(template: Template) -> dict[str, Any]:
    return {
        f"{r['Properties']['TypeName']}.{r['Properties']['FieldName']}": r
        for r in template.of("AppSync::Resolver").values()
    }


def test_api_takes_the_schema_as_it_is(dev: Template) -> None:
    (schema,) = dev.properties("AppSync::GraphQLSchema")

    assert schema["Definition"] == SCHEMA.read_text()


def test_api_is_limited_and_traced(dev: Template) -> None:
    api = _api(dev)

    assert api["QueryDepthLimit"] == QUERY_DEPTH_LIMIT
    assert api["ResolverCountLimit"] == RESOLVER_COUNT_LIMIT
    assert api["IntrospectionConfig"] == "ENABLED"
    assert api["XrayEnabled"] is True


def test_api_logs_errors_without_their_data_to_its_own_group(dev: Template) -> None:
    log = _api(dev)["LogConfig"]
    role = log["CloudWatchLogsRoleArn"]["Fn::GetAtt"][0]
    (group,) = [id for id in dev.of("Logs::LogGroup") if id.startswith("Api")]
    name = dev.resources[group]["Properties"]["LogGroupName"]

    assert (log["FieldLogLevel"], log["ExcludeVerboseContent"]) == ("ERROR", True)
    (api,) = dev.of("AppSync::GraphQLApi")
    assert name == {"Fn::Join": ["", ["/aws/appsync/apis/", {"Fn::GetAtt": [api, "ApiId"]}]]}
    (statement,) = dev.statements(role)
    assert statement["Resource"] == [{"Fn::GetAtt": [group, "Arn"]}]


def test_default_mode_opens_fields_without_directive(dev: Template) -> None:
    api = _api(dev)

    assert api["AuthenticationType"] == "AMAZON_COGNITO_USER_POOLS"
    assert api["UserPoolConfig"]["DefaultAction"] == "ALLOW"
    modes = [mode["AuthenticationType"] for mode in api["AdditionalAuthenticationProviders"]]
    assert modes == ["API_KEY", "AWS_IAM"]


def test_oidc_is_a_mode_when_an_issuer_is_given(synth: Synth) -> None:
    template = synth(MADE_UP, oidcIssuer="https://id.example.com", oidcClientId="web|app")

    assert _api(template)["AdditionalAuthenticationProviders"][-1] == {
        "AuthenticationType": "OPENID_CONNECT",
        "OpenIDConnectConfig": {"Issuer": "https://id.example.com", "ClientId": "web|app"},
    }
    modes = template.text["Outputs"]["AuthorizationTypes"]["Value"]
    assert modes == "API_KEY,AWS_IAM,OPENID_CONNECT"


def test_api_key_lasts_a_year(dev: Template) -> None:
    (key,) = dev.properties("AppSync::ApiKey")

    left = datetime.fromtimestamp(key["Expires"], UTC) - datetime.now(UTC)
    assert timedelta(days=363) < left <= timedelta(days=365)


def test_people_sign_up_by_email(dev: Template) -> None:
    (pool,) = dev.properties("Cognito::UserPool")
    (client,) = dev.properties("Cognito::UserPoolClient")

    assert pool["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": False}
    assert pool["UsernameAttributes"] == pool["AutoVerifiedAttributes"] == ["email"]
    flows = {"ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"}
    assert set(client["ExplicitAuthFlows"]) == flows
    assert "GenerateSecret" not in client


def test_groups_are_made(dev: Template) -> None:
    groups = {group["GroupName"] for group in dev.properties("Cognito::UserPoolGroup")}

    assert groups == {"admin", "operator", "author"}


def test_resolvers_are_direct(dev: Template) -> None:
    for resolver in dev.properties("AppSync::Resolver"):
        assert resolver["Kind"] == "UNIT"
        assert not resolver.keys() & {"Code", "Runtime", "RequestMappingTemplate"}


def test_batch_size_is_the_bindings(made_up: Template) -> None:
    resolvers = _resolvers(made_up)

    assert resolvers["Book.notes"]["Properties"]["MaxBatchSize"] == 25
    assert "MaxBatchSize" not in resolvers["Query.book"]["Properties"]


def test_caching_is_the_bindings(made_up: Template) -> None:
    resolvers = _resolvers(made_up)
    caching = {name: r["Properties"].get("CachingConfig") for name, r in resolvers.items()}

    assert caching == {
        "Query.book": {"Ttl": 30, "CachingKeys": ["$context.arguments.id"]},
        "Query.books": {"Ttl": 60},
        "Book.notes": None,
    }
    (cache,) = made_up.of("AppSync::ApiCache")
    assert cache in resolvers["Query.book"]["DependsOn"]


def test_cache_is_small_and_encrypted(prod: Template) -> None:
    (cache,) = prod.properties("AppSync::ApiCache")

    assert cache["ApiCachingBehavior"] == "PER_RESOLVER_CACHING"
    assert cache["Type"] == "SMALL"
    assert cache["AtRestEncryptionEnabled"] and cache["TransitEncryptionEnabled"]


def test_sandbox_has_neither_cache_nor_caching(dev: Template) -> None:
    assert not dev.of("AppSync::ApiCache")
    assert not any("CachingConfig" in r for r in dev.properties("AppSync::Resolver"))


def test_cache_can_be_left_out_of_production(synth: Synth) -> None:
    assert not synth(MADE_UP, stage="prod", cache="off").of("AppSync::ApiCache")
