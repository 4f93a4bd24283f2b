"""Lists of todos: filters, and pages that never lie."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local.appsync.fields import RESPONSE_LIMIT
from resolvers.shared.errors import Invalid
from resolvers.shared.paging import Listing
from resolvers.todos import service, store
from resolvers.todos.model import Todo
from tests.unit.todos.agenda import NOON, ask, create, done, empty, update

Json = dict[str, Any]
PAGES = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def ids(**arguments: Any) -> list[str]:
    return [todo["id"] for todo in ask("todos", **arguments)["items"]]


def pages(limit: int, filter: Json | None = None) -> list[list[str]]:
    found, token = [], None
    while True:
        page = service.todos("alice", filter, limit, token)
        found.append([todo.id for todo in page.items])
        if (token := page.next_token) is None:
            return found


def test_todos_are_the_callers_own() -> None:
    create(id="mine")
    create("bob", id="theirs")

    assert ids() == ["mine"]
    assert ids(who="bob") == ["theirs"]
    assert ids(who="carol") == []


def test_todos_filter() -> None:
    update(create(id="a", text="buy milk", dueAt="2026-05-01T00:00:00Z"), done=True)
    create(id="b", text="buy bread")

    assert ids(filter={"done": True}) == ["a"]
    assert ids(filter={"done": False}) == ["b"]
    assert ids(filter={"text": {"contains": "milk"}}) == ["a"]
    assert ids(filter={"dueAt": {"lt": "2026-06"}}) == ["a"]
    assert ids(filter={"dueAt": {"eq": None}}) == ["b"]
    assert ids(filter={"or": [{"done": True}, {"text": {"beginsWith": "buy b"}}]}) == ["a", "b"]
    assert ids(filter={"not": {"text": {"contains": "bread"}}, "done": True}) == ["a"]


def test_explicit_nulls_are_defaults() -> None:
    create(id="a")

    assert ids(filter=None, limit=None, nextToken=None) == ["a"]


@PAGES
@given(
    flags=st.lists(st.tuples(st.booleans(), st.booleans()), max_size=12),
    limit=st.integers(1, 13),
    only_done=st.booleans(),
)
def test_pages_join_to_the_whole_list(
    flags: list[tuple[bool, bool]], limit: int, only_done: bool
) -> None:
    empty()
    for number, (is_done, deleted) in enumerate(flags):
        todo = Todo(f"{number:02}", "alice", "x", 1, store.stamp(NOON), done=is_done)
        store.add(todo, "", NOON)
        if deleted:
            store.change("alice", todo.id, {"deleted": True}, None, NOON)
    wanted = [
        f"{n:02}" for n, (d, deleted) in enumerate(flags) if not deleted and (d or not only_done)
    ]

    found = pages(limit, {"done": True} if only_done else None)

    assert [id for page in found for id in page] == wanted
    assert all(len(page) == limit for page in found[:-1])
    assert len(found) == max(1, -(-len(wanted) // limit))


def test_token_is_bound_to_its_list() -> None:
    for id in "abc":
        create(id=id)
        create("bob", id=id)
    token = ask("todos", limit=1)["nextToken"]

    assert ids(limit=2, nextToken=token) == ["b", "c"]
    for other in ({"who": "bob"}, {"filter": {"done": False}}):
        with pytest.raises(Invalid, match=r"^nextToken: "):
            ask("todos", nextToken=token, **other)
    with pytest.raises(Invalid, match=r"^nextToken: "):
        ask("syncTodos", nextToken=token)


def test_page_goes_on_where_its_last_todo_was_deleted() -> None:
    for id in "abc":
        create(id=id)
    token = ask("todos", limit=2)["nextToken"]
    done("deleteTodo", id="b")

    assert ids(nextToken=token) == ["c"]


def test_change_between_pages_moves_nothing() -> None:
    todos = [create(id=id) for id in "abcd"]
    page = ask("todos", limit=2)
    update(todos[0], text="later")
    update(todos[3], text="later")

    assert ids(nextToken=page["nextToken"]) == ["c", "d"]


def test_largest_todos_can_be_listed_and_synced() -> None:
    text, files = "\U0001f4a5" * 4_000, tuple("x" * 1_024 for _ in range(100))
    for number in range(36):
        store.add(Todo(f"{number:02}", "alice", text, 1, store.stamp(NOON), files=files), "", NOON)

    for field in ("todos", "syncTodos"):
        found, page = [], ask(field)
        while page["nextToken"]:
            found.append(page)
            page = ask(field, nextToken=page["nextToken"])
        found.append(page)
        assert [todo["id"] for page in found for todo in page["items"]] == [
            f"{number:02}" for number in range(36)
        ]
        assert 1 < max(len(json.dumps(page)) for page in found) < RESPONSE_LIMIT
        assert all(page["items"] for page in found)


@pytest.mark.parametrize("position", [None, 7, ["a"], [1, True, 2], ["x", True, "a"], {"a": 1}])
def test_forged_position_is_invalid(position: object) -> None:
    arguments: Json = {"owner": "alice"}
    for field, more in (("todos", {"filter": None}), ("syncTodos", {"lastSync": None})):
        listing = Listing(field, **arguments, **more)
        forged = listing.page(iter("ab"), 1, lambda _: position).next_token
        with pytest.raises(Invalid, match=r"^nextToken: "):
            ask(field, nextToken=forged)


@pytest.mark.parametrize("position", ["", "x" * 1_025, "\ud800"])
def test_forged_position_that_no_key_has_finds_nothing(position: str) -> None:
    create(id="a")
    listing = Listing("todos", owner="alice", filter=None)
    forged = listing.page(iter("ab"), 1, lambda _: position).next_token
    assert ask("todos", nextToken=forged) == {"items": [], "nextToken": None}
