"""What a context needs, as data: the CDK stack, the twin and the Lambda code all read it here."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

# The context whose function is AppSync's Lambda authorizer.
AUTHORIZER = "authorizer"
LOG_LEVEL = "INFO"
# The variable that tells a function that publishes where.
GRAPHQL_URL = "GRAPHQL_URL"


@dataclass(frozen=True, slots=True)
class Index:
    """A secondary index with all attributes projected; its keys are strings.

    A `local` one shares the table's partition key: it can be read consistently, its partition holds
    10 GB at most, and DynamoDB takes it only when the table is made.
    """

    name: str
    partition: str
    sort: str | None = None
    local: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A DynamoDB table, on demand, with string keys.

    `ttl` names the attribute (epoch seconds) that expires items. What a `derived` one has follows
    from the context's other tables: its store's `derive()` fills it where it came after them.
    """

    name: str
    partition: str
    sort: str | None = None
    indexes: tuple[Index, ...] = ()
    ttl: str | None = None
    derived: bool = False

    @property
    def key(self) -> tuple[str, ...]:
        """Name the attributes of the primary key."""
        return (self.partition,) if self.sort is None else (self.partition, self.sort)

    @property
    def key_attributes(self) -> tuple[str, ...]:
        """Name every attribute that is a key of the table or of an index, each once."""
        names = [self.partition, self.sort]
        names += [key for index in self.indexes for key in (index.partition, index.sort)]
        return tuple(dict.fromkeys(name for name in names if name))


@dataclass(frozen=True, slots=True)
class Stream:
    """A Kinesis stream, on demand; order holds among the records of one partition key."""

    name: str
    retention_hours: int = 24


@dataclass(frozen=True, slots=True)
class Queue:
    """An SQS queue; `visibility` is in seconds. What arrives in an `alarmed` one is a failure."""

    name: str
    visibility: int = 60
    retention_days: int = 14
    alarmed: bool = False


@dataclass(frozen=True, slots=True)
class Topic:
    """An SNS topic."""

    name: str


@dataclass(frozen=True, slots=True)
class Bucket:
    """An S3 bucket, private. Of an `edge` one a caching edge serves the files, by signed URLs.

    Objects of an edge bucket never change once written, but for those under `manifests/`.
    """

    name: str
    edge: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """An IoT rule: what is published to `topic` goes to a stream, in the shape of `select`.

    `key` is the record's partition key; what cannot be put goes to the queue `on_failure`.
    """

    name: str
    topic: str
    select: str
    stream: str
    key: str
    on_failure: str

    @property
    def sql(self) -> str:
        """Write the rule's statement, in AWS IoT's SQL of 2016-03-23."""
        return f"SELECT {self.select} FROM '{self.topic}'"  # noqa: S608 - a declaration, not input


@dataclass(frozen=True, slots=True)
class Delivery:
    """A Firehose from a stream to a bucket: records strung together, GZIP when `compressed`.

    An object is written when `buffer_mb` have come or `buffer_seconds` have passed, under `prefix`,
    in which `!{timestamp:yyyy}` and its like stand for the (UTC) time of arrival.
    """

    name: str
    stream: str
    bucket: str
    prefix: str
    errors: str = "failed/!{firehose:error-output-type}/"
    buffer_seconds: int = 60
    buffer_mb: int = 5
    compressed: bool = True


@dataclass(frozen=True, slots=True)
class Worker:
    """A function that a stream, a queue or a table's stream invokes, and its mapping.

    `source` names a stream, queue or table of the context; `window` and `timeout` are in seconds,
    `memory` in MB. A batch that fails is retried, halved if `bisect`; with `report_failures` the
    function names what failed. What is given up goes to the queue `on_failure`. `publishes` names
    the mutations by which it tells subscribers something; besides what it is invoked by, it may
    reach the context's tables, what it `sends` to, and the buckets that it `reads`.
    """

    name: str
    entry: str
    source: str
    batch_size: int = 100
    window: int = 0
    parallelisation: int = 1
    retries: int = 100
    bisect: bool = True
    report_failures: bool = True
    on_failure: str | None = None
    timeout: int = 60
    memory: int = 512
    publishes: tuple[str, ...] = ()
    sends: tuple[Stream | Queue | Topic, ...] = ()
    reads: tuple[Bucket, ...] = ()


