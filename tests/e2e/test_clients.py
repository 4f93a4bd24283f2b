"""Subscriptions as clients that nobody here wrote see them (clients.md), on one running twin."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.support.clients import Client, javascript, python
from tests.support.relay import Relay, relaying
from tests.support.twin import RunningTwin, running

ON_PRODUCT = "subscription Shelf($id: ID) { onProduct(id: $id) { __typename id name price } }"
ON_TODO = "subscription { onTodo { __typename id text owner } }"
ON_USER = "subscription { onUser { id name } }"
PUT = "mutation Put($input: ProductInput!) { putProduct(input: $input) { id name price } }"
CREATE = "mutation Create($text: String!) { createTodo(input: {text: $text}) { id text owner } }"
Caller = dict[str, Any]
REFUSED = "You are not authorized to make this call."


@dataclass(frozen=True)
class World:
    """A running twin, and everybody who may call it."""

    twin: RunningTwin
    authority: Path
    users: dict[str, Caller]
    publisher: Caller

    def caller(self, mode: str) -> Caller:
        """Somebody who comes in this mode."""
        return {
            "apiKey": {"mode": "apiKey", "apiKey": self.twin.key},
            "lambda": {"mode": "lambda", "token": "partner-demo"},
            "userPool": self.users["alice"],
            "iam": self.publisher,
        }[mode]

    def post(self, user: str, query: str, **variables: Any) -> Any:
        """Ask for one field as a user, by HTTP; gives its value."""
        body = {"query": query, "variables": variables}
        headers = {"authorization": self.users[user]["token"]}
        answer = self.twin.client.post("/graphql", json=body, headers=headers).json()
        assert "errors" not in answer, answer["errors"]
        (value,) = answer["data"].values()
        return value


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    data = tmp_path_factory.mktemp("clients")
    with running("--data", str(data)) as twin:
        outputs = twin.client.get("/amplify_outputs.json").json()
        keys = outputs["custom"]["publisher"]
        publisher = {"mode": "iam", "region": keys["region"], "credentials": keys}
        users = {user: person(twin, user) for user in ("alice", "bob", "ada")}
        yield World(twin, data / "tls" / "authority.pem", users, publisher)


def person(twin: RunningTwin, user: str) -> Caller:
    tokens = twin.client.post("/local/token", json={"user": user}).json()
    password = f"{user.capitalize()}-local-1"
    token = tokens["accessToken"]
    return {"mode": "userPool", "token": token, "username": user, "password": password}


Start = Callable[[str, World], AbstractContextManager[Client]]
KINDS: dict[str, Start] = {
    "amplify": lambda host, world: javascript("amplify.mjs", f"http://{host}", world.authority),
    "apollo": lambda host, world: javascript("apollo.mjs", f"http://{host}", world.authority),
    "gql": lambda host, _: python("appsync", f"ws://{host}/graphql/realtime"),
    "graphql-ws": lambda host, w: javascript("graphql_ws.mjs", f"http://{host}", w.authority),
    "gql-graphql-ws": lambda host, _: python("graphql_ws", f"ws://{host}/graphql"),
}
APPSYNC = ("amplify", "apollo", "gql")  # these speak AppSync's own protocol
EVERY = (*APPSYNC, "graphql-ws", "gql-graphql-ws")
MODES = ("apiKey", "userPool", "lambda")


@pytest.fixture(scope="module")
def clients(world: World) -> Iterator[Callable[[str], Client]]:
    """Each is started once, when it is first wanted."""
    host = world.twin.url.removeprefix("http://")
    with ExitStack() as running:
        yield cache(lambda kind: running.enter_context(KINDS[kind](host, world)))


@pytest.fixture
def client(kind: str, clients: Callable[[str], Client]) -> Iterator[Client]:
    client = clients(kind)
    yield client
    client.forget()


@pytest.fixture
def fresh_client(kind: str, world: World) -> Iterator[Client]:
    """One that has no connection yet."""
    with KINDS[kind](world.twin.url.removeprefix("http://"), world) as started:
        yield started


@pytest.fixture
def relay(world: World) -> Iterator[Relay]:
    with relaying(int(world.twin.url.rpartition(":")[2])) as relay:
        yield relay


every_client = pytest.mark.parametrize("kind", EVERY)
appsync_clients = pytest.mark.parametrize("kind", APPSYNC)


def begin(kind: str, client: Client, name: str, caller: Caller, query: str, **given: Any) -> None:
    """Subscribe, and wait until no event can be missed."""
    client.subscribe(name, caller, query, **given)
    if kind in APPSYNC:
        client.frame("start_ack")
    else:  # no acknowledgement there; but what is asked after it is answered after it
        client.ask(caller, "{ __typename }")


def end(kind: str, client: Client, name: str) -> None:
    """Unsubscribe; AppSync answers that."""
    client.unsubscribe(name)
    if kind in APPSYNC:
        client.frame("complete")


def changes(world: World, mode: str) -> tuple[str, dict[str, Any], Callable[[int], dict[str, Any]]]:
    """Give a subscription for a mode, and what makes its events and foretells them."""

    def create(number: int) -> dict[str, Any]:
        todo: dict[str, Any] = world.post("alice", CREATE, text=f"Todo {number}")
        return todo | {"__typename": "Todo"}

    if mode == "userPool":
        return ON_TODO, {}, create
    id = f"p{uuid.uuid4().hex}"
    fields = {"id": id, "price": 1.5, "category": "book"}

    def put(number: int) -> dict[str, Any]:
        product: dict[str, Any] = world.post("ada", PUT, input={**fields, "name": f"Name {number}"})
        return product | {"__typename": "Product"}

    return ON_PRODUCT, {"id": id}, put


@every_client
@pytest.mark.parametrize("mode", MODES)
def test_events_come_until_one_unsubscribes(
    world: World, client: Client, kind: str, mode: str
) -> None:
    caller = world.caller(mode)
    query, given, change = changes(world, mode)
    field = "onTodo" if mode == "userPool" else "onProduct"
    begin(kind, client, "first", caller, query, **given)
    expected = change(1)
    assert client.data("first") == expected
    end(kind, client, "first")
    begin(kind, client, "second", caller, query, **given)
    expected = change(2)
    assert client.data("second") == expected
    assert client.received(field) == 2
    end(kind, client, "second")


@every_client
def test_wrong_key_is_refused(world: World, client: Client) -> None:
    wrong = {"mode": "apiKey", "apiKey": "da2-" + "w" * 26}
    client.subscribe("refused", wrong, ON_PRODUCT)
    words = client.refusal("refused")
    assert "UnauthorizedException" in words or REFUSED in words


@every_client
def test_field_closed_to_the_mode_is_refused(world: World, client: Client) -> None:
    client.subscribe("refused", world.caller("apiKey"), ON_TODO)
    assert "Not Authorized to access onTodo on type Subscription" in client.refusal("refused")


@every_client
def test_invalid_document_is_refused(world: World, client: Client) -> None:
    client.subscribe("refused", world.caller("apiKey"), "subscription { onProduct { weight } }")
    assert "Validation error of type FieldUndefined" in client.refusal("refused")


@every_client
def test_others_todos_never_arrive(world: World, client: Client, kind: str) -> None:
    for user in ("alice", "bob"):
        begin(kind, client, user, world.users[user], ON_TODO)
    for user in ("alice", "bob"):
        world.post(user, CREATE, text=f"{user}'s own")
        assert client.data(user)["text"] == f"{user}'s own"
    assert client.received("onTodo") == 2
    for user in ("alice", "bob"):
        end(kind, client, user)


def test_appsync_transport_of_gql_takes_the_address_of_queries(world: World) -> None:
    """Its documentation names that one: without `/realtime`."""
    query, given, change = changes(world, "apiKey")
    with python("appsync", world.twin.url.replace("http:", "ws:") + "/graphql") as client:
        begin("gql", client, "live", world.caller("apiKey"), query, **given)
        expected = change(1)
        assert client.data("live") == expected


@appsync_clients
def test_signed_connection_is_taken_and_its_role_judged(
    world: World, fresh_client: Client, kind: str
) -> None:
    fresh_client.subscribe("refused", world.publisher, ON_TODO)
    ack = fresh_client.frame("connection_ack")
    assert ack["payload"] == {"connectionTimeoutMs": 300_000}
    (error,) = fresh_client.frame("error")["payload"]["errors"]
    assert error == {"errorType": "UnauthorizedException", "message": "Permission denied"}


@appsync_clients
def test_publisher_reaches_subscribers(world: World, client: Client, kind: str) -> None:
    """Two modes at once; and the signed request is each client's own."""
    me = world.post("alice", "{ me { id name } }")
    begin(kind, client, "mine", world.users["alice"], ON_USER)
    publish = f'mutation {{ publishUser(id: "{me["id"]}") {{ id name }} }}'
    assert client.ask(world.publisher, publish)["publishUser"]["id"] == me["id"]
    assert client.data("mine")["id"] == me["id"]
    end(kind, client, "mine")


