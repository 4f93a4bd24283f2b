"""The seed workloads, and all that AWS charges for them in a month.

The calls and units of each invocation are those of docs/calls.md, which a test counts; whatever
cannot be counted is a constant here, and docs/cost.md says so.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from infra import prices
from infra.calls import Row, rows
from infra.prices import Price
from resolvers.registry import registry

SECONDS = 30 * 24 * 3600  # a month of 30 days
# What is assumed. A function waits 5 ms for each call, as if none was side by side, and works 5 ms.
WORK_MS, CALL_MS = 5, 5
ANSWER_BYTES, LOG_BYTES = 5_000, 600
LINE_BYTES, STREAM_RECORD = 200, 1024
READING_BYTES, MARKER_BYTES, MARKER_SHARE = 600, 200, 7 / 30


@dataclass(frozen=True, slots=True)
class Line:
    """A quantity a month, and its price."""

    quantity: float
    price: Price

    @property
    def dollars(self) -> float:
        """Give what it costs a month."""
        return self.price.of(self.quantity)


@dataclass(frozen=True, slots=True)
class Workload:
    """What happens in a month, and all that is charged for it."""

    name: str
    lines: Sequence[Line]

    @property
    def dollars(self) -> float:
        """Give what it costs a month."""
        return sum(line.dollars for line in self.lines)


def mix() -> list[tuple[int, list[Row]]]:
    """Give the shop's requests: how many of 60, and the invocations of one; 80 in all."""
    found = rows()
    products = _row(found, "Query.products", category="book", limit=20)
    nested = [products, _row(found, "Product.category"), _row(found, "Product.reviews")]
    return [
        (44, [products]),
        (10, nested),
        (2, [_row(found, "Query.searchProducts", text="hitchiker")]),
        (2, [_row(found, "Mutation.createTodo")]),
        (2, [_row(found, "Mutation.updateTodo")]),
    ]


def transformed() -> Row:
    """Give what a full batch of the devices' stream asks for."""
    return _row(rows(), "devices-transformer")


def _row(found: Iterable[Row], name: str, **given: Any) -> Row:
    """Find the first row of a field with such arguments."""
    return next(row for row in found if row.name == name and given.items() <= row.given.items())


def shop(requests: float) -> list[Line]:
    """Charge for a month's requests of the mix."""
    counted = mix()
    share = requests / sum(times for times, _ in counted)
    return [
        Line(requests, prices.OPERATIONS),
        *_functions([(times * share, row) for times, asked in counted for row in asked]),
        Line(requests * ANSWER_BYTES, prices.DATA_OUT),
    ]


def fleet(devices: int, watched: float = 1, subscribers: int = 0) -> list[Line]:
    """Charge for a month of devices that send a reading a second.

    That share of their batches is published that is `watched`; each subscriber hears one device.
    """
    sent = float(devices * SECONDS)
    batch = transformed()
    batches = sent / batch.times
    minutes = devices * SECONDS / 60
    raw, stored = sent * STREAM_RECORD, sent * LINE_BYTES
    lines = [
        Line(minutes, prices.ONLINE),
        Line(min(sent, 1e9), prices.MESSAGES),
        Line(sent - min(sent, 1e9), prices.MORE_MESSAGES),
        Line(2 * sent, prices.RULES),
        Line(2 * SECONDS / 3600, prices.STREAMS),
        Line(raw + stored, prices.STREAM_IN),
        Line(raw + stored, prices.STREAM_OUT),
        *_functions([(batches, batch)]),
        Line(sent * (READING_BYTES + MARKER_BYTES * MARKER_SHARE), prices.STORAGE),
        Line(stored, prices.FIREHOSE),
        Line(batches * batch.calls["publish"] * watched, prices.OPERATIONS),
        Line(subscribers * SECONDS, prices.UPDATES),
        Line(subscribers * SECONDS / 60, prices.CONNECTIONS),
    ]
    return [line for line in lines if line.quantity]


def _functions(invocations: Sequence[tuple[float, Row]]) -> list[Line]:
    """Charge for invocations, what they ask of DynamoDB and what Lambda logs of them."""
    number = sum(times for times, _ in invocations)
    return [
        Line(number, prices.INVOCATIONS),
        Line(sum(times * _gigabyte_seconds(row) for times, row in invocations), prices.COMPUTING),
        Line(sum(times * row.reads for times, row in invocations), prices.READS),
        Line(sum(times * row.writes for times, row in invocations), prices.WRITES),
        Line(number * LOG_BYTES, prices.LOGS),
    ]


def _gigabyte_seconds(row: Row) -> float:
    milliseconds = WORK_MS + CALL_MS * sum(row.calls.values())
    binding = registry().bindings.get(row.name)
    megabytes = memory()[binding.context if binding else row.name]
    return megabytes / 1024 * milliseconds / 1000


def memory() -> dict[str, int]:
    """Give the MB of each function, by context, or worker (`devices-transformer`)."""
    contexts = registry().contexts.values()
    workers = {f"{c.name}-{each.name}": each.memory for c in contexts for each in c.workers}
    return {context.name: context.memory for context in contexts} | workers