@dataclass(frozen=True, slots=True)
class Context:
    """A bounded context: a Lambda function for its fields, its workers, and what they need.

    `uses` names the contexts whose tables it reads, `publishes` the mutations by which it tells
    subscribers something, such as `publishUser`; `timeout` is in seconds, `memory` in MB.
    `entry` is the module with the handler: only `fields` has a router, and answers fields. What it
    `sends` to and the buckets it `reads` are the fields' function's own; a worker has others.
    """

    name: str
    tables: tuple[Table, ...] = ()
    uses: tuple[str, ...] = ()
    publishes: tuple[str, ...] = ()
    timeout: int = 10
    memory: int = 512
    entry: str = "fields"
    streams: tuple[Stream, ...] = ()
    queues: tuple[Queue, ...] = ()
    topics: tuple[Topic, ...] = ()
    buckets: tuple[Bucket, ...] = ()
    rules: tuple[Rule, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    workers: tuple[Worker, ...] = ()
    sends: tuple[Stream | Queue | Topic, ...] = ()
    reads: tuple[Bucket, ...] = ()

    @property
    def handler(self) -> str:
        """Name the Lambda entry point."""
        return f"resolvers.{self.name}.{self.entry}.handler"


class Named(Protocol):
    """A declared resource."""

    @property
    def name(self) -> str:
        """Give its name within the context."""


@dataclass(frozen=True, slots=True)
class Account:
    """Where resources are: what their URLs and ARNs are made of. `sqs` is the service's address."""

    region: str
    id: str
    sqs: str

    def queue_url(self, name: str) -> str:
        """Give the URL of a queue by its physical name."""
        return f"{self.sqs}/{self.id}/{name}"

    def topic_arn(self, name: str) -> str:
        """Give the ARN of a topic by its physical name."""
        return f"arn:aws:sns:{self.region}:{self.id}:{name}"


def physical_name(stage: str, *parts: str) -> str:
    """Name a deployed resource; the stage is in every name, so that sandboxes share nothing."""
    return "-".join(("twinberry", stage, *parts))


def bucket_name(stage: str, context: str, bucket: str, account: str) -> str:
    """Name a deployed bucket: the whole world shares one namespace."""
    return physical_name(stage, context, bucket, account)


def function_variables(
    contexts: Mapping[str, Context], name: str, stage: str, account: Account
) -> dict[str, str]:
    """Give a context's function its environment, on AWS as on the twin."""
    tables = table_variables(contexts, name, stage)
    others = resource_variables(contexts[name], stage, account)
    return tables | others | {"POWERTOOLS_SERVICE_NAME": name, "LOG_LEVEL": LOG_LEVEL}


def worker_variables(
    contexts: Mapping[str, Context], name: str, worker: str, stage: str, account: Account
) -> dict[str, str]:
    """Give a context's worker its environment: the context's, under the worker's own name."""
    named = {"POWERTOOLS_SERVICE_NAME": f"{name}-{worker}"}
    return function_variables(contexts, name, stage, account) | named


def resource_variables(context: Context, stage: str, account: Account) -> dict[str, str]:
    """Tell where a context's streams (names), queues (URLs), topics (ARNs) and buckets are."""
    locate: dict[str, tuple[Sequence[Named], Callable[[str], str]]] = {
        "stream": (context.streams, lambda name: physical_name(stage, context.name, name)),
        "queue": (
            context.queues,
            lambda name: account.queue_url(physical_name(stage, context.name, name)),
        ),
        "topic": (
            context.topics,
            lambda name: account.topic_arn(physical_name(stage, context.name, name)),
        ),
        "bucket": (
            context.buckets,
            lambda name: bucket_name(stage, context.name, name, account.id),
        ),
    }
    return {
        variable(kind, context.name, each.name): where(each.name)
        for kind, (declared, where) in locate.items()
        for each in declared
    }


def table_variables(contexts: Mapping[str, Context], name: str, stage: str) -> dict[str, str]:
    """Give a context's function the names of its own tables and of those it `uses`."""
    reached = [contexts[name], *(contexts[other] for other in contexts[name].uses)]
    return {
        table_variable(context.name, table.name): physical_name(stage, context.name, table.name)
        for context in reached
        for table in context.tables
    }


def table_variable(context: str, table: str) -> str:
    """Name the environment variable that tells a function the physical name of a table."""
    return variable("table", context, table)


def variable(kind: str, context: str, name: str) -> str:
    """Name the environment variable that tells a function where a resource is."""
    return f"{kind}_{context}_{name}".upper().replace("-", "_")
