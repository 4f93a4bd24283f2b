"""Low-level DynamoDB: items as plain dicts, numbers as Decimal, and the calls of all stores.

DynamoDB refuses a call for a key that it could not hold, such as an empty one; here such a key is
one under which nothing is found.
"""

import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from itertools import count
from typing import Any

from resolvers.shared import aws, settings
from resolvers.shared.resources import Table

Item = dict[str, Any]
BATCH_GET_KEYS = 100  # DynamoDB's own limits
BATCH_WRITE_ITEMS = 25
TRANSACTION_ACTIONS = 100
PARTITION_BYTES = 2048
SORT_BYTES = 1024


def marshal(value: Any) -> dict[str, Any]:
    """Give a plain value DynamoDB's typed form."""
    if isinstance(value, str):
        return {"S": value}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, (int, Decimal)):
        return {"N": str(value)}
    if value is None:
        return {"NULL": True}
    if isinstance(value, (set, frozenset)):
        return {"SS": sorted(value)}
    if isinstance(value, Mapping):
        return {"M": marshal_item(value)}
    if isinstance(value, Sequence):
        return {"L": [marshal(item) for item in value]}
    raise TypeError(f"DynamoDB has no type for {type(value).__name__}")


def marshal_item(item: Mapping[str, Any]) -> dict[str, Any]:
    """Give an item DynamoDB's typed form."""
    return {name: marshal(value) for name, value in item.items()}


def unmarshal(typed: Mapping[str, Any]) -> Any:
    """Read DynamoDB's typed form back; numbers are Decimal, exact."""
    ((kind, value),) = typed.items()
    if kind == "N":
        return Decimal(value)
    if kind == "NULL":
        return None
    if kind == "L":
        return [unmarshal(item) for item in value]
    if kind == "M":
        return unmarshal_item(value)
    return set(value) if kind == "SS" else value


def unmarshal_item(item: Mapping[str, Any]) -> Item:
    """Read an item's typed form back."""
    return {name: unmarshal(value) for name, value in item.items()}


@dataclass(frozen=True, slots=True)
class Range:
    """A part of one partition, in its sort key's order: what comes behind the key `after`."""

    partition: str
    after: str | None = None
    descending: bool = False
    index: str | None = None


