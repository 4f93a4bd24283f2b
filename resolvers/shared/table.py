"""Low-level DynamoDB: items as plain dicts, numbers as Decimal, and the calls of all stores.

Reads take the attributes to give, `only`; those of the table's key come in any case.

DynamoDB refuses a call for a key that it could not hold, such as an empty one; here such a key is
one under which nothing is found.
"""

import random
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any

from resolvers.shared import aws, settings
from resolvers.shared.expressions import marked, projection, update
from resolvers.shared.items import Item, Only, marshal, marshal_item, unmarshal_item
from resolvers.shared.resources import Table

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

BATCH_GET_KEYS = 100  # DynamoDB's own limits
BATCH_WRITE_ITEMS = 25
TRANSACTION_ACTIONS = 100
PARTITION_BYTES = 2048
SORT_BYTES = 1024


@dataclass(frozen=True, slots=True)
class Range:
    """A part of one partition, in its sort key's order: what comes behind the key `after`.

    With `including` it begins at that key itself. A `consistent` read, of a table or a local index,
    sees every write that was answered before it.
    """

    partition: str
    after: str | None = None
    descending: bool = False
    index: str | None = None
    consistent: bool = False
    including: bool = False


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

    def get(self, *, only: Only = None, **key: str) -> Item | None:
        """Read one item; a consistent read."""
        if not self._possible(key):
            return None
        found = aws.dynamodb().get_item(
            TableName=self.name,
            Key=marshal_item(key),
            ConsistentRead=True,
            **projection(self.table.key, only),
        )
        return unmarshal_item(found["Item"]) if "Item" in found else None

    def batch_get(self, keys: Iterable[Mapping[str, str]], only: Only = None) -> list[Item]:
        """Read many items by key, in no order, each once; missing ones are left out."""
        possible = filter(self._possible, keys)
        distinct = list({tuple(key.items()): marshal_item(key) for key in possible}.values())
        found: list[Item] = []
        for start in range(0, len(distinct), BATCH_GET_KEYS):
            asked = {"Keys": distinct[start : start + BATCH_GET_KEYS]}
            asked |= projection(self.table.key, only)
            found += _read({self.name: asked})[self.name]
        return found

    def query(self, part: Range, page: int = 1000, only: Only = None) -> Iterator[Item]:
        """Read a range lazily, `page` items a call, until the reader stops or the range ends."""
        if not _fits(part.partition, PARTITION_BYTES):
            return
        if part.after is not None and not _fits(part.after, SORT_BYTES):
            return
        request = self._query_request(part, page, only)
        while True:
            answer = aws.dynamodb().query(**request)
            yield from map(unmarshal_item, answer["Items"])
            if not (last := answer.get("LastEvaluatedKey")):
                return
            request["ExclusiveStartKey"] = last

    def _query_request(self, part: Range, page: int, only: Only) -> dict[str, Any]:
        keys = self._indexes[part.index] if part.index else self.table
        condition, names = "#p = :p", {"#p": keys.partition}
        values = {":p": marshal(part.partition)}
        if part.after is not None and keys.sort is not None:
            behind = f"{'<' if part.descending else '>'}{'=' if part.including else ''}"
            condition += f" AND #s {behind} :s"
            names["#s"], values[":s"] = keys.sort, marshal(part.after)
        index = {"IndexName": part.index} if part.index else {}
        wanted = projection(self.table.key, only)
        names |= wanted.get("ExpressionAttributeNames", {})
        return {
            **index,
            **wanted,
            "TableName": self.name,
            "KeyConditionExpression": condition,
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": values,
            "ScanIndexForward": not part.descending,
            "Limit": page,
            "ConsistentRead": part.consistent,
        }

    def scan(self) -> Iterator[Item]:
        """Read the whole table, in no order; for small tables."""
        pages = aws.dynamodb().get_paginator("scan").paginate(TableName=self.name)
        return (unmarshal_item(item) for page in pages for item in page["Items"])

    def _possible(self, key: Mapping[str, str]) -> bool:
        most = zip(self.table.key, (PARTITION_BYTES, SORT_BYTES), strict=False)
        return all(_fits(key[name], size) for name, size in most)

    def put_action(
        self, item: Mapping[str, Any], condition: str | None = None, **values: Any
    ) -> dict[str, Any]:
        """Make the action that writes an item, if a condition holds, for `transact`."""
        action: dict[str, Any] = {"TableName": self.name, "Item": marshal_item(item)}
        if condition:
            action["ConditionExpression"] = condition
        if values:
            action["ExpressionAttributeValues"] = marked(values)
        return {"Put": action}

    def delete_action(self, **key: str) -> dict[str, Any]:
        """Make the action that removes an item, for `transact`."""
        return {"Delete": {"TableName": self.name, "Key": marshal_item(key)}}

    def put_if(self, item: Mapping[str, Any], condition: str, **values: Any) -> None:
        """Write an item if the condition holds on what is there; else raises Refused."""
        request: Any = {"Item": marshal_item(item), **self._condition(condition, values)}
        client = aws.dynamodb()
        try:
            client.put_item(**request)
        except client.exceptions.ConditionalCheckFailedException as error:
            raise _refused(error) from None

    def change_if(
        self, key: Mapping[str, str], changes: Mapping[str, Any], condition: str, **values: Any
    ) -> Item:
        """Set attributes if the condition holds, and give the item; else raises Refused.

        An Increment among the changes is added to what is there.
        """
        if not self._possible(key):
            raise Refused(None)
        expression, names, given = update(changes)
        request: Any = {
            "Key": marshal_item(key),
            "UpdateExpression": expression,
            "ExpressionAttributeNames": names,
            "ReturnValues": "ALL_NEW",
            **self._condition(condition, values | given),
        }
        client = aws.dynamodb()
        try:
            answer = client.update_item(**request)
        except client.exceptions.ConditionalCheckFailedException as error:
            raise _refused(error) from None
        return unmarshal_item(answer["Attributes"])

    def _condition(self, condition: str, values: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "TableName": self.name,
            "ConditionExpression": condition,
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        } | ({"ExpressionAttributeValues": marked(values)} if values else {})

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


def read_together(wanted: Sequence[tuple[Store, Sequence[Mapping[str, str]]]]) -> list[list[Item]]:
    """Read items of several tables in one call, up to 100 distinct keys in all.

    Gives what was found of each table, in no order; the keys must be possible ones.
    """
    found = _read(
        {
            store.name: {"Keys": [marshal_item(key) for key in keys], "ConsistentRead": True}
            for store, keys in wanted
            if keys
        }
    )
    return [found.get(store.name, []) for store, _ in wanted]


def _read(request: Any) -> dict[str, list[Item]]:
    found: dict[str, list[Item]] = {name: [] for name in request}
    for pause in _pauses():
        answer = aws.dynamodb().batch_get_item(RequestItems=request)
        for name, items in answer["Responses"].items():
            found[name] += map(unmarshal_item, items)
        if not (request := answer.get("UnprocessedKeys")):
            break
        pause()
    return found


def _fits(key: str, most: int) -> bool:
    try:
        return 0 < len(key.encode()) <= most
    except UnicodeEncodeError:  # half a surrogate pair, which JSON may carry and no table can
        return False


class Refused(Exception):
    """A write's condition did not hold; `current` is the item that was there at that moment."""

    def __init__(self, current: Item | None) -> None:
        super().__init__("the condition did not hold")
        self.current = current


def _refused(error: "ClientError") -> Refused:
    response: Any = error.response
    return Refused(unmarshal_item(response["Item"]) if "Item" in response else None)


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
