"""Todos one by one: whose they are, what may change, and what a retry does."""

import re
from typing import Any

import pytest

from resolvers.shared.errors import Forbidden, Invalid, NotFound
from resolvers.todos import service
from resolvers.todos.fields import handler
from resolvers.todos.model import CreateTodoInput
from resolvers.todos.service import KEPT, LONGEST_TEXT, MOST_FILES
from tests.unit.calls import event, invoke
from tests.unit.todos.agenda import Json, ask, at, create, done, order, update

FRESH: Json = {
    "id": "t-1",
    "owner": "alice",
    "text": "milk",
    "done": False,
    "dueAt": None,
    "files": [],
    "version": 1,
    "deleted": False,
}


def refused(field: str, who: str = "alice", **arguments: Any) -> Json:
    envelope = order(field, who, **arguments)
    assert set(envelope) == {"data", "errorMessage", "errorType"}, envelope
    return envelope


def invalid(argument: str, field: str, **arguments: Any) -> None:
    envelope = refused(field, **arguments)
    assert envelope["errorType"] == "Invalid"
    assert envelope["errorMessage"].startswith(f"{argument}: ")
    assert envelope["data"] is None


def test_create_todo_gives_the_todo() -> None:
    todo = create(id="t-1")

    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", todo.pop("updatedAt"))
    assert todo == FRESH
    assert ask("todo", id="t-1").items() >= FRESH.items()


def test_create_todo_makes_ids_in_the_order_of_making() -> None:
    ids = [service.create("alice", CreateTodoInput("milk")).id for _ in range(3)]

    assert len(set(ids)) == 3
    assert len({len(id) for id in ids}) == 1
    assert [id[:12] for id in ids] == sorted(id[:12] for id in ids)


def test_create_todo_again_gives_the_same() -> None:
    first = create(id="t-1", dueAt="2026-05-01T00:00:00Z")

    assert create(id="t-1", dueAt="2026-05-01T00:00:00Z") == first
    assert len(ask("todos")["items"]) == 1


def test_late_retry_of_create_todo_gives_the_todo_as_it_stands() -> None:
    changed = update(create(id="t-1"), text="bread")

    assert create(id="t-1") == changed


def test_late_retry_of_create_todo_brings_nothing_back() -> None:
    create(id="t-1")
    tombstone = done("deleteTodo", id="t-1")

    assert create(id="t-1") == tombstone
    assert ask("todos")["items"] == []


@pytest.mark.parametrize("other", [{"text": "bread"}, {"dueAt": "2026-05-01T00:00:00Z"}])
def test_create_todo_of_something_else_is_a_conflict(other: Json) -> None:
    first = create(id="t-1")

    envelope = refused("createTodo", input={"id": "t-1", "text": "milk"} | other)

    assert (envelope["errorType"], envelope["data"]) == ("Conflict", first)
    assert ask("todo", id="t-1") == first


def test_create_todo_reuses_the_id_of_a_forgotten_one() -> None:
    given = CreateTodoInput("milk", id="t-1")
    service.create("alice", given, clock=at(0))
    service.delete("alice", "t-1", None, clock=at(0))

    assert service.create("alice", given, clock=at(KEPT - 1)).deleted
    assert not service.create("alice", given, clock=at(KEPT)).deleted


def test_ids_of_others_are_not_revealed() -> None:
    create(id="t-1", text="a secret")

    assert create("bob", id="t-1", text="bread")["text"] == "bread"
    assert ask("todo", id="t-1")["text"] == "a secret"


@pytest.mark.parametrize("id", ["t-1", "none", "", "x" * 2000, "\ud800"])
def test_anothers_todo_and_none_are_told_apart_by_nothing(id: str) -> None:
    create(id="t-1")
    message = f"There is no todo {id}."

    with pytest.raises(NotFound) as error:
        service.todo("bob", id)
    assert str(error.value) == message
    given = {"id": id, "text": "mine", "expectedVersion": 1}
    for envelope in (
        refused("updateTodo", "bob", input=given),
        refused("updateTodo", "bob", input=given | {"expectedVersion": 7}),
        refused("deleteTodo", "bob", id=id),
        refused("deleteTodo", "bob", id=id, expectedVersion=7),
    ):
        assert envelope == {"data": None, "errorType": "NotFound", "errorMessage": message}
    assert ask("todos", "bob")["items"] == []
    assert ask("todo", id="t-1").items() >= FRESH.items()


def test_update_todo_keeps_what_is_absent() -> None:
    todo = create(dueAt="2026-05-01T00:00:00+02:00")

    changed = update(todo, done=True, files=["a", "b"])

    later = {"done": True, "files": ["a", "b"], "version": 2, "updatedAt": changed["updatedAt"]}
    assert changed == todo | later
    assert ask("todo", id=todo["id"]) == changed


