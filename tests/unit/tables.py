"""Tables, streams, queues … on moto, made from the declarations that CDK and the twin read too."""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from moto import mock_aws

from local.cloud.provision import table_request
from resolvers.registry import registry
from resolvers.shared import aws, settings
from resolvers.shared.resources import (
    Account,
    Context,
    physical_name,
    resource_variables,
    table_variable,
)

MOTO = Account("eu-west-1", "123456789012", sqs="https://sqs.eu-west-1.amazonaws.com")


@contextmanager
def tables(*contexts: Context) -> Iterator[None]:
    """Give the contexts what they declare, empty, and the environment that tells where it is."""
    named = [(context.name, table) for context in contexts for table in context.tables]
    before = dict(os.environ)
    os.environ["AWS_REGION"] = MOTO.region
    for context, table in named:
        name = physical_name("test", context, table.name)
        os.environ[table_variable(context, table.name)] = name
    for each in contexts:
        os.environ.update(resource_variables(each, "test", MOTO))
    try:
        with mock_aws():
            for context, table in named:
                request = table_request(settings.table_name(context, table.name), table)
                aws.dynamodb().create_table(**request)
            for each in contexts:
                _make_others(each)
            yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        aws._client.cache_clear()  # the credentials of its clients were moto's


def _make_others(context: Context) -> None:
    for stream in context.streams:
        aws.client("kinesis").create_stream(
            StreamName=settings.place("stream", context.name, stream.name), ShardCount=1
        )
    for queue in context.queues:
        aws.client("sqs").create_queue(QueueName=physical_name("test", context.name, queue.name))
    for topic in context.topics:
        aws.client("sns").create_topic(Name=physical_name("test", context.name, topic.name))
    for bucket in context.buckets:
        aws.client("s3").create_bucket(
            Bucket=settings.place("bucket", context.name, bucket.name),
            CreateBucketConfiguration={"LocationConstraint": MOTO.region},
        )


def catalog_tables() -> AbstractContextManager[None]:
    """Give the catalog its tables, empty."""
    return tables(registry().contexts["catalog"])
