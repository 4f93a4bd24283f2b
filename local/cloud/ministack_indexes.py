"""Have DynamoDB's Query look at its page, and not sort the whole partition each time.

Run beside ministack_host.py, in its process. MiniStack gathers a partition, sorts it, and drops
what the key condition and the page leave out. Here a partition that was once asked for has an
order, kept at every write; MiniStack's own Query is then given a table in which there are only the
items that its page needs. So all it refuses, filters, projects and answers is still its own doing.

What is not understood, such as the legacy KeyConditions, is asked of the whole table as ever.
"""

import hashlib
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import eq, itemgetter
from pathlib import Path
from threading import RLock, local
from types import FunctionType
from typing import Any

# Of the dynamodb.py that this was proven against, by tests/unit/cloud/test_indexes.py.
PROVEN = "680c41de03dcf6e38aface491594c35e90842fc83ed0f399ac5ab9e57c053270"
# Among the members of a table's indexes, which MiniStack forgets whenever items change by other
# ways than _set_item and _remove_item: the orders are forgotten with them.
ORDERS = "orders of partitions"
FEW = 1000  # as many items may be handed on unmeasured; of more, only the 1 MB of a page
MIRRORED = {"EQ": "EQ", "LT": "GT", "LE": "GE", "GT": "LT", "GE": "LE"}
# What malformed requests run into here. MiniStack says itself what is wrong with them.
ODD = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)

Place = tuple[Any, ...]
Table = dict[str, Any]
Request = Mapping[str, Any]


class Unclear(ValueError):
    """What was asked for, or is there, is none of what can be put in order here."""


@dataclass(frozen=True, slots=True)
class Keys:
    """How a table, or an index, is ordered: by attributes of these names and types.

    A condition may be on the one called `sort`.
    """

    index: str | None
    partition: str
    sort: str | None
    order: list[tuple[str, str]]


@dataclass(slots=True)
class Order:
    """The items of one partition: their places, and by what they are found in the table."""

    keys: Keys
    places: list[Place]
    found_by: list[Any]

    def add(self, place: Place, found_by: Any) -> None:
        """Take an item in; Unclear if another has its place."""
        at = bisect_left(self.places, place)
        if at < len(self.places) and self.places[at] == place:
            raise Unclear
        self.places.insert(at, place)
        self.found_by.insert(at, found_by)

    def remove(self, place: Place) -> None:
        """Let an item go; Unclear if it is not there."""
        at = bisect_left(self.places, place)
        if at == len(self.places) or self.places[at] != place:
            raise Unclear
        del self.places[at], self.found_by[at]

    def range(self, test: str, values: list[Any]) -> tuple[int, int]:
        """Find the items whose sort key passes a test, as positions."""
        low = bisect_left(self.places, values[0], key=itemgetter(0))
        high = bisect_right(self.places, values[-1], key=itemgetter(0))
        if test == "begins_with":
            size = len(values[0])
            return low, bisect_right(self.places, values[0], key=lambda place: place[0][:size])
        end = len(self.places)
        ranges = {"LT": (0, low), "LE": (0, high), "GT": (high, end), "GE": (low, end)}
        return ranges.get(test, (low, high))


def install(dynamodb: Any) -> None:
    """Mend MiniStack's DynamoDB, as patched before; ends the process if it is another's version."""
    found = hashlib.sha256(Path(dynamodb.__file__).read_bytes()).hexdigest()
    if found != PROVEN:
        raise SystemExit(
            "MiniStack's dynamodb.py is not the one that local/cloud/ministack_indexes.py mends: "
            f"install requirements/cloud.txt, or prove the mending against this one ({found})."
        )
    Indexes(dynamodb).install()


