"""The functions that publish: each is told where, and may call the mutations it declares alone."""

from collections.abc import Mapping, Sequence

from aws_cdk import aws_appsync as appsync
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_

from resolvers.shared.resources import AUTHORIZER, GRAPHQL_URL, Context


def let_publish(
    api: appsync.GraphqlApi,
    functions: Mapping[str, lambda_.Function],
    contexts: Mapping[str, Context],
) -> None:
    """Tell the contexts' publishing functions of the API; it needs none but the authorizer."""
    for name, context in contexts.items():
        if name == AUTHORIZER and context.publishes:
            raise ValueError("the authorizer can't publish: the API is made after it")
        grant_publishing(api, functions[name], context.publishes)


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
