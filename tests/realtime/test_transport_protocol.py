"""graphql-transport-ws, as the playground and every client but AppSync's own speak it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.realtime.server import Server, broken, open_socket, person
from tests.support.sockets import Client
from tests.unit.appsync.credentials import KEY

PROTOCOL = "graphql-transport-ws"
ON_BOOK = "subscription { onBook { id } }"
PUT = 'mutation { putBook(id: "%s") { id } }'


@contextmanager
def begun(server: Server, *protocols: str, payload: Any = None) -> Iterator[Client]:
    with open_socket(server, *(protocols or (PROTOCOL,)), path="/graphql") as client:
        assert client.socket.subprotocol == PROTOCOL
        client.send({"type": "connection_init", "payload": payload or {"x-api-key": KEY}})
        assert client.next() == {"type": "connection_ack"}
        yield client


def ask(client: Client, id: str, query: str, **more: Any) -> None:
    client.send({"type": "subscribe", "id": id, "payload": {"query": query, **more}})


def test_it_is_preferred_where_both_are_offered(server: Server) -> None:
    with begun(server, "graphql-ws", PROTOCOL):
        pass


def test_a_subscription(server: Server) -> None:
    with begun(server) as client:
        ask(
            client,
            "1",
            "subscription($t: String) { onBook(title: $t) { id } }",
            variables={"t": "a"},
        )
        client.send({"type": "ping", "payload": {}})
        assert client.next() == {"type": "pong"}
        server.await_counts({"onBook": 1})
        server.post('mutation { putBook(id: "1", title: "b") { id title } }')
        server.post('mutation { putBook(id: "2", title: "a") { id title } }')
        event = {"type": "next", "id": "1", "payload": {"data": {"onBook": {"id": "2"}}}}
        assert client.next() == event
        client.send({"type": "complete", "id": "1"})
        server.await_counts({})


def test_queries_and_mutations_are_answered(server: Server) -> None:
    with begun(server) as client:
        ask(client, "q", "{ __typename }")
        assert client.next() == {
            "id": "q",
            "type": "next",
            "payload": {"data": {"__typename": "Query"}},
        }
        assert client.next() == {"id": "q", "type": "complete"}
        ask(client, "m", "mutation M($id: ID!) { putBook(id: $id) { id } }", variables={"id": "5"})
        answer = {"data": {"putBook": {"id": "5"}}}
        assert client.next() == {"id": "m", "type": "next", "payload": answer}
        assert client.next() == {"id": "m", "type": "complete"}
        ask(client, "x", "{ nothing }")
        assert client.next()["payload"]["data"] is None  # as HTTP answers it


def test_a_mutation_over_the_socket_is_heard_of(server: Server) -> None:
    with begun(server) as client:
        ask(client, "s", ON_BOOK)
        ask(client, "m", PUT % "5")
        frames = [client.next() for _ in range(3)]
        assert [(frame["id"], frame["type"]) for frame in frames] == [
            ("s", "next"),
            ("m", "next"),
            ("m", "complete"),
        ]


@pytest.mark.parametrize(
    "payload",
    [
        {"Authorization": person("ada")},
        {"headers": {"authorization": person("ada")}},
    ],
)
def test_credentials_of_a_user(server: Server, payload: Any) -> None:
    with begun(server, payload=payload) as client:
        ask(client, "1", "subscription { onSecretBook { id } }")
        ask(client, "2", PUT % "5")
        assert client.next()["payload"] == {"data": {"onSecretBook": {"id": "5"}}}


def test_credentials_in_the_headers_of_the_request(server: Server) -> None:
    with open_socket(server, PROTOCOL, headers={"x-api-key": KEY}) as client:
        client.send({"type": "connection_init"})
        assert client.next() == {"type": "connection_ack"}


def test_a_refusal_closes_the_connection(server: Server) -> None:
    with open_socket(server, PROTOCOL) as client:
        client.send({"type": "connection_init", "payload": {"x-api-key": "da2-wrong"}})
        assert client.closed() == 4403


def test_a_fault_of_ours_closes_the_connection(
    server: Server, capfd: pytest.CaptureFixture[str]
) -> None:
    with broken(server), open_socket(server, PROTOCOL) as client:
        client.send({"type": "connection_init", "payload": {"authorization": person("ada")}})
        assert client.closed() == 4500
    assert "Traceback" in capfd.readouterr().err


def test_numbers_may_be_as_long_as_over_http(server: Server) -> None:
    with begun(server) as client:
        ask(client, "1", "{ __typename }", variables={"p": 10**30})
        assert client.next()["payload"] == {"data": {"__typename": "Query"}}


def test_a_field_the_caller_may_not_see(server: Server) -> None:
    with begun(server) as client:
        ask(client, "1", "subscription { onSecretBook { id } }")
        (error,) = client.next()["payload"]
        assert error == {
            "errorType": "Unauthorized",
            "message": "Not Authorized to access onSecretBook on type Subscription",
        }
        ask(client, "1", ON_BOOK)  # the id is free again
        ask(client, "2", PUT % "5")
        assert client.next()["payload"] == {"data": {"onBook": {"id": "5"}}}


def test_an_expired_token_is_noticed_with_the_next_operation(server: Server) -> None:
    before = server.now
    token = person("ada", exp=server.now + 60)
    with begun(server, payload={"authorization": token}) as client:
        server.now += 61
        try:
            ask(client, "1", ON_BOOK)
            frame = client.next()
        finally:
            server.now = before
        assert frame["type"] == "error"
        error = {"errorType": "UnauthorizedException", "message": "Token has expired."}
        assert frame["payload"] == [error]


@pytest.mark.parametrize("query", ["{", "subscription { onBook(x: 1) { id } }"])
def test_a_document_that_is_not_valid_is_an_error_not_a_close(server: Server, query: str) -> None:
    with begun(server) as client:
        ask(client, "1", query)
        frame = client.next()
        assert (frame["id"], frame["type"]) == ("1", "error")
        assert frame["payload"][0]["message"]


@pytest.mark.parametrize(
    ("frames", "code"),
    [
        (["garbage"], 4400),
        (["[]"], 4400),
        ([{"type": "dance"}], 4400),
        ([{"type": "start", "id": "1", "payload": {}}], 4400),
        ([{"type": "subscribe", "id": 1, "payload": {"query": ON_BOOK}}], 4400),
        ([{"type": "connection_init"}], 4429),
        ([{"type": "subscribe", "id": "1", "payload": {"query": ON_BOOK}}] * 2, 4409),
        # Longer than a close can tell.
        ([{"type": "subscribe", "id": "é" * 120, "payload": {"query": ON_BOOK}}] * 2, 4409),
    ],
)
def test_breaches_of_the_protocol(server: Server, frames: list[Any], code: int) -> None:
    with begun(server) as client:
        for frame in frames:
            client.send(frame)
        assert client.closed() == code


def test_a_mutation_goes_on_when_its_client_goes(server: Server) -> None:
    with begun(server) as other:
        ask(other, "1", ON_BOOK)
        ask(other, "2", "{ __typename }")
        assert [other.next()["type"] for _ in range(2)] == ["next", "complete"]
        server.run(server.gate.clear)
        server.invoked.clear()
        with begun(server) as client:
            ask(client, "1", 'mutation { putBook(id: "7") { id } }')
            assert server.invoked.wait(10)
            client.send({"type": "complete", "id": "1"})
            client.send({"type": "ping"})
            assert client.next() == {"type": "pong"}
        server.run(server.gate.set)
        assert other.next()["payload"] == {"data": {"onBook": {"id": "7"}}}


def test_an_id_is_free_as_soon_as_its_operation_is_complete(server: Server) -> None:
    with begun(server) as client:
        for _ in range(500):
            ask(client, "1", "{ books { id } }")
            assert [client.next()["type"] for _ in range(2)] == ["next", "complete"]
            ask(client, "1", "{")
            assert client.next()["type"] == "error"


def test_nothing_is_answered_before_the_acknowledgement(server: Server) -> None:
    with open_socket(server, PROTOCOL) as client:
        ask(client, "1", ON_BOOK)
        assert client.closed() == 4401
