"""A mapping, and what it carries."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from resolvers.registry import Registry
from resolvers.shared.resources import Account, Context, Worker, physical_name

Kind = Literal["stream", "queue", "table"]
# Of an invocation's 6 MB; the rest is for the records' own frames and the environment's.
LARGEST_BATCH = 6_000_000


@dataclass(frozen=True, slots=True)
class Mapping:
    """Which function a stream (Kinesis' or a table's) or a queue invokes, and how.

    `source` and `function` are physical names, `function_arn` and `account` are for what is
    reported; `on_failure` is a queue's URL.
    """

    function: str
    kind: Kind
    source: str
    worker: Worker
    account: Account
    on_failure: str | None

    @property
    def name(self) -> str:
        """Tell the mapping from every other; its checkpoints are kept under it."""
        return f"{self.function}:{self.source}"

    @property
    def function_arn(self) -> str:
        """Give the function's ARN."""
        return f"arn:aws:lambda:{self.account.region}:{self.account.id}:function:{self.function}"


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a shard: `event` is what Lambda hands over, `size` about its bytes there.

    `arrived` is in epoch seconds.
    """

    sequence: str
    key: str
    arrived: float
    size: int
    event: dict[str, Any]


def mappings(registry: Registry, stage: str, account: Account) -> list[Mapping]:
    """Give the mappings of all declared workers."""
    return [each for context in registry.contexts.values() for each in _of(context, stage, account)]


def _of(context: Context, stage: str, account: Account) -> Iterator[Mapping]:
    kinds: dict[str, Kind] = {each.name: "table" for each in context.tables}
    kinds |= {each.name: "queue" for each in context.queues}
    kinds |= {each.name: "stream" for each in context.streams}
    for worker in context.workers:
        failed = worker.on_failure
        yield Mapping(
            function=physical_name(stage, context.name, worker.name),
            kind=kinds[worker.source],
            source=physical_name(stage, context.name, worker.source),
            worker=worker,
            account=account,
            on_failure=failed and account.queue_url(physical_name(stage, context.name, failed)),
        )
