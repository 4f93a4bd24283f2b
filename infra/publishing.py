"""The functions that publish: each is told where, and may call the mutations it declares alone."""

from collections.abc import Mapping, Sequence

from aws_cdk import aws_appsync as appsync
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_

from infra.functions import Functions
from resolvers.shared.resources import AUTHORIZER, GRAPHQL_URL, Context


def let_publish(
    api: appsync.GraphqlApi,
    functions: Functions,
    contexts: Mapping[str, Context],
) -> None:
    """Tell the publishing functions and workers of the API; it needs none but the authorizer."""
    for name, context in contexts.items():
        if name == AUTHORIZER and context.publishes:
            raise ValueError("the authorizer can't publish: the API is made after it")
        grant_publishing(api, functions.by_context[name], context.publishes)
        for worker in context.workers:
            grant_publishing(api, functions.workers[name, worker.name], worker.publishes)


def grant_publishing(
    api: appsync.GraphqlApi, function: lambda_.Function, publishes: Sequence[str]
) -> None:
    """Let a function call these mutations, and tell it where."""
    if publishes:
        function.add_environment(GRAPHQL_URL, api.graphql_url)
        resources = [f"{api.arn}/types/Mutation/fields/{field}" for field in publishes]
        function.add_to_role_policy(
            iam.PolicyStatement(actions=["appsync:GraphQL"], resources=resources)
        )
