"""The Lambda functions, one per context; its role may do what the context declares and no more."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from aws_cdk import Aws, Duration
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.lifecycle import log_group
from infra.settings import Settings
from resolvers.shared.resources import (
    Account,
    Context,
    Table,
    function_variables,
    physical_name,
)

Tables = Mapping[tuple[str, str], dynamodb.Table]
Named = tuple[str, Table]

# What stores call. A transaction has no action of its own: it needs those of its parts.
READ = ("GetItem", "BatchGetItem", "Query", "Scan")
WRITE = ("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "ConditionCheckItem")
INDEX = ("Query",)
# Where the stack is deployed, as CloudFormation fills it in.
ACCOUNT = Account(Aws.REGION, Aws.ACCOUNT_ID, sqs=f"https://sqs.{Aws.REGION}.{Aws.URL_SUFFIX}")


class Functions(Construct):
    """One function per context, by the context's name; all run the same bundle."""

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        settings: Settings,
        contexts: Mapping[str, Context],
        tables: Tables,
        bundle: Path,
    ) -> None:
        super().__init__(scope, id)
        code = lambda_.Code.from_asset(str(bundle))
        self.by_context: dict[str, lambda_.Function] = {}
        for name, context in contexts.items():
            own, used = _named(contexts, [name]), _named(contexts, context.uses)
            variables = function_variables(contexts, name, settings.stage, ACCOUNT)
            function = self._function(context, settings, code, variables)
            _grant(function, tables, own, (*READ, *WRITE))
            _grant(function, tables, used, READ)
            self.by_context[name] = function

    def _function(
        self, context: Context, settings: Settings, code: lambda_.Code, variables: dict[str, str]
    ) -> lambda_.Function:
        name = physical_name(settings.stage, context.name)
        logs = log_group(
            self, f"{context.name}-logs", name=f"/aws/lambda/{name}", settings=settings
        )
        role = _role(self, context)
        logs.grant_write(role)
        # Active tracing lets the role put segments on `*`: X-Ray's write actions know no resources,
        # so AWS takes nothing narrower. It is the one such statement; tests/infra holds it to that.
        return lambda_.Function(
            self,
            context.name,
            function_name=name,
            code=code,
            handler=context.handler,
            runtime=lambda_.Runtime.PYTHON_3_13,
            architecture=lambda_.Architecture.ARM_64,
            timeout=Duration.seconds(context.timeout),
            memory_size=context.memory,
            role=role,
            tracing=lambda_.Tracing.ACTIVE,
            log_group=logs,
            logging_format=lambda_.LoggingFormat.JSON,
            environment=variables,
        )


def _role(scope: Construct, context: Context) -> iam.Role:
    # Made here since the CDK's has AWSLambdaBasicExecutionRole, which writes to any log group.
    return iam.Role(
        scope,
        f"{context.name}-role",
        assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
        description=f"What the {context.name} context may do",
    )


def _named(contexts: Mapping[str, Context], names: Iterable[str]) -> list[Named]:
    return [(name, table) for name in names for table in contexts[name].tables]


def _grant(
    function: lambda_.Function, tables: Tables, named: Sequence[Named], actions: Sequence[str]
) -> None:
    pairs = [(tables[owner, table.name].table_arn, table) for owner, table in named]
    indexes = [f"{arn}/index/{index.name}" for arn, table in pairs for index in table.indexes]
    _allow(function, actions, [arn for arn, _ in pairs])
    _allow(function, INDEX, indexes)


def _allow(function: lambda_.Function, actions: Sequence[str], resources: list[str]) -> None:
    if resources:
        function.add_to_role_policy(
            iam.PolicyStatement(
                actions=[f"dynamodb:{action}" for action in actions], resources=resources
            )
        )
