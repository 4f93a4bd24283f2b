"""AppSync's real-time protocol, frame by frame: appsync.md 7."""

import base64
import json
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from local.realtime.socket import Timing
from tests.realtime.server import (
    UPGRADE,
    Server,
    broken,
    by_key,
    connected,
    open_socket,
    person,
    raw,
    serving,
)
from tests.support.signing import signed
from tests.support.sockets import Client, carried
from tests.unit.appsync.credentials import KEY, ROLE_KEYS

ON_BOOK = "subscription { onBook { id } }"
PUT = 'mutation { putBook(id: "%s") { id } }'
ACK = {"type": "connection_ack", "payload": {"connectionTimeoutMs": 300000}}
UNSUPPORTED = {
    "errorType": "UnsupportedOperation",
    "message": "unknown not supported through the realtime channel",
}
REFUSED = {
    "errorType": "UnauthorizedException",
    "message": "You are not authorized to make this call.",
}


def acknowledged(client: Client) -> bool:
    """Begin; tells whether the connection was taken, else it must have been refused and closed."""
    client.send({"type": "connection_init", "payload": {}})
    first = client.next()
    if first == ACK:
        assert client.next() == {"type": "ka"}
        return True
    assert first["type"] == "connection_error"
    assert client.closed() == 1000
    return False


def plain(headers: dict[str, Any]) -> str:
    return base64.b64encode(json.dumps(headers).encode()).decode()


@pytest.mark.parametrize("path", ["/graphql", "/graphql/realtime"])
def test_credentials_in_a_subprotocol(server: Server, path: str) -> None:
    with open_socket(server, "graphql-ws", carried(by_key(server)), path=path) as client:
        assert client.socket.subprotocol == "graphql-ws"
        assert acknowledged(client)


@pytest.mark.parametrize(
    "written",
    [
        lambda text: text,
        lambda text: text.replace("+", "%2B").replace("/", "%2F").replace("=", "%3D"),
        lambda text: text.replace("+", "-").replace("/", "_").rstrip("="),
        lambda text: text.replace("+", "%20"),
    ],
    ids=["raw", "escaped", "url-safe", "space"],
)
def test_credentials_in_the_query(server: Server, written: Any) -> None:
    notes = (by_key(server) | {"x-note": "?" * length + "~>~>~>"} for length in range(12))
    # Only where all three are in it do the ways of writing differ.
    encoded = next(text for text in map(plain, notes) if {"+", "/", "="} <= set(text))
    path = f"/graphql?header={written(encoded)}&payload=e30="
    with open_socket(server, "graphql-ws", path=path) as client:
        assert acknowledged(client)


def test_credentials_in_the_headers(server: Server) -> None:
    with open_socket(server, "graphql-ws", headers={"X-Api-Key": KEY}) as client:
        assert acknowledged(client)


def test_names_of_headers_are_read_in_any_case(server: Server) -> None:
    for headers in ({"X-API-KEY": KEY}, {"AUTHORIZATION": person("ada")}):
        with open_socket(server, "graphql-ws", carried(headers)) as client:
            assert acknowledged(client)


def test_credentials_signed_for_the_connection(server: Server) -> None:
    url = f"http://{server.address}/graphql/connect"
    headers = signed(url, b"{}", ROLE_KEYS)
    with open_socket(server, "graphql-ws", carried({"host": server.address} | headers)) as client:
        # The clock of this server stands still, far from the signature's.
        assert not acknowledged(client)


@pytest.mark.parametrize(
    ("headers", "error"),
    [
        ({"x-api-key": "da2-wrong"}, REFUSED | {"errorCode": 401}),
        (
            {"authorization": "not.a.jwt"},
            {
                "errorType": "UnauthorizedException",
                "message": "Valid authorization header not provided.",
                "errorCode": 401,
            },
        ),
        (
            {"authorization": person("ada", exp=1)},
            {
                "errorType": "UnauthorizedException",
                "message": "Token has expired.",
                "errorCode": 401,
            },
        ),
    ],
)
def test_a_refused_connection_is_told_so_in_the_protocol(
    server: Server, headers: dict[str, str], error: dict[str, Any]
) -> None:
    with open_socket(server, "graphql-ws", carried(headers)) as client:
        client.send({"type": "connection_init"})
        assert client.next() == {"payload": {"errors": [error]}, "type": "connection_error"}
        assert client.closed() == 1000


