"""The Lambda functions, one per context and one per worker.

A function's role may do what is declared and no more: tables are the context's, everything else the
function's own.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from aws_cdk import Aws, Duration
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.channels import Channels
from infra.edge import Edge
from infra.lifecycle import log_group
from infra.settings import Caching, Settings
from resolvers.shared.resources import (
    Account,
    Context,
    Queue,
    Stream,
    Table,
    Topic,
    Worker,
    function_variables,
    physical_name,
    worker_variables,
)
from resolvers.shared.settings import KEEPS_EVERY_ANSWER, WATCHED_ONLY

Tables = Mapping[tuple[str, str], dynamodb.Table]
Named = tuple[str, Table]

# What stores call. A transaction has no action of its own: it needs those of its parts.
READ = ("GetItem", "BatchGetItem", "Query", "Scan")
WRITE = ("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "ConditionCheckItem")
INDEX = ("Query",)
# Where the stack is deployed, as CloudFormation fills it in.
ACCOUNT = Account(Aws.REGION, Aws.ACCOUNT_ID, sqs=f"https://sqs.{Aws.REGION}.{Aws.URL_SUFFIX}")


@dataclass(frozen=True, slots=True)
class Code:
    """A function: whose, what it runs, for how long, and what it is told."""

    name: str
    handler: str
    timeout: int
    memory: int
    variables: Mapping[str, str]


class Functions(Construct):
    """A context's function by its name, its workers' by both names; all run the same bundle."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        settings: Settings,
        contexts: Mapping[str, Context],
        tables: Tables,
        channels: Channels,
        edge: Edge,
        bundle: Path,
    ) -> None:
        super().__init__(scope, id)
        self._settings = settings
        self._bundle = lambda_.Code.from_asset(str(bundle))
        self.by_context: dict[str, lambda_.Function] = {}
        self.workers: dict[tuple[str, str], lambda_.Function] = {}
        for name, context in contexts.items():
            more = edge.variables.get(name, {})
            fields = self._function(_fields(contexts, context, settings, more))
            self.by_context[name] = fields
            _grant_channels(fields, name, context, channels)
            if secret := edge.secrets.get(name):
                _allow(fields, "secretsmanager", ("GetSecretValue",), [secret.secret_arn])
            for worker in context.workers:
                function = self._function(_worker(contexts, context, worker, settings))
                self.workers[name, worker.name] = function
                _grant_channels(function, name, worker, channels)
            for function in self.of(context):
                own, used = _named(contexts, [name]), _named(contexts, context.uses)
                _grant(function, tables, own, (*READ, *WRITE))
                _grant(function, tables, used, READ)

    def of(self, context: Context) -> list[lambda_.Function]:
        """Give a context's functions, its workers' included."""
        workers = [self.workers[context.name, worker.name] for worker in context.workers]
        return [self.by_context[context.name], *workers]

    @property
    def by_label(self) -> dict[str, lambda_.Function]:
        """Give all functions by context, or context and worker: `devices-transformer`."""
        return self.by_context | {"-".join(names): each for names, each in self.workers.items()}

    def _function(self, code: Code) -> lambda_.Function:
        name = physical_name(self._settings.stage, code.name)
        logs = log_group(
            self, f"{code.name}-logs", name=f"/aws/lambda/{name}", settings=self._settings
        )
        role = _role(self, code.name)
        logs.grant_write(role)
        # Active tracing lets the role put segments on `*`: X-Ray's write actions know no resources,
        # so AWS takes nothing narrower. It is the one such statement; tests/infra holds it to that.
        return lambda_.Function(
            self,
            code.name,
            function_name=name,
            code=self._bundle,
            handler=code.handler,
            runtime=lambda_.Runtime.PYTHON_3_13,
            # A fifth cheaper for the same memory and time, and the bundle is pure Python. SnapStart
            # stays off: it is for initialisations of seconds (docs/cost.md).
            architecture=lambda_.Architecture.ARM_64,
            timeout=Duration.seconds(code.timeout),
            memory_size=code.memory,
            role=role,
            tracing=lambda_.Tracing.ACTIVE,
            log_group=logs,
            logging_format=lambda_.LoggingFormat.JSON,
            environment=dict(code.variables),
        )


def _fields(
    contexts: Mapping[str, Context], context: Context, settings: Settings, more: dict[str, str]
) -> Code:
    variables = function_variables(contexts, context.name, settings.stage, ACCOUNT) | more
    if settings.cache is Caching.FULL:
        variables |= {KEEPS_EVERY_ANSWER: "on"}
    return Code(context.name, context.handler, context.timeout, context.memory, variables)


def _worker(
    contexts: Mapping[str, Context], context: Context, worker: Worker, settings: Settings
) -> Code:
    names = context.name, worker.name
    variables = worker_variables(contexts, *names, settings.stage, ACCOUNT)
    if settings.watched_only:
        variables |= {WATCHED_ONLY: "on"}
    return Code("-".join(names), worker.entry, worker.timeout, worker.memory, variables)


def _role(scope: Construct, name: str) -> iam.Role:
    # Made here since the CDK's has AWSLambdaBasicExecutionRole, which writes to any log group.
    return iam.Role(
        scope,
        f"{name}-role",
        assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
        description=f"What the function {name} may do",
    )


def _grant_channels(
    function: lambda_.Function, context: str, declared: Context | Worker, channels: Channels
) -> None:
    """Let a function send where it is declared to, and read the buckets that it is to read."""
    sends = declared.sends
    streams = [channels.streams[context, s.name] for s in sends if isinstance(s, Stream)]
    queues = [channels.queues[context, q.name] for q in sends if isinstance(q, Queue)]
    topics = [channels.topics[context, t.name] for t in sends if isinstance(t, Topic)]
    buckets = [channels.buckets[context, bucket.name] for bucket in declared.reads]
    writing = ("PutRecord", "PutRecords")
    _allow(function, "kinesis", writing, [stream.stream_arn for stream in streams])
    _allow(function, "sqs", ("SendMessage",), [queue.queue_arn for queue in queues])
    _allow(function, "sns", ("Publish",), [topic.topic_arn for topic in topics])
    # Without ListBucket, S3 says of what is not there that one may not have it.
    _allow(function, "s3", ("ListBucket",), [bucket.bucket_arn for bucket in buckets])
    objects = [bucket.arn_for_objects("*") for bucket in buckets]
    _allow(function, "s3", ("GetObject",), objects)


def _named(contexts: Mapping[str, Context], names: Iterable[str]) -> list[Named]:
    return [(name, table) for name in names for table in contexts[name].tables]


def _grant(
    function: lambda_.Function, tables: Tables, named: Sequence[Named], actions: Sequence[str]
) -> None:
    pairs = [(tables[owner, table.name].table_arn, table) for owner, table in named]
    indexes = [f"{arn}/index/{index.name}" for arn, table in pairs for index in table.indexes]
    _allow(function, "dynamodb", actions, [arn for arn, _ in pairs])
    _allow(function, "dynamodb", INDEX, indexes)


def _allow(
    function: lambda_.Function, service: str, actions: Sequence[str], resources: list[str]
) -> None:
    if resources:
        function.add_to_role_policy(
            iam.PolicyStatement(
                actions=[f"{service}:{action}" for action in actions], resources=resources
            )
        )
