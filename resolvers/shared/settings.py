"""The one reader of the environment: on use, so that modules import with an empty one."""

import os

from resolvers.shared.resources import GRAPHQL_URL, table_variable, variable

WATCHED_ONLY = "PUBLISH_WATCHED_ONLY"
KEEPS_EVERY_ANSWER = "API_KEEPS_EVERY_ANSWER"


class MissingSetting(RuntimeError):
    """A variable that the deployment should have set is not there."""


def table_name(context: str, table: str) -> str:
    """Give the physical name of a context's table."""
    return _required(table_variable(context, table))


def place(kind: str, context: str, name: str) -> str:
    """Give a stream's or a bucket's name, a queue's URL, a topic's ARN, as `kind` may be."""
    return _required(variable(kind, context, name))


def place_if_any(kind: str, context: str, name: str) -> str | None:
    """Give what `place` does, None where the deployment has no such thing."""
    return os.environ.get(variable(kind, context, name))


def watched_only() -> bool:
    """Say whether readings of devices that nobody watches stay unpublished; off by default."""
    return os.environ.get(WATCHED_ONLY) == "on"


def keeps_every_answer() -> bool:
    """Say whether the API caches every field's value, for whatever is selected of it next."""
    return os.environ.get(KEEPS_EVERY_ANSWER) == "on"


def graphql_url() -> str:
    """Give the address of the API's GraphQL endpoint; a context that `publishes` is told it."""
    return _required(GRAPHQL_URL)


def region() -> str:
    """Give the AWS region the function runs in."""
    return os.environ.get("AWS_REGION") or _required("AWS_DEFAULT_REGION")


def _required(name: str) -> str:
    try:
        return os.environ[name]
    except KeyError:
        raise MissingSetting(f"the environment variable {name} is not set") from None