def test_a_fault_of_ours_is_told_in_the_protocol(
    server: Server, capfd: pytest.CaptureFixture[str]
) -> None:
    with (
        broken(server),
        open_socket(server, "graphql-ws", carried({"authorization": person("ada")})) as client,
    ):
        client.send({"type": "connection_init"})
        (error,) = client.next()["payload"]["errors"]
        assert (error["errorType"], error["errorCode"]) == ("InternalFailure", 500)
        assert client.closed() == 1000
    assert "Traceback" in capfd.readouterr().err


def test_a_connection_without_credentials(server: Server) -> None:
    with open_socket(server, "graphql-ws") as client:
        client.send({"type": "connection_init"})
        error = {"message": "Required headers are missing.", "errorCode": 400}
        assert client.next()["payload"] == {"errors": [error]}


@pytest.mark.parametrize("key", ["\ud800", "é"])
def test_credentials_that_are_no_text(server: Server, key: str) -> None:
    for name in ("x-api-key", "authorization"):
        with open_socket(server, "graphql-ws", carried({name: key})) as client:
            assert not acknowledged(client)


@pytest.mark.parametrize("text", ["header-!!!", "header-bm90IGpzb24", "header-WzFd", "header-"])
def test_credentials_that_can_not_be_read(server: Server, text: str) -> None:
    with open_socket(server, "graphql-ws", text) as client:
        client.send({"type": "connection_init"})
        (error,) = client.next()["payload"]["errors"]
        assert (error["errorType"], error["errorCode"]) == ("BadRequestException", 400)
        assert client.closed() == 1000


def test_no_subprotocol(server: Server) -> None:
    with open_socket(server) as client:
        assert client.next() == {
            "payload": {"errors": [{"message": "NoProtocolError", "errorCode": 400}]},
            "type": "connection_error",
        }
        assert client.closed() == 1000


def test_another_path(server: Server) -> None:
    with pytest.raises(InvalidStatus) as refused, open_socket(server, "graphql-ws", path="/other"):
        pass
    assert refused.value.response.status_code == 404


def test_what_comes_before_the_acknowledgement_is_ignored(server: Server) -> None:
    with open_socket(server, "graphql-ws", carried(by_key(server))) as client:
        client.start("early", ON_BOOK)
        client.send("garbage")
        assert acknowledged(client)
        client.subscribe("early", ON_BOOK)


def test_each_subscription_brings_its_own_credentials(server: Server) -> None:
    query = "subscription { onSecretBook { id } }"
    with connected(server) as client:
        client.start("1", query)
        message = "Not Authorized to access onSecretBook on type Subscription"
        assert client.errors("1") == [{"errorType": "Unauthorized", "message": message}]
        client.start("2", query, authorization={"x-api-key": "da2-wrong"})
        assert client.errors("2") == [REFUSED]
        client.subscribe("3", query, authorization={"Authorization": person("ada")})
        client.start("4", "subscription { onEditedBook { id } }", authorization=by_key(server))
        assert client.errors("4")[0]["errorType"] == "Unauthorized"


def test_a_token_that_expires_lets_nobody_subscribe_any_more(server: Server) -> None:
    token = {"authorization": person("ada", exp=server.now + 60)}
    before = server.now
    with connected(server) as client:
        client.subscribe("1", ON_BOOK, authorization=token)
        server.now += 61
        try:
            client.start("2", ON_BOOK, authorization=token)
            error = {"errorType": "UnauthorizedException", "message": "Token has expired."}
            assert client.errors("2") == [error]
        finally:
            server.now = before
        server.post(PUT % "7")
        assert client.data("1") == {"data": {"onBook": {"id": "7"}}}


