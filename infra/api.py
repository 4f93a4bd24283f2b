"""The GraphQL API: the contract, a data source per context and a resolver per binding."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import cast

from aws_cdk import Duration
from aws_cdk import aws_appsync as appsync
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.auth import Users, additional_modes, default_mode, only_for
from infra.eviction import evicting
from infra.lifecycle import log_group
from infra.local_resolvers import local_resolvers
from infra.settings import CACHE_TTL, QUERY_DEPTH_LIMIT, RESOLVER_COUNT_LIMIT, Caching, Settings
from resolvers.shared.local_resolvers import LocalResolver
from resolvers.shared.resources import AUTHORIZER, physical_name
from resolvers.shared.routing import Binding

SCHEMA = Path(__file__).parent.parent / "schema.graphql"
BEHAVIOUR = {Caching.ON: "PER_RESOLVER_CACHING", Caching.FULL: "FULL_REQUEST_CACHING"}


class Api(Construct):
    """AppSync in front of the functions, which decide nearly everything."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        settings: Settings,
        bindings: Iterable[Binding],
        local: Iterable[LocalResolver],
        functions: Mapping[str, lambda_.Function],
        users: Users,
    ) -> None:
        super().__init__(scope, id)
        self.modes = additional_modes(settings, functions.get(AUTHORIZER))
        self.graphql = appsync.GraphqlApi(
            self,
            "Graphql",
            name=physical_name(settings.stage),
            definition=appsync.Definition.from_file(str(SCHEMA)),
            authorization_config=appsync.AuthorizationConfig(
                default_authorization=default_mode(users),
                additional_authorization_modes=list(self.modes.values()),
            ),
            introspection_config=_introspection(settings),
            query_depth_limit=QUERY_DEPTH_LIMIT,
            resolver_count_limit=RESOLVER_COUNT_LIMIT,
            xray_enabled=True,
        )
        if authorizer := functions.get(AUTHORIZER):
            only_for(self.graphql, authorizer)
        self._log(settings)
        self._resolve(list(bindings), functions, settings)
        local_resolvers(self.graphql, local)

    def _log(self, settings: Settings) -> None:
        # Not by GraphqlApi's log_config: it sets the retention with a Lambda function of its own,
        # whose role may change any log group, and writes through a managed policy on `*`.
        role = iam.Role(self, "LogRole", assumed_by=iam.ServicePrincipal("appsync.amazonaws.com"))
        api = cast(appsync.CfnGraphQLApi, self.graphql.node.default_child)
        api.log_config = appsync.CfnGraphQLApi.LogConfigProperty(
            cloud_watch_logs_role_arn=role.role_arn,
            field_log_level="ERROR",
            exclude_verbose_content=True,
        )
        name = f"/aws/appsync/apis/{self.graphql.api_id}"
        actions = ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents")
        log_group(self, "Logs", name=name, settings=settings).grant(role, *actions)

    def _resolve(
        self,
        bindings: list[Binding],
        functions: Mapping[str, lambda_.Function],
        settings: Settings,
    ) -> None:
        sources = {
            name: self.graphql.add_lambda_data_source(name, functions[name], name=name)
            for name in dict.fromkeys(binding.context for binding in bindings)
        }
        # Without a cache the resolvers say nothing of caching either: AppSync would have nowhere
        # to keep the values, and its console would show as cached what is not.
        caches = settings.cache is Caching.ON and any(binding.cache for binding in bindings)
        whole = settings.cache is Caching.FULL
        cache = self._cache(BEHAVIOUR[settings.cache]) if caches or whole else None
        for binding in bindings:
            resolver = sources[binding.context].create_resolver(
                f"{binding.type_name}{binding.field_name}",
                type_name=binding.type_name,
                field_name=binding.field_name,
                max_batch_size=binding.max_batch or None,
                caching_config=_caching(binding) if caches else None,
                **evicting(binding, cached=cache is not None),
            )
            if cache and caches and binding.cache:
                resolver.node.add_dependency(cache)

    def _cache(self, behaviour: str) -> appsync.CfnApiCache:
        return appsync.CfnApiCache(
            self,
            "Cache",
            api_id=self.graphql.api_id,
            api_caching_behavior=behaviour,
            type="SMALL",
            ttl=CACHE_TTL,
            at_rest_encryption_enabled=True,
            transit_encryption_enabled=True,
        )


def _introspection(settings: Settings) -> appsync.IntrospectionConfig:
    configs = appsync.IntrospectionConfig
    return configs.ENABLED if settings.introspection else configs.DISABLED


def _caching(binding: Binding) -> appsync.CachingConfig | None:
    if binding.cache is None:
        return None
    # Given no keys, AppSync takes arguments, source and identity: nobody gets another's value.
    keys = [f"${key}" for key in binding.cache.keys]
    return appsync.CachingConfig(ttl=Duration.seconds(binding.cache.ttl), caching_keys=keys or None)
