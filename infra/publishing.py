"""The functions that publish: each is told where, and may call the mutations it declares alone."""

from collections.abc import Mapping

from aws_cdk import aws_appsync as appsync
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_

from resolvers.shared.resources import AUTHORIZER, GRAPHQL_URL, Context


def let_publish(
    api: appsync.GraphqlApi,
    functions: Mapping[str, lambda_.Function],
    contexts: Mapping[str, Context],
) -> None:
    """Tell the publishing functions of the API; it needs none of them but the authorizer."""
    for name, context in contexts.items():
        if not context.publishes:
            continue
        if name == AUTHORIZER:
            raise ValueError("the authorizer can't publish: the API is made after it")
        functions[name].add_environment(GRAPHQL_URL, api.graphql_url)
        resources = [f"{api.arn}/types/Mutation/fields/{field}" for field in context.publishes]
        functions[name].add_to_role_policy(
            iam.PolicyStatement(actions=["appsync:GraphQL"], resources=resources)
        )
