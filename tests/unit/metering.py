"""What a block asks of AWS: its calls, and the capacity that DynamoDB would charge for them.

DynamoDB's rules: a read takes half a unit per 4 KB, a consistent one a whole one; a write takes one
per KB of what was or is there, whichever is larger, twice that in a transaction, and one more for
each entry of an index that it makes, changes or removes.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import ceil
from threading import Lock
from typing import Any

from resolvers.shared import aws, settings
from resolvers.shared.resources import Context, Index, Table

Json = dict[str, Any]
SERVICES = ("dynamodb", "kinesis", "sqs", "sns", "s3", "cognito-idp")
READ_BYTES, WRITE_BYTES = 4096, 1024
IN_TRANSACTION = 2


@dataclass
class Meter:
    """What has been asked so far."""

    tables: Mapping[str, Table]
    calls: Counter[str] = field(default_factory=Counter)
    reads: float = 0
    writes: int = 0
    _reader: Any = None
    _one_at_a_time: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        # A client of its own, whose look at what a write finds is not counted.
        self._reader = aws.session().create_client("dynamodb", region_name=settings.region())

    def before(self, model: Any, params: Json, context: Json, **_: Any) -> None:
        """Note a call, and what stands where it will write."""
        with self._one_at_a_time:
            self.calls[model.name] += 1
        if model.service_model.service_name == "dynamodb":
            context["request"] = request = json.loads(params["body"])
            writes = [(name, key, self._item(name, key)) for name, key in self._written(request)]
            context["writes"] = writes

    def after(self, model: Any, parsed: Json, context: Json, **_: Any) -> None:
        """Charge for a call that was answered."""
        if "request" not in context:
            return
        reads = _reads(context["request"], parsed)
        each = IN_TRANSACTION if model.name == "TransactWriteItems" else 1
        writes = sum(
            _write(self.tables[name], old, self._item(name, key), each)
            for name, key, old in context["writes"]
        )
        with self._one_at_a_time:
            self.reads += reads
            self.writes += writes

    def _written(self, request: Json) -> Iterator[tuple[str, Json]]:
        actions = [action for each in request.get("TransactItems", ()) for action in each.values()]
        for each in actions or [request]:
            if "Item" in each or "UpdateExpression" in each or actions:
                given = each.get("Key") or each["Item"]
                yield each["TableName"], {n: given[n] for n in self.tables[each["TableName"]].key}

    def _item(self, table: str, key: Json) -> Json:
        answer: Json = self._reader.get_item(TableName=table, Key=key, ConsistentRead=True)
        item: Json = answer.get("Item", {})
        return item


def _reads(request: Json, answer: Json) -> float:
    if "Items" in answer:  # a page is measured as a whole
        return _read(sum(map(size, answer["Items"])), request)
    found: float = sum(
        _read(size(item), request["RequestItems"][name])
        for name, items in answer.get("Responses", {}).items()
        for item in items
    )
    missing = sum(len(each["Keys"]) for each in request.get("RequestItems", {}).values()) - sum(
        map(len, answer.get("Responses", {}).values())
    )
    if "RequestItems" in request:
        consistent = any(each.get("ConsistentRead") for each in request["RequestItems"].values())
        return found + _read(0, {"ConsistentRead": consistent}) * missing
    return _read(size(answer.get("Item", {})), request) if set(request) == GET else 0


GET = {"TableName", "Key", "ConsistentRead"}


def _read(bytes_: int, request: Json) -> float:
    return (1.0 if request.get("ConsistentRead") else 0.5) * max(1, ceil(bytes_ / READ_BYTES))


def _write(table: Table, old: Json, new: Json, each: int) -> int:
    units = max(1, ceil(max(size(old), size(new)) / WRITE_BYTES))
    return each * units + units * sum(_moved(table, index, old, new) for index in table.indexes)


def _moved(table: Table, index: Index, old: Json, new: Json) -> int:
    """Count the entries of an index that a write makes, changes or removes."""
    names = [name for name in (index.partition, index.sort, *table.key) if name]
    before, after = (
        [item[name] for name in names] if all(name in item for name in names) else None
        for item in (old, new)
    )
    if before == after:
        return int(before is not None and old != new)
    return (before is not None) + (after is not None)


def size(item: Json) -> int:
    """Give the bytes of an item as DynamoDB counts them."""
    return sum(len(name.encode()) + _size(value) for name, value in item.items())


def _size(value: Json) -> int:
    ((kind, content),) = value.items()
    match kind:
        case "S":
            return len(content.encode())
        case "N":
            return len(content) // 2 + 1
        case "L":
            return 3 + sum(1 + _size(each) for each in content)
        case "M":
            return 3 + len(content) + size(content)
        case "SS":
            return sum(len(each.encode()) for each in content)
        case _:
            return 1


@contextmanager
def metered(context: Context) -> Iterator[Meter]:
    """Meter a block that asks for a context's tables."""
    tables = {settings.table_name(context.name, table.name): table for table in context.tables}
    meter = Meter(tables)
    clients = [aws.client(service) for service in SERVICES]
    for client in clients:
        client.meta.events.register("before-call", meter.before)
        client.meta.events.register("after-call", meter.after)
    try:
        yield meter
    finally:
        for client in clients:
            client.meta.events.unregister("before-call", meter.before)
            client.meta.events.unregister("after-call", meter.after)