class Store:
    """One table, of the context that owns it."""

    def __init__(self, context: str, table: Table) -> None:
        self.table = table
        self._context = context
        self._indexes = {index.name: index for index in table.indexes}

    @property
    def name(self) -> str:
        """Give the physical name, read when needed."""
        return settings.table_name(self._context, self.table.name)

    def get(self, **key: str) -> Item | None:
        """Read one item; a consistent read."""
        if not self._possible(key):
            return None
        found = aws.dynamodb().get_item(
            TableName=self.name, Key=marshal_item(key), ConsistentRead=True
        )
        return unmarshal_item(found["Item"]) if "Item" in found else None

    def batch_get(self, keys: Iterable[Mapping[str, str]]) -> list[Item]:
        """Read many items by key, in no order, each once; missing ones are left out."""
        possible = filter(self._possible, keys)
        distinct = list({tuple(key.items()): marshal_item(key) for key in possible}.values())
        found: list[Item] = []
        for start in range(0, len(distinct), BATCH_GET_KEYS):
            found += self._batch_get(distinct[start : start + BATCH_GET_KEYS])
        return found

    def _batch_get(self, keys: list[dict[str, Any]]) -> Iterator[Item]:
        request: Any = {self.name: {"Keys": keys}}
        for pause in _pauses():
            answer = aws.dynamodb().batch_get_item(RequestItems=request)
            yield from map(unmarshal_item, answer["Responses"].get(self.name, []))
            if not (request := answer.get("UnprocessedKeys")):
                return
            pause()

    def query(self, part: Range, page: int = 1000) -> Iterator[Item]:
        """Read a range lazily, `page` items a call, until the reader stops or the range ends."""
        if not _fits(part.partition, PARTITION_BYTES):
            return
        request = self._query_request(part, page)
        while True:
            answer = aws.dynamodb().query(**request)
            yield from map(unmarshal_item, answer["Items"])
            if not (last := answer.get("LastEvaluatedKey")):
                return
            request["ExclusiveStartKey"] = last

    def _query_request(self, part: Range, page: int) -> dict[str, Any]:
        keys = self._indexes[part.index] if part.index else self.table
        condition, names = "#p = :p", {"#p": keys.partition}
        values = {":p": marshal(part.partition)}
        if part.after is not None and keys.sort is not None:
            condition += f" AND #s {'<' if part.descending else '>'} :s"
            names["#s"], values[":s"] = keys.sort, marshal(part.after)
        index = {"IndexName": part.index} if part.index else {}
        return index | {
            "TableName": self.name,
            "KeyConditionExpression": condition,
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": values,
            "ScanIndexForward": not part.descending,
            "Limit": page,
        }

    def scan(self) -> Iterator[Item]:
        """Read the whole table, in no order; for small tables."""
        pages = aws.dynamodb().get_paginator("scan").paginate(TableName=self.name)
        return (unmarshal_item(item) for page in pages for item in page["Items"])

    def _possible(self, key: Mapping[str, str]) -> bool:
        most = zip(self.table.key, (PARTITION_BYTES, SORT_BYTES), strict=False)
        return all(_fits(key[name], size) for name, size in most)

    def put_action(self, item: Mapping[str, Any]) -> dict[str, Any]:
        """Make the action that writes an item, for `transact`."""
        return {"Put": {"TableName": self.name, "Item": marshal_item(item)}}

    def delete_action(self, **key: str) -> dict[str, Any]:
        """Make the action that removes an item, for `transact`."""
        return {"Delete": {"TableName": self.name, "Key": marshal_item(key)}}

    def add_to_set(self, attribute: str, members: Iterable[str], **key: str) -> None:
        """Add members to a string set, making the item if need be."""
        aws.dynamodb().update_item(
            TableName=self.name,
            Key=marshal_item(key),
            UpdateExpression="ADD #a :m",
            ExpressionAttributeNames={"#a": attribute},
            ExpressionAttributeValues={":m": marshal(set(members))},
        )

    def load(self, items: Iterable[Mapping[str, Any]]) -> None:
        """Write many items, for seeds and backfills: not atomic, retried until all are in."""
        puts: list[Any] = [{"PutRequest": {"Item": marshal_item(item)}} for item in items]
        for start in range(0, len(puts), BATCH_WRITE_ITEMS):
            request: Any = {self.name: puts[start : start + BATCH_WRITE_ITEMS]}
            for pause in _pauses():
                answer = aws.dynamodb().batch_write_item(RequestItems=request)
                if not (request := answer.get("UnprocessedItems")):
                    break
                pause()


def _fits(key: str, most: int) -> bool:
    try:
        return 0 < len(key.encode()) <= most
    except UnicodeEncodeError:  # half a surrogate pair, which JSON may carry and no table can
        return False


def _pauses() -> Iterator[Callable[[], None]]:
    """Give, without end, what waits before the next try: longer each time, never in step."""
    for attempt in count():
        longest = min(0.05 * 2**attempt, 1.0)
        yield partial(time.sleep, random.uniform(0, longest))  # noqa: S311 - no secret


class ConditionFailed(Exception):
    """A transaction was called off; `actions` are the places of those whose condition did not hold.

    None at all means that another transaction held an item at the same moment.
    """

    def __init__(self, actions: list[int]) -> None:
        super().__init__(f"conditions failed: {actions}")
        self.actions = actions


def transact(actions: Sequence[Any]) -> None:
    """Do all the actions or none."""
    client = aws.dynamodb()
    try:
        client.transact_write_items(TransactItems=actions)
    except client.exceptions.TransactionCanceledException as error:
        codes = [reason.get("Code") for reason in error.response["CancellationReasons"]]
        if not {"ConditionalCheckFailed", "TransactionConflict"} & set(codes):
            raise
        raise ConditionFailed(
            [n for n, code in enumerate(codes) if code == "ConditionalCheckFailed"]
        ) from error