class Indexes:
    """The orders of all partitions, each made when it is first asked for."""

    def __init__(self, dynamodb: Any) -> None:
        self._dynamodb = dynamodb
        self._lock = RLock()  # what expires is removed by a thread of MiniStack's

    def install(self) -> None:
        """Take the place of MiniStack's functions."""
        dynamodb = self._dynamodb

        def in_order(write: Callable[..., Any]) -> Callable[..., Any]:
            def written(table: Table, partition: Any, sort: Any, *item: Any) -> Any:
                with self._lock:
                    old = write(table, partition, sort, *item)
                    self._moved(table, partition, sort, old, *(item or [None]))
                return old

            return written

        dynamodb._set_item = in_order(dynamodb._set_item)
        dynamodb._remove_item = in_order(dynamodb._remove_item)
        dynamodb._query = Tables(self, dynamodb._tables).answering(dynamodb._query)

    def narrow(self, table: Table, data: Request) -> Table:
        """Give a table with only the items that a Query's page needs, or the whole one."""
        try:
            with self._lock:
                return self._narrow(table, data)
        except ODD:
            return table

    def _narrow(self, table: Table, data: Request) -> Table:
        keys = self._keys(table, data.get("IndexName"))
        partition = self._dynamodb._extract_pk_from_condition(
            data["KeyConditionExpression"],
            data.get("ExpressionAttributeValues", {}),
            data.get("ExpressionAttributeNames", {}),
            keys.partition,
        )
        order = self._order(table, keys, partition)
        found_by = self._page(table, order, partition, data)
        if keys.index:
            members = {keys.index: {partition: found_by}}
            return table | {self._dynamodb._INDEX_MEMBERS: members}
        items = {sort: table["items"][partition][sort] for sort in found_by}
        return table | {"items": {partition: items}}

    def _keys(self, table: Table, index: str | None) -> Keys:
        dynamodb = self._dynamodb
        hashes, sorts = [table["pk_name"]], [table["sk_name"]]
        if index is not None:
            hashes, sorts = dynamodb._index_key_lists(dynamodb._index_def(table, index))
        if len(hashes) > 1 or len(sorts) > 1:
            raise Unclear
        order = dynamodb._index_order_keys(table, sorts)
        return Keys(index, hashes[0], sorts[0] if sorts else None, order)

    def _place(self, keys: Keys, item: Any) -> Place:
        value = self._dynamodb._sort_key_value
        return tuple(value(item[name], type_) for name, type_ in keys.order)

    def _order(self, table: Table, keys: Keys, partition: Any) -> Order:
        members = self._dynamodb._index_members(table)
        orders = members.setdefault(ORDERS, {})
        there = (table["items"] if keys.index is None else members[keys.index]).get(partition, ())
        order: Order | None = orders.get((keys.index, partition))
        if order is None:
            order = self._ordered(table, keys, partition, there)
            if there:
                orders[keys.index, partition] = order
        return order

    def _ordered(self, table: Table, keys: Keys, partition: Any, there: Iterable[Any]) -> Order:
        items = [(at, self._found(table, keys, partition, at)) for at in there]
        placed = sorted(((self._place(keys, item), at) for at, item in items), key=itemgetter(0))
        places, found_by = [place for place, _ in placed], [at for _, at in placed]
        if any(map(eq, places, places[1:])):
            raise Unclear
        return Order(keys, places, found_by)

    def _found(self, table: Table, keys: Keys, partition: Any, at: Any) -> Any:
        if keys.index is None:
            return table["items"][partition][at]
        return table["items"][at[0]][at[1]]

    def _moved(self, table: Table, partition: Any, sort: Any, old: Any, new: Any) -> None:
        orders = table.get(self._dynamodb._INDEX_MEMBERS, {}).get(ORDERS)
        if not orders:
            return
        if (old is None) != (new is None):
            self._move(orders, (None, partition), sort, old, new)
        for index, hashes, ranges in self._dynamodb._index_key_schemas(table):
            before, after = (
                item and self._dynamodb._index_partition(item, hashes, ranges)
                for item in (old, new)
            )
            found_by = (partition, sort)
            if before == after:
                self._move(orders, (index, before), found_by, old, new)
            else:
                self._move(orders, (index, before), found_by, old, None)
                self._move(orders, (index, after), found_by, None, new)

    def _move(self, orders: Any, where: Any, found_by: Any, old: Any, new: Any) -> None:
        order: Order | None = orders.get(where)
        if order is None:
            return
        try:
            before, after = (item and self._place(order.keys, item) for item in (old, new))
            if before == after:
                return
            if before:
                order.remove(before)
            if after:
                order.add(after, found_by)
        except ODD:
            order.places.clear()
        if not order.places:
            del orders[where]  # it is made anew when it is asked for, if that can be

    def _page(self, table: Table, order: Order, partition: Any, data: Request) -> list[Any]:
        low, high = self._span(order, data)
        there = range(low, high)[:: 1 if data.get("ScanIndexForward", True) else -1]
        count = self._count(table, order, partition, data.get("Limit"), there)
        found_by = [order.found_by[n] for n in there[:count]]
        # Some conditions are refused only once they are put to an item; this one will not fit.
        return found_by or order.found_by[:1]

    def _span(self, order: Order, data: Request) -> tuple[int, int]:
        low, high = 0, len(order.places)
        if test := self._sort_test(order.keys, data):
            low, high = order.range(*test)
        if start := data.get("ExclusiveStartKey"):
            cursor = self._place(order.keys, start)
            if data.get("ScanIndexForward", True):
                low = max(low, bisect_right(order.places, cursor))
            else:
                high = min(high, bisect_left(order.places, cursor))
        return low, high

    def _sort_test(self, keys: Keys, data: Request) -> tuple[str, list[Any]] | None:
        dynamodb, names = self._dynamodb, data.get("ExpressionAttributeNames", {})
        for clause in dynamodb._key_condition_clauses(
            dynamodb._tokenize(data["KeyConditionExpression"])
        ):
            name, test, refs = parse(clause)
            if names.get(name, name) == keys.sort:
                type_ = keys.order[0][1]
                values = [data["ExpressionAttributeValues"][ref] for ref in refs]
                return test, [dynamodb._sort_key_value(value, type_) for value in values]
        return None

    def _count(
        self, table: Table, order: Order, partition: Any, limit: Any, there: Sequence[int]
    ) -> int:
        most = len(there) if limit is None else int(limit)
        if most <= FEW:
            return most
        items = (self._found(table, order.keys, partition, order.found_by[n]) for n in there)
        page, _ = self._dynamodb._paginate_evaluated_items(items, most, table, order.keys.index)
        return len(page) + 1  # by what is behind it, MiniStack sees where the page ends


