"""The functions that publish, as the twin lets them: with keys of their own, as their roles on AWS.

The keys open what the context declares and no more, and that on this machine alone.
"""

from local.appsync.auth.iam import RoleKeys
from local.appsync.auth.identity import Policy
from local.lambdas.variables import NO_ACCOUNT
from resolvers.shared.resources import GRAPHQL_URL, Context

ACCOUNT = "000000000000"


def function_keys(function: str, context: Context) -> RoleKeys:
    """Give the keys of the role of a context's function, whose physical name is given."""
    unique = f"{context.name.upper():0<13.13}"
    return RoleKeys(
        access_key=f"ASIATWB{unique}",
        secret_key=f"twinberry/local/{function}/secret",
        session_token=f"{function}-session",
        account=ACCOUNT,
        role=f"{function}-role",
        role_id=f"AROATWB0{unique}",
        session=function,
        policy=Policy(tuple(f"Mutation.{field}" for field in context.publishes)),
    )


def publishing_variables(function: str, context: Context, graphql_url: str) -> dict[str, str]:
    """Give what Lambda tells a function of its role, and our stack of where to publish."""
    if not context.publishes:
        return {}
    keys = function_keys(function, context)
    return NO_ACCOUNT | {
        "AWS_ACCESS_KEY_ID": keys.access_key,
        "AWS_SECRET_ACCESS_KEY": keys.secret_key,
        "AWS_SESSION_TOKEN": keys.session_token,
        GRAPHQL_URL: graphql_url,
    }
