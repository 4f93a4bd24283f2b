"""The todos' rules.

Why a sync misses no change. A sync answers, from a consistent read, all whose last change is
stamped OVERLAP before `lastSync` or later; `startedAt`, the next `lastSync`, is read from the clock
before that. A write that the read did not see took effect after `startedAt`. It took its stamp at
most the function's timeout, 10 s, earlier, from a clock that may be behind by the rest of OVERLAP.
So its stamp is not more than OVERLAP before `startedAt`, and the next sync has it. What comes twice
for that reason is told by its version. A page goes on behind the last stamp of the one before:
what changes meanwhile moves to the end and comes there, or, behind a slow clock, in the next sync.

Reads take the attributes of todos to give, `only`; others are null, or as in a new todo.
"""

import hashlib
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from resolvers.shared.arguments import check_text
from resolvers.shared.errors import Conflict, Invalid, NotFound
from resolvers.shared.filtering import predicate, tested
from resolvers.shared.items import Only, also
from resolvers.shared.paging import Listing, Page, bounded
from resolvers.shared.shapes import Unset
from resolvers.todos import store
from resolvers.todos.model import CreateTodoInput, Todo, TodoSync, UpdateTodoInput

LONGEST_TEXT = 4_000
LONGEST_ID = 100
MOST_FILES = 100
LONGEST_FILE = 1_024  # bytes of UTF-8, S3's limit on a key
CHUNK = 100
OVERLAP = 60
DAY = 24 * 60 * 60
REMEMBERED = 30 * DAY  # a device that was away for longer gets the full list
KEPT = REMEMBERED + DAY  # longer: no tombstone that a sync may need expires while it is read

Clock = Callable[[], datetime]


def _now() -> datetime:
    return datetime.now(UTC)


def _id_by_time() -> str:
    """Make an id that sorts behind those made before it."""
    return f"{time.time_ns() // 1_000_000:012x}{uuid4().hex[:20]}"


def todo(owner: str, id: str, only: Only = None) -> Todo:
    """Give a todo of the owner's; NotFound if there is none."""
    found = store.find(owner, id, also(only, "deleted"))
    if found is None or found.deleted:
        raise _missing(id)
    return found


def todos(
    owner: str,
    filter: dict[str, Any] | None,
    limit: int | None,
    next_token: str | None,
    only: Only = None,
) -> Page[Todo]:
    """List the owner's todos that fit, in the order of their ids: a change moves none."""
    size = bounded(limit, default=50)
    listing = Listing("todos", owner=owner, filter=filter)
    fits = predicate(filter)
    # A filter may drop most of what is read: then the reads are larger than the page.
    at_once = max(size + 1, CHUNK) if filter else size + 1
    needed = also(only, "deleted", *tested(filter))
    found = (
        todo
        for todo in store.by_id(owner, listing.position(next_token, str), at_once, needed)
        if not todo.deleted and fits({"text": todo.text, "done": todo.done, "dueAt": todo.due_at})
    )
    return listing.page(found, size, lambda todo: todo.id)


def sync(
    owner: str,
    last_sync: int | None,
    limit: int | None,
    next_token: str | None,
    only: Only = None,
    *,
    clock: Clock = _now,
) -> TodoSync:
    """List what changed since `last_sync`, in the order of change.

    Without one it lists everything not deleted. Where it is so long ago that tombstones have gone,
    the list is full too, and has those tombstones that are left.
    """
    size = bounded(limit, default=100)
    now = clock()
    since = 0 if last_sync is None else min(last_sync, int(now.timestamp())) - OVERLAP
    listing = Listing("syncTodos", owner=owner, lastSync=last_sync)
    position = listing.position(next_token, int, bool, str)
    started_at, full, after = position or _start(since, now)
    if not full and _forgotten(since, now):
        raise Invalid("nextToken", "is too old; start the sync again")
    needed = also(only, "deleted", "updatedAt")
    found = (
        todo
        for todo in store.by_change(owner, after, size + 1, now, needed)
        if not todo.deleted or last_sync is not None
    )
    page = listing.page(found, size, lambda todo: [started_at, full, store.change_key(todo)])
    return TodoSync(page.items, page.next_token, started_at, full)


