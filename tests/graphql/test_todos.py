"""Todos on the twin: alice's, with bob looking on."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from tests.graphql.people import Person, sign_in
from tests.support.twin import RunningTwin

FIELDS = "id owner text done dueAt files version deleted updatedAt"
CREATE = f"mutation ($input: CreateTodoInput!) {{ createTodo(input: $input) {{ {FIELDS} }} }}"
UPDATE = f"mutation ($input: UpdateTodoInput!) {{ updateTodo(input: $input) {{ {FIELDS} }} }}"
DELETE = (
    "mutation ($id: ID!, $version: Int)"
    f" {{ deleteTodo(id: $id, expectedVersion: $version) {{ {FIELDS} }} }}"
)
TODO = f"query ($id: ID!) {{ todo(id: $id) {{ {FIELDS} }} }}"
TODOS = """query ($filter: TodoFilter, $limit: Int, $token: String) {
  todos(filter: $filter, limit: $limit, nextToken: $token) { items { id text } nextToken }
}"""
SYNC = f"""query ($since: AWSTimestamp, $limit: Int, $token: String) {{
  syncTodos(lastSync: $since, limit: $limit, nextToken: $token) {{
    items {{ {FIELDS} }} nextToken startedAt full
  }}
}}"""


@pytest.fixture(scope="module")
def alice(twin: RunningTwin) -> Person:
    return sign_in(twin, "alice")


@pytest.fixture(scope="module")
def bob(twin: RunningTwin) -> Person:
    return sign_in(twin, "bob", "idToken")


@pytest.fixture
def id() -> str:
    return uuid4().hex


def test_todo_is_made_changed_and_deleted(alice: Person, id: str) -> None:
    made = alice.ask(CREATE, input={"id": id, "text": "milk", "dueAt": "2026-05-01T10:00:00+02:00"})
    assert made["dueAt"] == "2026-05-01T10:00:00+02:00"
    assert alice.ask(TODO, id=id) == made

    changed = alice.ask(UPDATE, input={"id": id, "done": True, "expectedVersion": 1})
    assert changed == made | {"done": True, "version": 2, "updatedAt": changed["updatedAt"]}
    cleared = alice.ask(UPDATE, input={"id": id, "dueAt": None, "expectedVersion": 2})
    assert (cleared["dueAt"], cleared["done"]) == (None, True)

    assert alice.ask(DELETE, id=id, version=3)["deleted"] is True
    assert alice.refused(TODO, id=id)["errorType"] == "NotFound"


def test_absent_variable_keeps_and_null_clears(alice: Person, id: str) -> None:
    query = """mutation ($id: ID!, $due: AWSDateTime, $version: Int!) {
      updateTodo(input: {id: $id, dueAt: $due, expectedVersion: $version}) { dueAt }
    }"""
    alice.ask(CREATE, input={"id": id, "text": "milk", "dueAt": "2026-05-01T10:00:00Z"})

    assert alice.ask(query, id=id, version=1) == {"dueAt": "2026-05-01T10:00:00Z"}
    assert alice.ask(query, id=id, version=2, due=None) == {"dueAt": None}


def test_owner_cannot_be_given(alice: Person, id: str) -> None:
    refused = alice.refused(CREATE, input={"id": id, "text": "milk", "owner": "bob"})

    assert "not defined for input object type 'CreateTodoInput'" in refused["message"]


@pytest.mark.parametrize("due", ["tomorrow", "2026-02-30T00:00:00Z", "2026-05-01"])
def test_due_at_is_a_date_time(alice: Person, due: str) -> None:
    refused = alice.refused(CREATE, input={"text": "milk", "dueAt": due})

    wrong = f"Unable to parse `{due}` as a valid DateTime Object."
    assert refused["message"] == f"Variable 'dueAt' has an invalid value. {wrong}"


def test_stale_version_is_a_conflict_with_the_todo(alice: Person, id: str) -> None:
    alice.ask(CREATE, input={"id": id, "text": "milk"})
    current = alice.ask(UPDATE, input={"id": id, "text": "bread", "expectedVersion": 1})

    refused = alice.refused(UPDATE, input={"id": id, "text": "wine", "expectedVersion": 1})

    message = f"The todo {id} is at version 2 by now."
    assert refused | {"locations": None} == {
        "path": ["updateTodo"],
        "data": current,
        "errorType": "Conflict",
        "errorInfo": None,
        "locations": None,
        "message": message,
    }
    assert alice.refused(DELETE, id=id, version=1)["data"] == current
    assert alice.ask(TODO, id=id) == current


def test_somebody_elses_todo_is_not_found(alice: Person, bob: Person, id: str) -> None:
    made = alice.ask(CREATE, input={"id": id, "text": "a secret"})
    there = [
        bob.refused(TODO, id=id),
        bob.refused(UPDATE, input={"id": id, "text": "mine", "expectedVersion": 1}),
        bob.refused(DELETE, id=id, version=9),
    ]
    none = bob.refused(TODO, id="none")

    for refused in there:
        assert (refused["errorType"], refused["data"]) == ("NotFound", None)
        assert refused["message"] == none["message"].replace("none", id)
    assert id not in str(bob.ask(TODOS))
    assert id not in str(bob.ask(SYNC))
    assert bob.ask(CREATE, input={"id": id, "text": "mine"})["text"] == "mine"
    assert alice.ask(TODO, id=id) == made


def test_retries_at_once_make_one_todo(alice: Person, id: str) -> None:
    inputs = [{"id": id, "text": "milk"}] * 8
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda given: alice.ask(CREATE, input=given), inputs))

    assert [each["id"] for each in made] == [id] * 8
    assert len({str(each) for each in made}) == 1
    assert sum(item["id"] == id for item in alice.ask(SYNC, limit=1000)["items"]) == 1


def test_of_changes_at_once_one_wins(alice: Person, id: str) -> None:
    alice.ask(CREATE, input={"id": id, "text": "milk"})

    def change(text: str) -> bool:
        given = {"id": id, "text": text, "expectedVersion": 1}
        return "errors" not in alice.post(UPDATE, input=given)

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(change, "abcdefgh")) == 1
    assert alice.ask(TODO, id=id)["version"] == 2


def test_two_mutations_of_one_document_run_in_order(alice: Person, id: str) -> None:
    answer = alice.post(
        """mutation ($id: ID!) {
          createTodo(input: {id: $id, text: "milk"}) { version }
          first: updateTodo(input: {id: $id, done: true, expectedVersion: 1}) { version }
          second: updateTodo(input: {id: $id, done: false, expectedVersion: 2}) { version }
          deleteTodo(id: $id, expectedVersion: 3) { version }
        }""",
        id=id,
    )

    assert [value["version"] for value in answer["data"].values()] == [1, 2, 3, 4]


def test_todos_come_in_pages(alice: Person, id: str) -> None:
    for number in range(5):
        alice.ask(CREATE, input={"id": f"{id}-{number}", "text": f"{id} number {number}"})
    wanted = {"text": {"beginsWith": id}, "not": {"text": {"contains": "number 3"}}}

    first = alice.ask(TODOS, filter=wanted, limit=3)
    last = alice.ask(TODOS, filter=wanted, limit=3, token=first["nextToken"])

    found = [[item["id"][-1] for item in page["items"]] for page in (first, last)]
    assert found == [["0", "1", "2"], ["4"]]
    assert last["nextToken"] is None


def test_sync_tells_what_changed_and_what_was_deleted(alice: Person, id: str) -> None:
    first = alice.ask(SYNC, limit=1000)
    kept = alice.ask(CREATE, input={"id": f"{id}-kept", "text": "milk"})
    alice.ask(CREATE, input={"id": f"{id}-gone", "text": "bread"})
    gone = alice.ask(DELETE, id=f"{id}-gone")

    second = alice.ask(SYNC, since=first["startedAt"], limit=1000)

    assert first["full"]
    assert not second["full"]
    assert [item for item in second["items"] if item["id"].startswith(id)] == [kept, gone]
    assert second["startedAt"] >= first["startedAt"]


def test_api_key_opens_no_todos(twin: RunningTwin) -> None:
    answer = twin.post("{ todos { items { id } } }").json()

    assert answer["data"] is None
    assert answer["errors"][0]["errorType"] == "Unauthorized"
