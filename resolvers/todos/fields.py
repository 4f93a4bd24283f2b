"""The todos' fields."""

from typing import Any

from resolvers.shared.identity import Caller
from resolvers.shared.local_resolvers import Condition, Identity, Own
from resolvers.shared.paging import Page
from resolvers.shared.routing import ContextRouter
from resolvers.shared.selection import Selection
from resolvers.todos import service
from resolvers.todos.model import CreateTodoInput, Todo, TodoSync, UpdateTodoInput

router = ContextRouter("todos")


@router.query()
def todos(
    who: Caller,
    asked: Selection,
    filter: dict[str, Any] | None = None,
    limit: int | None = 50,
    next_token: str | None = None,
) -> Page[Todo]:
    """List the caller's todos, a page at a time."""
    return service.todos(who.person, filter, limit, next_token, asked.of(Todo, "items"))


@router.query()
def todo(who: Caller, asked: Selection, id: str) -> Todo:
    """Give one of the caller's todos."""
    return service.todo(who.person, id, asked.of(Todo))


@router.query()
def sync_todos(
    who: Caller,
    asked: Selection,
    last_sync: int | None = None,
    limit: int | None = 100,
    next_token: str | None = None,
) -> TodoSync:
    """List what changed since the last sync, deletions included."""
    return service.sync(who.person, last_sync, limit, next_token, asked.of(Todo, "items"))


@router.mutation(envelope=True)
def create_todo(who: Caller, input: CreateTodoInput) -> Todo:
    """Make a todo; once, however often it is tried."""
    return service.create(who.person, input)


@router.mutation(envelope=True)
def update_todo(who: Caller, input: UpdateTodoInput) -> Todo:
    """Change a todo, if it is at the version expected."""
    return service.update(who.person, input)


@router.mutation(envelope=True)
def delete_todo(who: Caller, id: str, expected_version: int | None = None) -> Todo:
    """Delete a todo, leaving a tombstone."""
    return service.delete(who.person, id, expected_version)


router.subscription(
    "onTodo",
    filter=(Own("owner"),),
    invalidation=(Condition("userId", "eq", Identity("sub")),),
)

handler = router.handler()
