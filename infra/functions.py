"""The Lambda functions, one per context; its role may do what the context declares and no more."""

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
from infra.settings import Settings
from resolvers.shared.resources import (
    Account,
    Context,
    Table,
    Worker,
    function_variables,
    physical_name,
    worker_variables,
)
from resolvers.shared.settings import WATCHED_ONLY

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
            self.by_context[name] = self._function(_fields(contexts, context, settings, more))
            for worker in context.workers:
                code = _worker(contexts, context, worker, settings, more)
                self.workers[name, worker.name] = self._function(code)
            for function in self.of(context):
                own, used = _named(contexts, [name]), _named(contexts, context.uses)
                _grant(function, tables, own, (*READ, *WRITE))
                _grant(function, tables, used, READ)
                _grant_channels(function, context, channels)
                if secret := edge.secrets.get(name):
                    _allow(function, "secretsmanager", ("GetSecretValue",), [secret.secret_arn])

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
    return Code(context.name, context.handler, context.timeout, context.memory, variables)


def _worker(
    contexts: Mapping[str, Context],
    context: Context,
    worker: Worker,
    settings: Settings,
    more: dict[str, str],
) -> Code:
    names = context.name, worker.name
    variables = worker_variables(contexts, *names, settings.stage, ACCOUNT) | more
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


def _grant_channels(function: lambda_.Function, context: Context, channels: Channels) -> None:
    """Let a function send to what its context declares, and read and write its buckets."""
    name = context.name
    streams = [channels.streams[name, each.name].stream_arn for each in context.streams]
    queues = [channels.queues[name, each.name].queue_arn for each in context.queues]
    topics = [channels.topics[name, each.name].topic_arn for each in context.topics]
    buckets = [channels.buckets[name, each.name] for each in context.buckets]
    _allow(function, "kinesis", ("PutRecord", "PutRecords"), streams)
    _allow(function, "sqs", ("SendMessage",), queues)
    _allow(function, "sns", ("Publish",), topics)
    # Without ListBucket, S3 says of what is not there that one may not have it.
    _allow(function, "s3", ("ListBucket",), [bucket.bucket_arn for bucket in buckets])
    objects = [bucket.arn_for_objects("*") for bucket in buckets]
    _allow(function, "s3", ("GetObject", "PutObject"), objects)


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
