"""Tables on moto, made from the declarations that the CDK stack and the twin read too."""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from moto import mock_aws

from local.cloud.provision import table_request
from resolvers.registry import registry
from resolvers.shared import aws, settings
from resolvers.shared.resources import Context, physical_name, table_variable


@contextmanager
def tables(*contexts: Context) -> Iterator[None]:
    """Give the contexts their tables, empty, and the environment that names them."""
    named = [(context.name, table) for context in contexts for table in context.tables]
    before = dict(os.environ)
    os.environ["AWS_REGION"] = "eu-west-1"
    for context, table in named:
        name = physical_name("test", context, table.name)
        os.environ[table_variable(context, table.name)] = name
    try:
        with mock_aws():
            for context, table in named:
                request = table_request(settings.table_name(context, table.name), table)
                aws.dynamodb().create_table(**request)
            yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        aws._client.cache_clear()  # the credentials of its clients were moto's


def catalog_tables() -> AbstractContextManager[None]:
    """Give the catalog its tables, empty."""
    return tables(registry().contexts["catalog"])