@pytest.mark.parametrize("kind", ["graphql-ws", "gql-graphql-ws"])
def test_queries_and_mutations_go_over_the_socket(world: World, client: Client, kind: str) -> None:
    alice = world.users["alice"]
    begin(kind, client, "todos", alice, ON_TODO)
    created = client.ask(alice, CREATE, text="by socket")["createTodo"]
    assert client.data("todos") == created | {"__typename": "Todo"}
    assert client.ask(alice, f'{{ todo(id: "{created["id"]}") {{ text }} }}') == {
        "todo": {"text": "by socket"}
    }
    end(kind, client, "todos")


@pytest.mark.parametrize("kind", ["amplify", "apollo"])
def test_idle_socket_is_closed_in_good_form(world: World, fresh_client: Client, kind: str) -> None:
    """A second after the last subscription; and the next one finds its way again."""
    begin(kind, fresh_client, "first", world.caller("apiKey"), ON_PRODUCT)
    end(kind, fresh_client, "first")
    assert fresh_client.frame("close")["code"] == 1000
    begin(kind, fresh_client, "second", world.caller("apiKey"), ON_PRODUCT)


@pytest.mark.parametrize("kind", ["amplify", "graphql-ws"])
def test_cut_subscription_is_taken_up_again(world: World, relay: Relay, kind: str) -> None:
    caller = world.caller("apiKey")
    query, given, change = changes(world, "apiKey")
    with KINDS[kind](relay.address, world) as client:
        begin(kind, client, "live", caller, query, **given)
        relay.cut()
        client.frame("close")
        client.frame("connection_ack")
        if kind == "amplify":  # which waits five seconds before it comes again
            client.frame("start_ack")
        else:
            client.ask(caller, "{ __typename }")
        expected = change(1)
        assert client.data("live") == expected


def test_cut_subscription_is_told_of_by_apollo(world: World, relay: Relay) -> None:
    caller = world.caller("apiKey")
    query, given, change = changes(world, "apiKey")
    with KINDS["apollo"](relay.address, world) as client:
        begin("apollo", client, "live", caller, query, **given)
        relay.cut()
        assert "Connection closed" in client.refusal("live")
        begin("apollo", client, "next", caller, query, **given)
        expected = change(1)
        assert client.data("next") == expected


@every_client
def test_who_lost_the_right_is_sent_away(world: World, fresh_client: Client, kind: str) -> None:
    id = world.post("bob", "{ me { id } }")["id"]
    begin(kind, fresh_client, "todos", world.users["bob"], ON_TODO)
    world.post("ada", f'mutation {{ endSubscriptions(userId: "{id}") {{ userId }} }}')
    if kind in APPSYNC:
        assert fresh_client.frame("complete")["payload"] == {"message": "Subscription complete."}
    if kind == "amplify":  # which tells its user nothing, and would come again in five seconds
        assert fresh_client.frame("close")["code"] == 1000
    elif kind == "apollo":
        assert "Connection closed" in fresh_client.refusal("todos")
    else:
        assert fresh_client.event("todos")["event"] == "complete"
