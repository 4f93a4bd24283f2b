"""The stack: the capabilities, put together."""

from collections.abc import Mapping
from pathlib import Path

from aws_cdk import CfnOutput, Stack
from constructs import Construct

from infra.api import Api
from infra.auth import Users
from infra.channels import Channels
from infra.edge import Edge
from infra.functions import Functions
from infra.observability import Observability
from infra.pipeline import Pipeline
from infra.publishing import let_publish
from infra.settings import Settings
from infra.storage import Storage
from resolvers.registry import Registry
from resolvers.shared.resources import Context, physical_name


class Twinberry(Stack):
    """One stage, whole: nothing in it is shared with another stage."""

    def __init__(
        self, scope: Construct, *, settings: Settings, registry: Registry, bundle: Path
    ) -> None:
        super().__init__(
            scope,
            physical_name(settings.stage),
            tags={"application": "twinberry", "stage": settings.stage},
            termination_protection=settings.production,
        )
        contexts = registry.contexts
        functions, channels = self._compute(settings, contexts, bundle)
        self._front(settings, registry, functions)
        Observability(
            self,
            "Observability",
            settings=settings,
            api=self._api.graphql,
            functions=functions.by_label,
            contexts=contexts.values(),
            channels=channels,
        )
        self._output()

    def _compute(
        self, settings: Settings, contexts: Mapping[str, Context], bundle: Path
    ) -> tuple[Functions, Channels]:
        storage = Storage(self, "Storage", settings=settings, contexts=contexts.values())
        channels = Channels(self, "Channels", settings=settings, contexts=contexts.values())
        self._edge = Edge(
            self, "Edge", settings=settings, contexts=contexts.values(), channels=channels
        )
        functions = Functions(
            self,
            "Functions",
            settings=settings,
            contexts=contexts,
            tables=storage.tables,
            channels=channels,
            edge=self._edge,
            bundle=bundle,
        )
        Pipeline(
            self,
            "Pipeline",
            settings=settings,
            contexts=contexts.values(),
            functions=functions,
            channels=channels,
            storage=storage,
        )
        return functions, channels

    def _front(self, settings: Settings, registry: Registry, functions: Functions) -> None:
        self._users = Users(self, "Users", settings=settings)
        self._api = Api(
            self,
            "Api",
            settings=settings,
            bindings=registry.bindings.values(),
            local=registry.local.values(),
            functions=functions.by_context,
            users=self._users,
        )
        let_publish(self._api.graphql, functions, registry.contexts)

    def _output(self) -> None:
        values = {
            "GraphqlUrl": self._api.graphql.graphql_url,
            "Region": self.region,
            "ApiId": self._api.graphql.api_id,
            "ApiKey": self._api.graphql.api_key or "",
            "UserPoolId": self._users.pool.user_pool_id,
            "UserPoolClientId": self._users.client.user_pool_client_id,
            "AuthorizationTypes": ",".join(self._api.modes),
        }
        if self._edge.key_id:
            values["EdgeKeyId"] = self._edge.key_id
        for name, value in values.items():
            CfnOutput(self, name, value=value)
