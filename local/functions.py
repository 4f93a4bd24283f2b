"""The registry as the twin runs it: a function per context, and where each field is answered."""

from collections.abc import Mapping
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

from infra.settings import Caching
from local.appsync.route import Route
from local.edge.names import edge_variables
from local.lambdas import Function
from local.lambdas.context import ACCOUNT
from local.publishers import publishing_variables
from resolvers.registry import Registry
from resolvers.shared.local_resolvers import LocalMutation, Subscription
from resolvers.shared.resources import (
    Account,
    Context,
    function_variables,
    physical_name,
    resource_variables,
    table_variable,
    table_variables,
    worker_variables,
)
from resolvers.shared.settings import KEEPS_EVERY_ANSWER, WATCHED_ONLY

if TYPE_CHECKING:
    from graphql import GraphQLSchema

STAGE = "local"
REGION = "us-east-1"
PROVISION = "provision"
PROVISION_USERS = "provision-users"
TWIN = "twin"  # the owner of the tables that are the twin's alone


def functions(
    registry: Registry,
    endpoint_url: str,
    graphql_url: str,
    caching: Caching = Caching.OFF,
    *,
    watched_only: bool = False,
) -> list[Function]:
    """Declare the functions; each knows, as on AWS, its own tables and those it uses.

    Those that publish call the twin itself, at `graphql_url`.
    """
    contexts, account = registry.contexts, local_account(endpoint_url)
    told = {KEEPS_EVERY_ANSWER: "on"} if caching is Caching.FULL else {}
    choice = {WATCHED_ONLY: "on"} if watched_only else {}
    found = [
        Function(
            name=name,
            label=context.name,
            handler=context.handler,
            timeout=context.timeout,
            memory=context.memory,
            environment=_common(endpoint_url)
            | told
            | function_variables(contexts, context.name, STAGE, account)
            | publishing_variables(name, context.publishes, graphql_url)
            | edge_variables(context, STAGE, graphql_url),
        )
        for context in contexts.values()
        for name in [physical_name(STAGE, context.name)]
    ]
    workers = [
        Function(
            name=name,
            label=f"{context.name}-{worker.name}",
            handler=worker.entry,
            timeout=worker.timeout,
            memory=worker.memory,
            environment=_common(endpoint_url)
            | worker_variables(contexts, context.name, worker.name, STAGE, account)
            | publishing_variables(name, worker.publishes, graphql_url)
            | choice,
        )
        for context in contexts.values()
        for worker in context.workers
        for name in [physical_name(STAGE, context.name, worker.name)]
    ]
    return [*found, *workers, *_provisioning(contexts, endpoint_url)]


def local_account(endpoint_url: str) -> Account:
    """Give the account that all is in, at an AWS endpoint which keeps to one."""
    return Account(REGION, ACCOUNT, sqs=endpoint_url)


def _provisioning(contexts: Mapping[str, Context], endpoint_url: str) -> list[Function]:
    tables = [table_variables(contexts, name, STAGE) for name in contexts]
    marks = {table_variable(TWIN, "complete"): physical_name(STAGE, TWIN, "complete")}
    account = local_account(endpoint_url)
    others = [resource_variables(context, STAGE, account) for context in contexts.values()]
    variables = reduce(or_, [*tables, *others], _common(endpoint_url) | marks)
    handlers = {
        PROVISION: "local.cloud.provision.handler",
        PROVISION_USERS: "local.cloud.users.handler",
    }
    return [
        Function(name, label=name, handler=path, timeout=60, memory=512, environment=variables)
        for name, path in handlers.items()
    ]


def _common(endpoint_url: str) -> dict[str, str]:
    return {
        "AWS_ENDPOINT_URL": endpoint_url,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
    }


def routes(registry: Registry) -> dict[str, Route | LocalMutation]:
    """Tell for every bound field which function answers it, or how AppSync does so itself."""
    bound = {
        coordinate: Route(physical_name(STAGE, binding.context), binding.max_batch, binding.evicts)
        for coordinate, binding in registry.bindings.items()
    }
    local = registry.local.items()
    return bound | {name: each for name, each in local if isinstance(each, LocalMutation)}


def subscriptions(registry: Registry) -> dict[str, Subscription]:
    """Give the subscriptions that have a filter, by field."""
    local = registry.local.values()
    return {each.field_name: each for each in local if isinstance(each, Subscription)}


def unanswered(contract: "GraphQLSchema", registry: Registry) -> list[str]:
    """List the queries and mutations of the contract that nothing answers."""
    answered = registry.bindings.keys() | registry.local.keys()
    roots = [kind for kind in (contract.query_type, contract.mutation_type) if kind]
    fields = [f"{kind.name}.{name}" for kind in roots for name in kind.fields]
    return [coordinate for coordinate in fields if coordinate not in answered]
