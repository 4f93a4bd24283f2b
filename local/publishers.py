"""The functions that publish, as the twin lets them: with keys of their own, as their roles on AWS.

The keys open what a function declares and no more, and that on this machine alone.
"""

from collections.abc import Mapping, Sequence
from hashlib import sha256

from local.appsync.auth.iam import RoleKeys
from local.appsync.auth.identity import Policy
from local.lambdas.context import ACCOUNT
from local.lambdas.variables import NO_ACCOUNT
from resolvers.shared.resources import GRAPHQL_URL, Context, physical_name


def publishing(contexts: Mapping[str, Context], stage: str) -> dict[str, Sequence[str]]:
    """List the functions that publish by their physical names, and the mutations of each."""
    fields = {physical_name(stage, name): each.publishes for name, each in contexts.items()}
    workers = {
        physical_name(stage, name, worker.name): worker.publishes
        for name, each in contexts.items()
        for worker in each.workers
    }
    return {name: published for name, published in (fields | workers).items() if published}


def function_keys(function: str, publishes: Sequence[str]) -> RoleKeys:
    """Give the keys of the role of a function, whose physical name is given."""
    unique = sha256(function.encode()).hexdigest()[:13].upper()
    return RoleKeys(
        access_key=f"ASIATWB{unique}",
        secret_key=f"twinberry/local/{function}/secret",
        session_token=f"{function}-session",
        account=ACCOUNT,
        role=f"{function}-role",
        role_id=f"AROATWB0{unique}",
        session=function,
        policy=Policy(tuple(f"Mutation.{field}" for field in publishes)),
    )


def publishing_variables(
    function: str, publishes: Sequence[str], graphql_url: str
) -> dict[str, str]:
    """Give what Lambda tells a function of its role, and our stack of where to publish."""
    if not publishes:
        return {}
    keys = function_keys(function, publishes)
    return NO_ACCOUNT | {
        "AWS_ACCESS_KEY_ID": keys.access_key,
        "AWS_SECRET_ACCESS_KEY": keys.secret_key,
        "AWS_SESSION_TOKEN": keys.session_token,
        GRAPHQL_URL: graphql_url,
    }
