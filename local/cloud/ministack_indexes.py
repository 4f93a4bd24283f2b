"""Have DynamoDB's Query look at its page, and not sort the whole partition each time.

MiniStack gathers a partition, sorts it, and drops what the key condition and the page leave out.
Here a partition that was once asked for has an order, kept at every write; MiniStack's own Query is
then given a table of only the items that its page needs. So all that it refuses, filters, projects
and answers is its own doing. Of what is not understood here, it is given the whole table as ever.
"""

import gc
import hashlib
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import eq, itemgetter
from pathlib import Path
from threading import RLock, local
from types import FunctionType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from local.cloud.ministack_orders import Keys, Order, Place, Unclear, parse
else:  # loaded before, by its path, as this is
    from ministack_orders import Keys, Order, Place, Unclear, parse

# Of the dynamodb.py that this was proven against, by tests/unit/cloud/test_indexes.py.
PROVEN = "680c41de03dcf6e38aface491594c35e90842fc83ed0f399ac5ab9e57c053270"
FEW = 1000  # as many items may be handed on unmeasured; of more, only the 1 MB of a page
# What malformed requests run into here. MiniStack says itself what is wrong with them.
ODD = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)

Table = dict[str, Any]
Request = Mapping[str, Any]


class Members(dict[str, Any]):
    """Which items are in the partitions of a table's indexes, made of an index when asked for.

    MiniStack forgets it when items change by other ways than _set_item and _remove_item; the orders
    of partitions are kept in it, to be forgotten with it.
    """

    def __init__(self, dynamodb: Any, table: Table) -> None:
        self._keys = {name: keys for name, *keys in dynamodb._index_key_schemas(table)}
        self._partition, self._items = dynamodb._index_partition, table["items"]
        self.orders: dict[tuple[str | None, Any], Order] = {}

    def __contains__(self, name: object) -> bool:
        return name in self._keys

    def __missing__(self, name: str) -> dict[str, Any]:
        return {}  # a write need not be noted of what is not there yet

    def get(self, name: str, _default: Any = None) -> Any:
        """Give the members of an index by partition."""
        if name in self and name not in self.keys():
            partitions: dict[Any, Any] = {}
            for base, items in self._items.items():
                for sort, item in items.items():
                    if (partition := self._partition(item, *self._keys[name])) is not None:
                        partitions.setdefault(partition, {})[base, sort] = None
            self[name] = partitions
        return super().get(name)


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
        self._asked = local()
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
        dynamodb._index_members = self._members
        query = dynamodb._query
        # MiniStack's own code, but for where it finds its tables.
        narrowed = FunctionType(query.__code__, {**query.__globals__, "_tables": self})

        def asked(data: Request) -> Any:
            self._asked.data = data
            return narrowed(data)

        dynamodb._query = asked

    def get(self, name: str) -> Table | None:
        """Find a table for the Query under way."""
        table: Table | None = self._dynamodb._tables.get(name)
        return self.narrow(table, self._asked.data) if table else None

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
        values = [
            item[name]["S"] if type_ == "S" else value(item[name], type_)
            for name, type_ in keys.order
        ]
        return tuple(values)

    def _members(self, table: Table) -> Any:
        members = table.get(self._dynamodb._INDEX_MEMBERS)
        if members is None:
            members = table[self._dynamodb._INDEX_MEMBERS] = Members(self._dynamodb, table)
        return members

    def _order(self, table: Table, keys: Keys, partition: Any) -> Order:
        members = self._members(table)
        order: Order | None = members.orders.get((keys.index, partition))
        if order is None:
            partitions = table["items"] if keys.index is None else members.get(keys.index)
            gc.disable()  # there is nothing to collect, and much to look through
            try:
                order = self._ordered(table, keys, partition, partitions.get(partition, ()))
            finally:
                gc.enable()
            if order.places:
                members.orders[keys.index, partition] = order
        return order

    def _ordered(self, table: Table, keys: Keys, partition: Any, there: Iterable[Any]) -> Order:
        items = ((at, self._found(table, keys, partition, at)) for at in there)
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
        orders = self._members(table).orders
        if not orders:
            return
        if (old is None) != (new is None):
            self._move(orders, (None, partition), sort, old, new)
        within, found_by = self._dynamodb._index_partition, (partition, sort)
        for index, *keys in self._dynamodb._index_key_schemas(table):
            before, after = (item and within(item, *keys) for item in (old, new))
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
        # Some conditions are refused only once they are put to an item: then one that will not fit.
        return [order.found_by[n] for n in there[:count]] or order.found_by[:1]

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
        tokens = dynamodb._tokenize(data["KeyConditionExpression"])
        for clause in dynamodb._key_condition_clauses(tokens):
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
