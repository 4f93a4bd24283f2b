"""The API: who may call, how far a query goes, what is cached and in batches of how many."""

from datetime import UTC, datetime, timedelta
from typing import Any

from infra.api import SCHEMA
from infra.contract import open_to_iam
from infra.settings import AUTH_FLOWS, AUTHORIZER_TTL, QUERY_DEPTH_LIMIT, RESOLVER_COUNT_LIMIT
from resolvers.registry import registry
from resolvers.shared.settings import KEEPS_EVERY_ANSWER
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
    assert modes == ["API_KEY", "AWS_IAM", "AWS_LAMBDA"]


def test_tokens_of_other_clients_are_not_taken(dev: Template) -> None:
    (client,) = dev.of("Cognito::UserPoolClient")

    assert _api(dev)["UserPoolConfig"]["AppIdClientRegex"] == {"Ref": client}


def test_authorizer_is_asked_by_this_api_alone(dev: Template) -> None:
    modes = {m["AuthenticationType"]: m for m in _api(dev)["AdditionalAuthenticationProviders"]}
    config = modes["AWS_LAMBDA"]["LambdaAuthorizerConfig"]
    function = config["AuthorizerUri"]["Fn::GetAtt"][0]
    (api,) = dev.of("AppSync::GraphQLApi")
    (permission,) = dev.properties("Lambda::Permission")

    assert config["AuthorizerResultTtlInSeconds"] == AUTHORIZER_TTL
    assert dev.resources[function]["Properties"]["Handler"] == "resolvers.authorizer.decide.handler"
    assert permission == {
        "Action": "lambda:InvokeFunction",
        "FunctionName": {"Fn::GetAtt": [function, "Arn"]},
        "Principal": "appsync.amazonaws.com",
        "SourceArn": {"Fn::GetAtt": [api, "Arn"]},
    }


def test_api_without_authorizer_has_no_such_mode(made_up: Template) -> None:
    modes = [m["AuthenticationType"] for m in _api(made_up)["AdditionalAuthenticationProviders"]]

    assert modes == ["API_KEY", "AWS_IAM"]
    assert not made_up.of("Lambda::Permission")


def test_authorizer_answers_no_fields(dev: Template) -> None:
    assert "authorizer" not in {s["Name"] for s in dev.properties("AppSync::DataSource")}


def test_root_fields_open_to_iam_are_found() -> None:
    sdl = """
      type Query { a: Int @aws_iam @aws_api_key b: Int @aws_api_key }
      type Mutation { publish: Thing @aws_iam }
      type Thing @aws_iam { id: ID @aws_iam }
    """

    assert open_to_iam(sdl) == ("Query.a", "Mutation.publish")


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


def test_people_sign_in_by_name_or_email(dev: Template) -> None:
    (pool,) = dev.properties("Cognito::UserPool")
    (client,) = dev.properties("Cognito::UserPoolClient")

    assert pool["AdminCreateUserConfig"] == {"AllowAdminCreateUserOnly": False}
    assert pool["AliasAttributes"] == pool["AutoVerifiedAttributes"] == ["email"]
    changes = pool["UserAttributeUpdateSettings"]
    assert changes == {"AttributesRequireVerificationBeforeUpdate": ["email"]}
    assert "UsernameAttributes" not in pool
    assert set(client["ExplicitAuthFlows"]) == {f"ALLOW_{flow}" for flow in AUTH_FLOWS}
    assert "GenerateSecret" not in client


def test_groups_are_made(dev: Template) -> None:
    groups = {group["GroupName"] for group in dev.properties("Cognito::UserPoolGroup")}

    assert groups == {"admin", "operator", "author"}


def test_resolvers_are_direct(dev: Template) -> None:
    coordinates = registry().local.keys()
    for resolver in dev.properties("AppSync::Resolver"):
        if f"{resolver['TypeName']}.{resolver['FieldName']}" in coordinates:
            continue  # has no function to be direct to
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


def test_full_caching_is_an_option_of_the_api(synth: Synth) -> None:
    template = synth(MADE_UP, cache="full")

    (cache,) = template.properties("AppSync::ApiCache")
    assert cache["ApiCachingBehavior"] == "FULL_REQUEST_CACHING"
    assert not any("CachingConfig" in r for r in template.properties("AppSync::Resolver"))


def test_functions_are_told_where_their_answers_serve_other_selections(synth: Synth) -> None:
    def told(**options: str) -> dict[str, str | None]:
        functions = synth(MADE_UP, **options).properties("Lambda::Function")
        return {
            each["FunctionName"]: each["Environment"]["Variables"].get(KEEPS_EVERY_ANSWER)
            for each in functions
        }

    names = ("twinberry-dev-shelf", "twinberry-dev-desk")
    assert told(cache="full") == dict.fromkeys(names, "on")
    assert told(cache="on") == dict.fromkeys(names)


def test_introspection_can_be_off(synth: Synth) -> None:
    assert _api(synth(MADE_UP, introspection="off"))["IntrospectionConfig"] == "DISABLED"
