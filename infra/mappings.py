"""What invokes the workers: a mapping from a stream, a queue or a table's stream to a function."""

from dataclasses import dataclass

from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.channels import Channels
from infra.storage import Storage
from resolvers.shared.resources import Context, Worker


@dataclass(frozen=True, slots=True)
class Source:
    """What a worker reads: its ARN, the actions that reading takes, and whether it has shards."""

    arn: str
    actions: tuple[str, ...]
    sharded: bool


def map_source(
    scope: Construct,
    *,
    context: Context,
    worker: Worker,
    function: lambda_.Function,
    channels: Channels,
    storage: Storage,
) -> lambda_.CfnEventSourceMapping:
    """Have a worker's source invoke its function."""
    source = _source(context.name, worker.source, channels, storage)
    _allow(function, source.actions, source.arn)
    name = f"{context.name}-{worker.name}-mapping"
    responses = ["ReportBatchItemFailures"] if worker.report_failures else []
    mapping = lambda_.CfnEventSourceMapping(
        scope,
        name,
        function_name=function.function_arn,
        event_source_arn=source.arn,
        batch_size=worker.batch_size,
        maximum_batching_window_in_seconds=worker.window,
        function_response_types=responses,
    )
    if source.sharded:
        mapping.starting_position = "TRIM_HORIZON"  # what came before the function is read as well
        mapping.parallelization_factor = worker.parallelisation
        mapping.maximum_retry_attempts = worker.retries
        mapping.bisect_batch_on_function_error = worker.bisect
    if source.sharded and worker.on_failure:  # a queue has a dead-letter queue of its own
        queue = channels.queues[context.name, worker.on_failure]
        _allow(function, ("sqs:SendMessage",), queue.queue_arn)
        properties = lambda_.CfnEventSourceMapping
        mapping.destination_config = properties.DestinationConfigProperty(
            on_failure=properties.OnFailureProperty(destination=queue.queue_arn)
        )
    mapping.node.add_dependency(function.role or function)
    return mapping


def _source(context: str, name: str, channels: Channels, storage: Storage) -> Source:
    if stream := channels.streams.get((context, name)):
        read = ("DescribeStream", "DescribeStreamSummary", "GetShardIterator", "GetRecords")
        return Source(stream.stream_arn, _of("kinesis", *read, "ListShards"), sharded=True)
    if queue := channels.queues.get((context, name)):
        read = ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes", "ChangeMessageVisibility")
        return Source(queue.queue_arn, _of("sqs", *read), sharded=False)
    arn = storage.tables[context, name].table_stream_arn
    assert arn  # storage gives a stream to every table that a worker reads
    read = ("DescribeStream", "GetShardIterator", "GetRecords", "ListShards")
    return Source(arn, _of("dynamodb", *read), sharded=True)


def _of(service: str, *actions: str) -> tuple[str, ...]:
    return tuple(f"{service}:{action}" for action in actions)


def _allow(function: lambda_.Function, actions: tuple[str, ...], arn: str) -> None:
    function.add_to_role_policy(iam.PolicyStatement(actions=list(actions), resources=[arn]))
