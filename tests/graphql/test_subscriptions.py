"""Subscriptions of the contract, on the twin as it is started by its users."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from tests.graphql.people import Person, sign_in
from tests.support.signing import signed
from tests.support.sockets import Client, connected
from tests.support.twin import RunningTwin

TODO = "id owner text done dueAt files version deleted updatedAt"
ON_TODO = f"subscription {{ onTodo {{ {TODO} }} }}"
CREATE = f"mutation($text: String!) {{ createTodo(input: {{text: $text}}) {{ {TODO} }} }}"
PUBLISH = "mutation($id: ID!) { publishUser(id: $id) { id email name createdAt } }"


@contextmanager
def listening(person: Person) -> Iterator[Client]:
    address = httpx.URL(person.twin.url).netloc.decode()
    with connected(address, {"Authorization": person.token}) as client:
        yield client


def publish(twin: RunningTwin, query: str, **variables: Any) -> Any:
    """Send a mutation signed with the publisher's keys."""
    keys = twin.client.get("/amplify_outputs.json").json()["custom"]["publisher"]
    body = json.dumps({"query": query, "variables": variables}).encode()
    headers = signed(f"{twin.url}/graphql", body, keys)
    return twin.client.post("/graphql", content=body, headers=headers).json()


def test_todos_arrive_as_they_are_made_changed_and_deleted(twin: RunningTwin) -> None:
    alice = sign_in(twin, "alice")
    with listening(alice) as client:
        client.subscribe("1", ON_TODO)
        made = alice.ask(CREATE, text="listen")
        assert client.data("1") == {"data": {"onTodo": made}}
        change = f'mutation {{ updateTodo(input: {{id: "{made["id"]}", done: true, expectedVersion: 1}}) {{ {TODO} }} }}'  # noqa: E501
        assert client_hears(client, alice.ask(change))
        gone = alice.ask(f'mutation {{ deleteTodo(id: "{made["id"]}") {{ {TODO} }} }}')
        assert gone["deleted"]
        assert client_hears(client, gone)


def client_hears(client: Client, todo: Any) -> bool:
    return bool(client.data("1") == {"data": {"onTodo": todo}})


def test_another_persons_todos_never_arrive(twin: RunningTwin) -> None:
    alice, bob = sign_in(twin, "alice"), sign_in(twin, "bob")
    his = bob.ask(CREATE, text="his")["owner"]
    with listening(alice) as client:
        client.subscribe("1", ON_TODO)
        client.subscribe("2", "subscription($o: ID) { onTodo(owner: $o) { id } }")  # unset
        client.start("3", f'subscription {{ onTodo(owner: "{his}") {{ id }} }}')
        assert client.errors("3")[0]["errorType"] == "Forbidden"
        bob.ask(CREATE, text="secret")
        made = alice.ask(CREATE, text="mine")
        heard = {frame["id"]: frame["payload"] for frame in (client.next(), client.next())}
        assert heard == {
            "1": {"data": {"onTodo": made}},
            "2": {"data": {"onTodo": {"id": made["id"]}}},
        }


def test_a_mutation_that_fails_is_not_heard_of(twin: RunningTwin) -> None:
    alice = sign_in(twin, "alice")
    with listening(alice) as client:
        client.subscribe("1", ON_TODO)
        alice.refused(CREATE, text="")
        made = alice.ask(CREATE, text="well")
        assert client.data("1") == {"data": {"onTodo": made}}


def test_publishing_a_user(twin: RunningTwin) -> None:
    alice, bob, ada = (sign_in(twin, name, "idToken") for name in ("alice", "bob", "ada"))
    her, his = (each.ask("{ me { id } }")["id"] for each in (alice, bob))
    query = "subscription { onUser { id email } }"
    with listening(alice) as own, listening(ada) as every:
        own.subscribe("1", query)
        every.subscribe("1", query)
        for id in (his, her):
            assert "errors" not in publish(twin, PUBLISH, id=id)
        assert own.data("1")["data"]["onUser"]["id"] == her
        assert [every.data("1")["data"]["onUser"]["id"] for _ in "12"] == [his, her]
    refusal = publish(twin, PUBLISH, id="nobody")["errors"][0]
    assert refusal["errorType"] == "NotFound"


def test_who_may_no_longer_listen_is_sent_away(twin: RunningTwin) -> None:
    alice, ada = sign_in(twin, "alice", "idToken"), sign_in(twin, "ada", "idToken")
    her = alice.ask("{ me { id } }")["id"]
    end = "mutation($id: ID!) { endSubscriptions(userId: $id) { userId } }"
    with listening(alice) as client, listening(ada) as other:
        client.subscribe("1", ON_TODO)
        other.subscribe("1", "subscription { onUser { id } }")
        assert alice.refused(end, id=her)["errorType"] == "Unauthorized"
        assert ada.ask(end, id=her) == {"userId": her}
        assert client.next()["type"] == "complete"
        assert client.closed() == 1000
        assert "errors" not in publish(twin, PUBLISH, id=her)
        assert other.data("1") == {"data": {"onUser": {"id": her}}}


@pytest.mark.parametrize("field", ["onTodo", "onUser"])
def test_an_api_key_opens_no_personal_subscription(twin: RunningTwin, field: str) -> None:
    address = httpx.URL(twin.url).netloc.decode()
    with connected(address, {"x-api-key": twin.key}) as client:
        client.start("1", f"subscription {{ {field} {{ id }} }}")
        message = f"Not Authorized to access {field} on type Subscription"
        assert client.errors("1") == [{"errorType": "Unauthorized", "message": message}]


def test_who_listens_is_told_and_a_reset_ends_it(twin: RunningTwin) -> None:
    def counts() -> Any:
        return twin.client.get("/local/subscriptions").json()

    with listening(sign_in(twin, "alice")) as client:
        client.subscribe("1", ON_TODO)
        told = counts()
        assert told["connections"] >= 1
        assert told["subscriptions"]["onTodo"] >= 1
        assert twin.client.post("/local/reset").json() == {"status": "reset"}
        assert client.closed() == 1012