def create(
    owner: str,
    given: CreateTodoInput,
    *,
    clock: Clock = _now,
    new_id: Callable[[], str] = _id_by_time,
) -> Todo:
    """Make a todo.

    Its id names one making: the same input again gives the todo as it stands by then, be it changed
    or deleted; another text or date under the same id is a Conflict, with that todo. Neither
    changes anything.
    """
    check_text("input.text", given.text, LONGEST_TEXT)
    if given.id is not None:
        check_text("input.id", given.id, LONGEST_ID)
    now = clock()
    todo = Todo(
        id=new_id() if given.id is None else given.id,
        owner=owner,
        text=given.text,
        version=1,
        updated_at=store.stamp(now),
        due_at=given.due_at,
    )
    origin = hashlib.sha256(json.dumps([given.text, given.due_at]).encode()).hexdigest()[:32]
    try:
        store.add(todo, origin, now)
    except store.Taken as taken:
        if taken.origin == origin:
            return taken.todo
        text = f"There is a todo {todo.id} already, made of something else."
        raise Conflict(text, taken.todo) from None
    return todo


def update(owner: str, given: UpdateTodoInput, *, clock: Clock = _now) -> Todo:
    """Change a todo; Conflict, with the todo, if it is not at the version expected."""
    changes = _changes(given)
    try:
        return store.change(owner, given.id, changes, given.expected_version, clock())
    except store.Changed as changed:
        current = changed.current
    if current is None or current.deleted:
        raise _missing(given.id)
    raise _stale(current)


def delete(owner: str, id: str, expected_version: int | None, *, clock: Clock = _now) -> Todo:
    """Leave a tombstone in a todo's place; where there is one already, give it as it is."""
    now = clock()
    expires_at = int(now.timestamp()) + KEPT
    changes = {"deleted": True, "expiresAt": expires_at}
    try:
        return store.change(owner, id, changes, expected_version, now)
    except store.Changed as changed:
        current = changed.current
    if current is None:
        raise _missing(id)
    if current.deleted:
        return current
    raise _stale(current)


def _start(since: int, now: datetime) -> tuple[int, bool, str]:
    full = _forgotten(since, now)
    return int(now.timestamp()), full, store.seconds_key(0 if full else since)


def _forgotten(since: int, now: datetime) -> bool:
    return since < now.timestamp() - REMEMBERED


def _missing(id: str) -> NotFound:
    return NotFound(f"There is no todo {id}.")


def _stale(current: Todo) -> Conflict:
    return Conflict(f"The todo {current.id} is at version {current.version} by now.", current)


def _changes(given: UpdateTodoInput) -> dict[str, Any]:
    """Check what is given, and name what it changes; absent keeps, null clears."""
    if given.text is None or given.done is None:
        raise Invalid("input.text" if given.text is None else "input.done", "must not be null")
    if not isinstance(given.text, Unset):
        check_text("input.text", given.text, LONGEST_TEXT)
    files = given.files if isinstance(given.files, Unset) else given.files or []
    if not isinstance(files, Unset):
        _check_files(files)
    all_of_them = {"text": given.text, "done": given.done, "dueAt": given.due_at, "files": files}
    return {name: value for name, value in all_of_them.items() if not isinstance(value, Unset)}


def _check_files(files: list[str]) -> None:
    if len(files) > MOST_FILES:
        raise Invalid("input.files", f"must not have more than {MOST_FILES} elements")
    for place, file in enumerate(files):
        argument = f"input.files[{place}]"
        check_text(argument, file, LONGEST_FILE)
        if len(file.encode()) > LONGEST_FILE:
            raise Invalid(argument, f"must not have more than {LONGEST_FILE:,} bytes")
