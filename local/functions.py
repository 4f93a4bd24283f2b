"""The registry as the twin runs it: a function per context, and where each field is answered."""

from collections.abc import Mapping

from local.appsync.route import Route
from local.lambdas import Function
from resolvers.registry import Registry
from resolvers.shared.resources import physical_name, table_variable

STAGE = "local"
REGION = "us-east-1"
PROVISION = "provision"


def functions(registry: Registry, endpoint_url: str) -> list[Function]:
    """Declare the functions, each knowing its tables and where AWS is."""
    variables = _variables(registry, endpoint_url)
    contexts = [
        Function(
            name=physical_name(STAGE, context.name),
            label=context.name,
            handler=context.handler,
            timeout=context.timeout,
            memory=context.memory,
            environment=variables,
        )
        for context in registry.contexts.values()
    ]
    provision = Function(
        name=PROVISION,
        label=PROVISION,
        handler="local.cloud.provision.handler",
        timeout=60,
        memory=512,
        environment=variables,
    )
    return [*contexts, provision]


def routes(registry: Registry) -> dict[str, Route]:
    """Tell for every bound field which function answers it."""
    return {
        coordinate: Route(physical_name(STAGE, binding.context), binding.max_batch)
        for coordinate, binding in registry.bindings.items()
    }


def _variables(registry: Registry, endpoint_url: str) -> Mapping[str, str]:
    tables = {
        table_variable(context.name, table.name): physical_name(STAGE, context.name, table.name)
        for context in registry.contexts.values()
        for table in context.tables
    }
    return tables | {
        "AWS_ENDPOINT_URL": endpoint_url,
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "POWERTOOLS_SERVICE_NAME": "twinberry",
    }