def test_a_document_that_is_not_valid(server: Server) -> None:
    with connected(server) as client:
        client.start("1", "subscription { onBook(year: 1) { id } }")
        message = "Validation error of type UnknownArgument: Unknown field argument year @ 'onBook'"
        assert client.errors("1") == [{"message": message}]
        client.start("2", "subscription {")
        (error,) = client.errors("2")
        assert error["message"] == "Unable to parse GraphQL query."


def test_a_variable_that_does_not_fit(server: Server) -> None:
    with connected(server) as client:
        client.start("1", "subscription($p: Float) { onBook(price: $p) { id } }", {"p": "x"})
        (error,) = client.errors("1")
        assert set(error) == {"message"}
        assert error["message"].startswith("Variable 'p' has an invalid value")


@pytest.mark.parametrize(
    "variables",
    [
        '{"p": 1' + "0" * 30 + "}",
        '{"p": 1, "t": "\\ud800"}',
        '{"p": NaN}',
        '{"x": ' + "[" * 950 + "]" * 950 + "}",
    ],
    ids=["long", "half a pair", "not JSON", "deep"],
)
def test_a_request_is_read_as_over_http(server: Server, variables: str) -> None:
    query = "subscription($p: Float, $t: String) { onBook(price: $p, title: $t) { id } }"
    data = f'{{"query": {json.dumps(query)}, "variables": {variables}}}'
    answer = server.http.post("/graphql", content=data, headers={"x-api-key": KEY}).json()
    (over_http,) = answer["errors"]
    with connected(server) as client:
        payload = {"data": data, "extensions": {"authorization": by_key(server)}}
        client.send({"id": "1", "type": "start", "payload": payload})
        frame = client.next()
        if over_http["message"] == "Subscriptions over MQTT is not supported.":
            assert frame["type"] == "start_ack"
        else:
            assert frame["payload"]["errors"] == [over_http]


@pytest.mark.parametrize("query", ["{ books { id } }", PUT % "1"])
def test_only_subscriptions_go_over_this_channel(server: Server, query: str) -> None:
    with connected(server) as client:
        client.start("1", query)
        assert client.errors("1") == [UNSUPPORTED]


@pytest.mark.parametrize(
    "frame",
    ["garbage", "[]", "5", '{"type": "start"}', {"type": "dance", "id": None}, {"no": "type"}],
)
def test_frames_that_make_no_sense(server: Server, frame: Any) -> None:
    with connected(server) as client:
        client.send(frame)
        assert client.errors(None) == [UNSUPPORTED]
        client.subscribe("1", ON_BOOK)


@pytest.mark.parametrize("payload", [None, {}, {"data": {"query": ON_BOOK}}, []])
def test_a_start_without_data(server: Server, payload: Any) -> None:
    with connected(server) as client:
        client.send({"id": "1", "type": "start", "payload": payload})
        assert client.errors("1") == [UNSUPPORTED]


def test_a_duplicate_id_leaves_the_first(server: Server) -> None:
    with connected(server) as client:
        client.subscribe("1", ON_BOOK)
        client.start("1", ON_BOOK)
        assert client.errors("1") == [
            {
                "errorType": "DuplicatedOperationError",
                "message": "Duplicated operation with id 1",
            }
        ]
        server.post(PUT % "7")
        assert client.data("1") == {"data": {"onBook": {"id": "7"}}}
        client.send({"id": "1", "type": "stop"})
        assert client.next() == {"type": "complete", "id": "1"}
        client.subscribe("1", ON_BOOK)


def test_the_id_of_what_was_refused_is_free_at_once(server: Server) -> None:
    with connected(server) as client:
        for _ in range(500):
            client.start("1", "subscription {")
            assert client.errors("1")[0]["errorType"] == "MalformedHttpRequestException"
        client.subscribe("1", ON_BOOK)


def test_a_burst_of_starts_is_counted_once(server: Server) -> None:
    padded = f"{ON_BOOK} #{'x' * 3000}"  # so that they arrive in several reads
    with connected(server) as client:
        for number in range(200):
            client.start(str(number), padded)
        assert {client.next()["type"] for _ in range(200)} == {"start_ack"}