class Tables:
    """MiniStack's tables, as its Query sees them."""

    def __init__(self, indexes: "Indexes", tables: Any) -> None:
        self._indexes, self._tables = indexes, tables
        self._asked = local()

    def answering(self, query: FunctionType) -> Callable[[Request], Any]:
        """Have MiniStack's code find its tables here."""
        narrowed = FunctionType(query.__code__, {**query.__globals__, "_tables": self})

        def answer(data: Request) -> Any:
            self._asked.data = data
            return narrowed(data)

        return answer

    def get(self, name: str) -> Table | None:
        """Find a table."""
        table: Table | None = self._tables.get(name)
        return self._indexes.narrow(table, self._asked.data) if table else None


def parse(clause: list[tuple[str, str]]) -> tuple[str, str, list[str]]:
    """Read a clause of a key condition: which attribute, what test, and with which values."""
    match [token for token in clause if token[0] not in ("LPAREN", "RPAREN")]:
        case [("IDENT" | "NAME_REF", name), (test, _), ("VALUE_REF", value)] if test in MIRRORED:
            return name, test, [value]
        case [("VALUE_REF", value), (test, _), ("IDENT" | "NAME_REF", name)] if test in MIRRORED:
            return name, MIRRORED[test], [value]
        case [("IDENT", "begins_with"), ("IDENT" | "NAME_REF", name), _, ("VALUE_REF", value)]:
            return name, "begins_with", [value]
        case [("IDENT" | "NAME_REF", name), (_, word), (_, low), (_, "AND" | "and"), (_, high)]:
            if word.upper() == "BETWEEN":
                return name, "BETWEEN", [low, high]
    raise Unclear
