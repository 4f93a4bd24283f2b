"""Syncs: what changed, deletions included, a page at a time, and when the list is full instead."""

import pytest

from resolvers.shared.errors import Invalid
from resolvers.todos import service, store
from resolvers.todos.model import CreateTodoInput, Todo, UpdateTodoInput
from resolvers.todos.service import KEPT, OVERLAP, REMEMBERED
from tests.unit.todos.agenda import ask, at, conflict, create, since, synced

DAY = 24 * 60 * 60


def make(id: str, seconds: float, who: str = "alice") -> Todo:
    return service.create(who, CreateTodoInput("milk", id=id), clock=at(seconds))


def change(id: str, version: int, seconds: float) -> Todo:
    return service.update("alice", UpdateTodoInput(id, version, text="bread"), clock=at(seconds))


def delete(id: str, seconds: float) -> Todo:
    return service.delete("alice", id, None, clock=at(seconds))


def ids(last_sync: int | None, seconds: float, limit: int = 100) -> list[str]:
    items, _, _ = synced(last_sync, at(seconds), limit)
    return [todo.id for todo in items]


def test_sync_todos_gives_the_contracts_fields() -> None:
    todo = create()

    answer = ask("syncTodos", lastSync=None, limit=None, nextToken=None)

    assert answer["items"] == [todo]
    assert answer.keys() == {"items", "nextToken", "startedAt", "full"}
    assert isinstance(answer["startedAt"], int)
    assert (answer["nextToken"], answer["full"]) == (None, True)


def test_first_sync_is_everything_that_is_not_deleted() -> None:
    make("a", 0)
    make("b", 0)
    make("theirs", 0, who="bob")
    delete("a", 1)

    assert synced(None, at(9)) == ([store.find("alice", "b")], since(9), True)


def test_sync_gives_what_changed_and_what_was_deleted() -> None:
    for id in "abc":
        make(id, 0)
    changed, deleted = change("a", 1, 1000), delete("b", 1001)

    assert synced(since(500), at(2000)) == ([changed, deleted], since(2000), False)


def test_next_sync_after_started_at_is_empty_once_the_overlap_is_over() -> None:
    make("a", 0)

    _, started_at, _ = synced(None, at(OVERLAP + 1))

    assert ids(started_at, OVERLAP + 5) == []


@pytest.mark.parametrize(("stamped", "comes"), [(0, True), (-OVERLAP, True), (-OVERLAP - 1, False)])
def test_sync_has_what_was_stamped_within_the_overlap(stamped: int, comes: bool) -> None:
    make("a", stamped)

    assert ids(since(0), 10) == (["a"] if comes else [])


def test_write_under_way_during_a_sync_is_in_the_next() -> None:
    _, started_at, _ = synced(None, at(0))
    make("late", -10)  # stamped before that sync, written after it
    make("slow", -50)  # stamped by a clock that is behind

    assert ids(started_at, 1) == ["slow", "late"]


def test_last_sync_of_a_clock_ahead_is_taken_for_now() -> None:
    make("a", 0)

    assert ids(since(3600), 1) == ["a"]


def test_pages_of_a_sync_share_their_start() -> None:
    for number in range(5):
        make(f"{number}", number)
    page = service.sync("alice", None, 2, None, clock=at(10))

    rest = service.sync("alice", None, 3, page.next_token, clock=at(500))

    assert [todo.id for todo in page.items + rest.items] == ["0", "1", "2", "3", "4"]
    assert (rest.started_at, rest.full, rest.next_token) == (since(10), True, None)


def test_page_of_a_sync_is_full_though_tombstones_are_left_out() -> None:
    for number in range(6):
        make(f"{number}", number)
    for number in (1, 2, 4):
        delete(f"{number}", number)

    page = service.sync("alice", None, 2, None, clock=at(10))
    assert [todo.id for todo in page.items] == ["0", "3"]
    assert ids(None, 10, limit=2) == ["0", "3", "5"]


def test_change_between_pages_comes_again_at_the_end() -> None:
    for number in range(4):
        make(f"{number}", number)

    def between() -> None:
        if store.find("alice", "0").version == 1:  # type: ignore[union-attr]
            change("0", 1, 20)

    items, _, _ = synced(None, at(10), 2, between)

    assert [(todo.id, todo.version) for todo in items] == [
        ("0", 1), ("1", 1), ("2", 1), ("3", 1), ("0", 2)
    ]  # fmt: skip


def test_sync_is_full_when_tombstones_may_be_gone() -> None:
    make("kept", 0)
    make("gone", 0)
    delete("gone", 1)

    just_in_time = REMEMBERED - OVERLAP
    assert synced(since(1), at(just_in_time + 1))[2] is False
    assert ids(since(1), just_in_time + 1) == ["kept", "gone"]
    assert synced(since(1), at(just_in_time + 2))[2] is True
    assert ids(since(1), KEPT) == ["kept", "gone"]  # a tombstone that is left does no harm
    assert ids(since(1), KEPT + 1) == ["kept"]  # expired, be it removed by then or not


@pytest.mark.parametrize("last_sync", [0, -1, -31557014167219200])
def test_sync_since_ever_is_full(last_sync: int) -> None:
    make("a", 0)

    items, _, full = synced(last_sync, at(1))

    assert ([todo.id for todo in items], full) == (["a"], True)


def test_sync_since_the_end_of_time_is_since_now() -> None:
    assert synced(31556889864403199, at(0)) == ([], since(0), False)


def test_token_of_a_sync_is_bound_to_it() -> None:
    for id in "abc":
        make(id, 0)
        make(id, 0, who="bob")
    token = service.sync("alice", since(0), 1, None, clock=at(1)).next_token

    for who, last_sync in (("bob", since(0)), ("alice", since(1)), ("alice", None)):
        with pytest.raises(Invalid, match=r"^nextToken: "):
            service.sync(who, last_sync, 1, token, clock=at(1))


def test_token_of_a_sync_does_not_outlive_the_tombstones() -> None:
    for id in "abc":
        make(id, 0)
    token = service.sync("alice", since(0), 1, None, clock=at(1)).next_token

    assert service.sync("alice", since(0), 1, token, clock=at(29 * DAY)).items
    with pytest.raises(Invalid, match=r"^nextToken: is too old"):
        service.sync("alice", since(0), 1, token, clock=at(REMEMBERED))


def test_of_two_changes_at_once_one_is_told_of_the_other() -> None:
    make("a", 0)
    winner = change("a", 1, 1)

    assert conflict(lambda: change("a", 1, 1)) == winner
