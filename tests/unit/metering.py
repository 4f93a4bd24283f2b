"""What a block asks of AWS: its calls, and the capacity that DynamoDB would charge for them.

DynamoDB's rules: a read takes half a unit per 4 KB, a consistent one a whole one; a write takes one
per KB of what was or is there, whichever is larger, twice that in a transaction, and one more for
each entry of an index that it makes, changes or removes. A read is charged for whole items: what is
metered must select nothing, for it is measured by what is answered.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import ceil
from threading import Lock
from typing import Any

from resolvers.shared import aws, settings
from resolvers.shared.resources import Context, Index, Table
from resolvers.shared.table import BATCH_GET_KEYS

Json = dict[str, Any]
Place = tuple[str, Json]  # a table's physical name, and a key
SERVICES = ("dynamodb", "kinesis", "sqs", "sns", "s3", "cognito-idp")
READ_BYTES, WRITE_BYTES = 4096, 1024
WRITES = ("PutItem", "UpdateItem", "DeleteItem")
IN_TRANSACTION = 2


class Meter:
    """What has been asked so far."""

    def __init__(self, tables: Mapping[str, Table]) -> None:
        self.calls: Counter[str] = Counter()
        self.reads = 0.0
        self.writes = 0
        self._tables = tables
        self._one_at_a_time = Lock()
        # A client of its own, whose looks at what a write finds and leaves are not counted.
        self._reader: Any = aws.session().create_client("dynamodb", region_name=settings.region())

    def before(self, model: Any, params: Json, context: Json, **_: Any) -> None:
        """Note a call, and what stands where it will write."""
        with self._one_at_a_time:
            self.calls[model.name] += 1
        if model.service_model.service_name == "dynamodb":
            context["request"] = request = json.loads(params["body"])
            context["old"] = self._standing(self._written(model.name, request))

    def after(self, model: Any, parsed: Json, context: Json, **_: Any) -> None:
        """Charge for a call that was answered."""
        if "request" not in context:
            return
        written = self._written(model.name, context["request"])
        changes = zip(written, context["old"], self._standing(written), strict=True)
        each = IN_TRANSACTION if model.name == "TransactWriteItems" else 1
        writes = sum(_write(self._tables[name], old, new, each) for (name, _), old, new in changes)
        with self._one_at_a_time:
            self.reads += _reads(model.name, context["request"], parsed)
            self.writes += writes

    def _written(self, operation: str, request: Json) -> list[Place]:
        """Give the table and key of each item that a call writes."""
        if operation == "TransactWriteItems":
            actions = [next(iter(each.values())) for each in request["TransactItems"]]
        else:
            actions = [request] if operation in WRITES else []
        return [(each["TableName"], self._key(each)) for each in actions]

    def _key(self, action: Json) -> Json:
        given = action.get("Key") or action["Item"]
        return {name: given[name] for name in self._tables[action["TableName"]].key}

    def _standing(self, places: Sequence[Place]) -> list[Json]:
        """Read what is there, in the order of the places; nothing is an empty item."""
        found: dict[str, Json] = {}
        for start in range(0, len(places), BATCH_GET_KEYS):
            wanted: dict[str, Json] = {}
            for name, key in places[start : start + BATCH_GET_KEYS]:
                wanted.setdefault(name, {"Keys": []})["Keys"].append(key)
            answer = self._reader.batch_get_item(RequestItems=wanted)["Responses"]
            for name, items in answer.items():
                of_table = ({"TableName": name, "Item": item} for item in items)
                found |= {repr((name, self._key(each))): each["Item"] for each in of_table}
        return [found.get(repr(place), {}) for place in places]


def _reads(operation: str, request: Json, answer: Json) -> float:
    match operation:
        case "Query" | "Scan":  # a page is measured as a whole
            return _read(sum(map(size, answer["Items"])), request)
        case "GetItem":
            return _read(size(answer.get("Item", {})), request)
        case "BatchGetItem":
            return sum(
                _table_reads(asked, answer["Responses"].get(name, []))
                for name, asked in request["RequestItems"].items()
            )
        case _:
            return 0


def _table_reads(asked: Json, items: Sequence[Json]) -> float:
    missing = len(asked["Keys"]) - len(items)
    return sum(_read(size(item), asked) for item in items) + missing * _read(0, asked)


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
