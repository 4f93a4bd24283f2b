"""What a context needs, as data: the CDK stack, the twin and the Lambda code all read it here."""

from collections.abc import Mapping
from dataclasses import dataclass

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

    `ttl` names the attribute (epoch seconds) that expires items.
    """

    name: str
    partition: str
    sort: str | None = None
    indexes: tuple[Index, ...] = ()
    ttl: str | None = None

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
class Context:
    """A bounded context: one Lambda function and its tables.

    `uses` names the contexts whose tables it reads, `publishes` the mutations by which it tells
    subscribers something, such as `publishUser`; `timeout` is in seconds, `memory` in MB.
    `entry` is the module with the handler: only `fields` has a router, and answers fields.
    """

    name: str
    tables: tuple[Table, ...] = ()
    uses: tuple[str, ...] = ()
    publishes: tuple[str, ...] = ()
    timeout: int = 10
    memory: int = 512
    entry: str = "fields"

    @property
    def handler(self) -> str:
        """Name the Lambda entry point."""
        return f"resolvers.{self.name}.{self.entry}.handler"


def physical_name(stage: str, *parts: str) -> str:
    """Name a deployed resource; the stage is in every name, so that sandboxes share nothing."""
    return "-".join(("twinberry", stage, *parts))


def function_variables(contexts: Mapping[str, Context], name: str, stage: str) -> dict[str, str]:
    """Give a context's function its environment, on AWS as on the twin."""
    tables = table_variables(contexts, name, stage)
    return tables | {"POWERTOOLS_SERVICE_NAME": name, "LOG_LEVEL": LOG_LEVEL}


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
    return f"TABLE_{context}_{table}".upper().replace("-", "_")
