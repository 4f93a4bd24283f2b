"""The tables, as the contexts declare them."""

from collections.abc import Iterable

from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from infra.lifecycle import removal_policy
from infra.settings import Settings
from resolvers.shared.resources import Context, Index, Table, physical_name


class Storage(Construct):
    """Every table of every context, by context and name."""

    def __init__(
        self, scope: Construct, id: str, *, settings: Settings, contexts: Iterable[Context]
    ) -> None:
        super().__init__(scope, id)
        self.tables = {
            (context.name, table.name): _table(self, context, table, settings)
            for context in contexts
            for table in context.tables
        }


def _table(
    scope: Construct, context: Context, declared: Table, settings: Settings
) -> dynamodb.Table:
    read = declared.name in {worker.source for worker in context.workers}
    table = dynamodb.Table(
        scope,
        f"{context.name}-{declared.name}",
        table_name=physical_name(settings.stage, context.name, declared.name),
        partition_key=_string(declared.partition),
        sort_key=_string(declared.sort) if declared.sort else None,
        billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
        encryption=dynamodb.TableEncryption.AWS_MANAGED,
        point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
            point_in_time_recovery_enabled=True
        ),
        time_to_live_attribute=declared.ttl,
        stream=dynamodb.StreamViewType.NEW_AND_OLD_IMAGES if read else None,
        deletion_protection=settings.production,
        removal_policy=removal_policy(settings),
    )
    for index in declared.indexes:
        _add_index(table, index)
    return table


def _add_index(table: dynamodb.Table, index: Index) -> None:
    everything = dynamodb.ProjectionType.ALL
    if index.local and index.sort:
        table.add_local_secondary_index(
            index_name=index.name, sort_key=_string(index.sort), projection_type=everything
        )
        return
    table.add_global_secondary_index(
        index_name=index.name,
        partition_key=_string(index.partition),
        sort_key=_string(index.sort) if index.sort else None,
        projection_type=everything,
    )


def _string(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)
