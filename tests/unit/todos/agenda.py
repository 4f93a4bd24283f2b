"""Todos on moto, asked for through the real handler, by somebody who has signed in."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from resolvers.shared.errors import Conflict
from resolvers.shared.table import transact
from resolvers.todos import service, store
from resolvers.todos.fields import handler
from resolvers.todos.model import Todo
from resolvers.todos.service import Clock
from tests.unit.calls import USER, event, invoke

Json = dict[str, Any]
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def person(sub: str) -> Json:
    """Make the identity that a user pool's token gives (appsync.md §3.3)."""
    return USER | {"sub": sub, "username": sub, "claims": {"sub": sub}, "groups": None}


def ask(field: str, who: str = "alice", **arguments: Any) -> Any:
    """Ask for a query field."""
    return invoke(handler, event(f"Query.{field}", arguments, identity=person(who)))


def order(field: str, who: str = "alice", **arguments: Any) -> Json:
    """Ask for a mutation as AppSync does, in a batch of one; gives the envelope."""
    sent = event(f"Mutation.{field}", arguments, identity=person(who))
    (envelope,) = invoke(handler, [sent])
    found: Json = envelope
    return found


def done(field: str, who: str = "alice", **arguments: Any) -> Json:
    """Ask for a mutation that must succeed; gives its data."""
    envelope = order(field, who, **arguments)
    assert "errorType" not in envelope, envelope
    todo: Json = envelope["data"]
    return todo


def create(who: str = "alice", **given: Any) -> Json:
    """Make a todo."""
    return done("createTodo", who, input={"text": "milk"} | given)


def update(todo: Json, **changes: Any) -> Json:
    """Change a todo at its version."""
    given = {"id": todo["id"], "expectedVersion": todo["version"], **changes}
    return done("updateTodo", todo["owner"], input=given)


def empty() -> None:
    """Remove every todo: the examples of a property share one table."""
    for item in list(store.table.scan()):
        transact([store.table.delete_action(owner=item["owner"], id=item["id"])])


def at(seconds: float) -> Clock:
    """Make a clock that stands that many seconds after noon."""
    return lambda: NOON + timedelta(seconds=seconds)


def since(seconds: int) -> int:
    """Give the AWSTimestamp that many seconds after noon."""
    return int(NOON.timestamp()) + seconds


def synced(
    last_sync: int | None,
    clock: Clock,
    limit: int = 100,
    between: Callable[[], None] = lambda: None,
) -> tuple[list[Todo], int, bool]:
    """Sync to the last page; gives all items, the next lastSync, and whether it is the full list.

    What is `between` happens before every further page.
    """
    page = service.sync("alice", last_sync, limit, None, clock=clock)
    items = page.items
    while page.next_token:
        between()
        page = service.sync("alice", last_sync, limit, page.next_token, clock=clock)
        items = items + page.items
    return items, page.started_at, page.full


class Device:
    """A client's copy of the todos, kept as the contract tells clients to."""

    def __init__(self) -> None:
        self.last_sync: int | None = None
        self.known: dict[str, Todo] = {}

    def sync(
        self, clock: Clock, limit: int = 100, between: Callable[[], None] = lambda: None
    ) -> None:
        """Take over what changed."""
        items, self.last_sync, full = synced(self.last_sync, clock, limit, between)
        if full:
            self.known = {}
        for item in items:
            known = self.known.get(item.id)
            if known is None or known.version <= item.version:
                self.known[item.id] = item

    @property
    def living(self) -> dict[str, Todo]:
        """Give what it would show."""
        return {id: todo for id, todo in self.known.items() if not todo.deleted}


def conflict(call: Callable[[], object]) -> Todo:
    """Expect a Conflict; gives the todo it carries."""
    try:
        call()
    except Conflict as error:
        assert isinstance(error.data, Todo)
        return error.data
    raise AssertionError("no Conflict")
