"""The todos' table: items, conditions and the key of the index by change."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from resolvers.shared.expressions import Increment
from resolvers.shared.items import Item, Only, also
from resolvers.shared.shapes import from_plain, to_plain
from resolvers.shared.table import Range, Refused, Store
from resolvers.todos.model import Todo
from resolvers.todos.resources import CONTEXT, TODOS

table = Store(CONTEXT.name, TODOS)

MILLISECONDS = 1000


class Taken(Exception):
    """There is a todo with this id, made of what `origin` is a digest of."""

    def __init__(self, todo: Todo, origin: str) -> None:
        super().__init__(todo.id)
        self.todo = todo
        self.origin = origin


class Changed(Exception):
    """The todo is not as expected but `current`: gone, deleted or at another version."""

    def __init__(self, current: Todo | None) -> None:
        super().__init__("the todo is not as expected")
        self.current = current


def stamp(at: datetime) -> str:
    """Write a moment as the time of a change."""
    text = at.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def find(owner: str, id: str, only: Only = None) -> Todo | None:
    """Read a todo, or its tombstone."""
    item = table.get(owner=owner, id=id, only=only)
    return None if item is None else _todo(item)


def by_id(owner: str, after: str | None, page: int, only: Only = None) -> Iterator[Todo]:
    """Read an owner's todos and tombstones lazily, in the order of ids, from behind `after`."""
    return map(_todo, table.query(Range(owner, after, consistent=True), page, only))


def by_change(owner: str, after: str, page: int, now: datetime, only: Only) -> Iterator[Todo]:
    """Read an owner's todos and tombstones lazily, oldest change first, from behind `after`."""
    part = Range(owner, after, index="by-change", consistent=True)
    found = table.query(part, page, also(only, "expiresAt"))
    return (_todo(item) for item in found if not _expired(item, now))


def change_key(todo: Todo) -> str:
    """Give a todo's place in the order of change."""
    return _change_key(todo.updated_at, todo.id)


def _change_key(changed_at: str, id: str) -> str:
    moment = round(datetime.fromisoformat(changed_at).timestamp() * MILLISECONDS)
    return f"{moment:015d}#{id}"


def seconds_key(seconds: int) -> str:
    """Give the place just before all changes of a second."""
    return f"{max(0, seconds) * MILLISECONDS:015d}"


def add(todo: Todo, origin: str, now: datetime) -> None:
    """Write a new todo; Taken if its id has been used and not been forgotten."""
    item = to_plain(todo) | {"changed": change_key(todo), "origin": origin}
    free = "attribute_not_exists(id) OR expiresAt <= :now"  # tombstones go late, but expire in time
    try:
        table.put_if(item, free, now=int(now.timestamp()))
    except Refused as refused:
        assert refused.current is not None  # else the id was free
        raise Taken(_todo(refused.current), refused.current["origin"]) from None


def change(
    owner: str, id: str, changes: dict[str, Any], expected_version: int | None, now: datetime
) -> Todo:
    """Change a todo at the version expected, or at any; Changed if it is not so."""
    moment = stamp(now)
    order = {"updatedAt": moment, "changed": _change_key(moment, id), "version": Increment()}
    condition, values = "deleted = :no", {}
    if expected_version is not None:
        condition, values = f"{condition} AND version = :seen", {"seen": expected_version}
    key = {"owner": owner, "id": id}
    try:
        return _todo(table.change_if(key, changes | order, condition, no=False, **values))
    except Refused as refused:
        item = refused.current
    raise Changed(None if item is None or _expired(item, now) else _todo(item))


def _expired(item: Item, now: datetime) -> bool:
    return "expiresAt" in item and item["expiresAt"] <= int(now.timestamp())


def _todo(item: Item) -> Todo:
    todo: Todo = from_plain(Todo, item)
    return todo