def test_update_todo_clears_with_null() -> None:
    todo = update(create(dueAt="2026-05-01T00:00:00Z"), files=["a"])

    changed = update(todo, dueAt=None, files=None)

    assert (changed["dueAt"], changed["files"], changed["text"]) == (None, [], "milk")


def test_update_todo_at_a_stale_version_is_a_conflict() -> None:
    todo = create()
    current = update(todo, text="bread")

    given = {"id": todo["id"], "text": "wine", "expectedVersion": 1}
    envelope = refused("updateTodo", input=given)

    assert (envelope["errorType"], envelope["data"]) == ("Conflict", current)
    assert ask("todo", id=todo["id"]) == current


def test_update_todo_at_a_version_to_come_is_a_conflict() -> None:
    todo = create()

    given = {"id": todo["id"], "text": "wine", "expectedVersion": 2}

    assert refused("updateTodo", input=given)["data"] == todo


def test_delete_todo_leaves_nothing_to_read_or_change() -> None:
    todo = create()
    tombstone = done("deleteTodo", id=todo["id"], expectedVersion=1)

    assert (tombstone["deleted"], tombstone["version"]) == (True, 2)
    assert ask("todos")["items"] == []
    with pytest.raises(NotFound):
        ask("todo", id=todo["id"])
    for version in (1, 2):
        given = {"id": todo["id"], "text": "bread", "expectedVersion": version}
        assert refused("updateTodo", input=given)["errorType"] == "NotFound"


def test_delete_todo_at_a_stale_version_is_a_conflict() -> None:
    todo = create()
    current = update(todo, text="bread")

    envelope = refused("deleteTodo", id=todo["id"], expectedVersion=1)

    assert (envelope["errorType"], envelope["data"]) == ("Conflict", current)


def test_delete_todo_needs_no_version() -> None:
    todo = update(create(), text="bread")

    assert done("deleteTodo", id=todo["id"], expectedVersion=None)["version"] == 3


def test_retry_of_delete_todo_gives_the_same_tombstone() -> None:
    todo = create()
    tombstone = done("deleteTodo", id=todo["id"], expectedVersion=1)

    assert done("deleteTodo", id=todo["id"], expectedVersion=1) == tombstone
    assert done("deleteTodo", id=todo["id"]) == tombstone


def test_expired_tombstone_is_not_shown() -> None:
    service.create("alice", CreateTodoInput("milk", id="t-1"), clock=at(0))
    service.delete("alice", "t-1", None, clock=at(0))

    assert service.delete("alice", "t-1", None, clock=at(KEPT - 1)).deleted
    with pytest.raises(NotFound):
        service.delete("alice", "t-1", None, clock=at(KEPT))


@pytest.mark.parametrize("text", ["", " \n\t", "x" * (LONGEST_TEXT + 1), "\ud83d"])
def test_text_obeys_its_rules(text: str) -> None:
    todo = create()

    invalid("input.text", "createTodo", input={"text": text})
    given = {"id": todo["id"], "expectedVersion": 1, "text": text}
    invalid("input.text", "updateTodo", input=given)
    assert ask("todos")["items"] == [todo]


def test_longest_text_fits() -> None:
    assert create(text="😀" * LONGEST_TEXT)["text"] == "😀" * LONGEST_TEXT


@pytest.mark.parametrize("name", ["text", "done"])
def test_null_is_no_text_and_no_answer(name: str) -> None:
    todo = create()

    given = {"id": todo["id"], "expectedVersion": 1, name: None}
    invalid(f"input.{name}", "updateTodo", input=given)


@pytest.mark.parametrize("id", ["", " ", "x" * 101, "\ud800"])
def test_id_obeys_its_rules(id: str) -> None:
    invalid("input.id", "createTodo", input={"text": "milk", "id": id})


@pytest.mark.parametrize(
    ("argument", "files"),
    [
        ("input.files", ["a"] * (MOST_FILES + 1)),
        ("input.files[1]", ["a", "x" * 1025]),
        ("input.files[0]", ["é" * 513]),
        ("input.files[0]", [""]),
    ],
)
def test_files_obey_their_rules(argument: str, files: list[str]) -> None:
    todo = create()

    given = {"id": todo["id"], "expectedVersion": 1, "files": files}
    invalid(argument, "updateTodo", input=given)


def test_largest_todo_fits_into_an_item() -> None:
    files = [f"{n:04}" + "€" * 340 for n in range(MOST_FILES)]  # 1,024 bytes each

    assert update(create(text="😀" * LONGEST_TEXT), files=files)["files"] == files


def test_todos_are_for_people() -> None:
    with pytest.raises(Forbidden):
        invoke(handler, event("Query.todos", {}))


def test_limit_is_checked() -> None:
    with pytest.raises(Invalid, match=r"^limit: "):
        ask("todos", limit=0)
    with pytest.raises(Invalid, match=r"^limit: "):
        ask("syncTodos", limit=1001)
