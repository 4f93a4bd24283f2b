"""The todos' types."""

from dataclasses import dataclass

from resolvers.shared.shapes import UNSET, Unset


@dataclass(frozen=True, slots=True)
class Todo:
    """Something to do; a deleted one is a tombstone, kept a while to tell other devices."""

    id: str
    owner: str
    text: str
    version: int
    updated_at: str
    due_at: str | None = None
    files: tuple[str, ...] = ()
    done: bool = False
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class CreateTodoInput:
    """A new todo; a device that was off line made the id itself."""

    text: str
    id: str | None = None
    due_at: str | None = None


@dataclass(frozen=True, slots=True)
class UpdateTodoInput:
    """Changes to a todo at a version."""

    id: str
    expected_version: int
    text: str | Unset | None = UNSET
    done: bool | Unset | None = UNSET
    due_at: str | Unset | None = UNSET
    files: list[str] | Unset | None = UNSET


@dataclass(frozen=True, slots=True)
class TodoSync:
    """A page of changes; `full` ones are no changes, but everything there is."""

    items: list[Todo]
    next_token: str | None
    started_at: int
    full: bool