def test_at_most_200_subscriptions(server: Server) -> None:
    with connected(server) as client:
        for number in range(10_000):
            client.start(str(number), ON_BOOK)
        taken, refused = 0, 0
        for _ in range(10_000):
            frame = client.next()
            if frame["type"] == "start_ack":
                taken += 1
            else:
                refused += 1
                error = frame["payload"]["errors"]
                assert error == {
                    "errorType": "MaxSubscriptionsReachedError",
                    "message": "Max number of 200 subscriptions reached",
                }
        assert (taken, refused) == (200, 9_800)
        with connected(server) as other:
            other.subscribe("1", ON_BOOK)


@pytest.mark.parametrize(
    ("message", "code"),
    [(b"\x00\x01", 1003), ("x" * 2**20, 1009)],
    ids=["binary", "megabyte"],
)
def test_messages_that_end_the_connection(server: Server, message: Any, code: int) -> None:
    with connected(server) as other:
        other.subscribe("1", ON_BOOK)
        with connected(server) as client:
            client.send(message)
            assert client.closed() == code
        server.post(PUT % "7")
        assert other.data("1") == {"data": {"onBook": {"id": "7"}}}


def test_ids_are_opaque(server: Server) -> None:
    with connected(server) as client:
        id = 'a"\\\u2028\u00e9 {}'
        client.subscribe(id, ON_BOOK)
        server.post(PUT % "7")
        assert client.data(id) == {"data": {"onBook": {"id": "7"}}}


def test_a_message_in_pieces_is_one(server: Server) -> None:
    with connected(server) as client:
        client.socket.send(["", '{"type": "st', "", "", 'op", "id": ', '"9"}', ""])
        assert client.next() == {"type": "complete", "id": "9"}


def test_a_connection_is_kept_alive_and_ends_after_its_time() -> None:
    with serving(Timing(beat=0.05, life=0.5)) as server, connected(server) as client:
        assert [client.next() for _ in range(3)] == [{"type": "ka"}] * 3
        assert client.closed() == 1000


def test_who_answers_no_ping_is_taken_for_gone() -> None:
    with serving(Timing(beat=0.05)) as server, connected(server) as client:
        client.subscribe("1", ON_BOOK)
        # A closed lid: what arrives is not read any more, and nothing is said.
        client.socket.protocol.receive_data = lambda data: None  # type: ignore[method-assign]
        server.await_counts({})


def test_invalidation_ends_the_subscription_and_the_connection(server: Server) -> None:
    mine = {"authorization": person("ada")}
    with connected(server) as client:
        client.subscribe("1", "subscription { onOwnBook { id } }", authorization=mine)
        server.run(lambda: server.broker.invalidate("onOwnBook", {"userId": "somebody"}))
        sub = {"userId": "8f14e45f-ceea-467f-a1d2-000000000001"}
        server.run(lambda: server.broker.invalidate("onOwnBook", sub))
        complete = client.next()
        assert (complete["type"], complete["id"]) == ("complete", "1")
        assert complete["payload"] == {"message": "Subscription complete."}
        assert client.closed() == 1000


def test_a_slow_subscriber_is_dropped_and_the_others_are_not(server: Server) -> None:
    big = 'mutation { putBook(id: "7", title: "%s") { id title } }' % ("x" * 200_000)
    with connected(server) as fast, connected(server) as slow:
        fast.subscribe("1", "subscription { onBook { id } }")
        slow.subscribe("1", "subscription { onBook { id title } }")
        for _ in range(200):  # its client reads some in advance, then no more
            server.post(big)
            assert fast.data("1") == {"data": {"onBook": {"id": "7"}}}
            if server.run(server.broker.counts) == {"onBook": 1}:
                break
        else:
            raise AssertionError("the queue of the slow one has no end")


def test_who_pings_without_reading_the_answers_is_dropped(server: Server) -> None:
    pings = (b"\x89\xfd" + bytes(4) + b"x" * 125) * 1000
    with raw(server, UPGRADE) as client:
        assert client.recv(12) == b"HTTP/1.1 101"
        with pytest.raises(ConnectionError):
            for _ in range(400):  # 50 MB: more than the system keeps for the both of us
                client.sendall(pings)
