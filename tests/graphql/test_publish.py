"""Publishing on the twin, as Lambda code does it: signed, and heard by who subscribes."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from resolvers.shared import aws
from resolvers.shared.publish import NotPermitted, Publication, publish
from resolvers.shared.resources import GRAPHQL_URL
from tests.graphql.people import Person, sign_in
from tests.support.twin import RunningTwin

HEAR = "subscription { onUser { id email name avatarUrl thumbnailUrl createdAt } }"


@pytest.fixture
def publisher(twin: RunningTwin, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The environment of a function that publishes."""
    keys = twin.client.get("/amplify_outputs.json").json()["custom"]["publisher"]
    variables = {
        GRAPHQL_URL: f"{twin.url}/graphql",
        "AWS_REGION": keys["region"],
        "AWS_ACCESS_KEY_ID": keys["accessKeyId"],
        "AWS_SECRET_ACCESS_KEY": keys["secretAccessKey"],
        "AWS_SESSION_TOKEN": keys["sessionToken"],
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    aws.session.cache_clear()
    yield
    aws.session.cache_clear()


@pytest.fixture
def alice(twin: RunningTwin) -> Person:
    return sign_in(twin, "alice")


@contextmanager
def hear(twin: RunningTwin, who: Person) -> Iterator[ClientConnection]:
    """Subscribe, and be acknowledged."""
    headers = {"host": twin.url.removeprefix("http://"), "authorization": who.token}
    carried = base64.urlsafe_b64encode(json.dumps(headers).encode()).decode().rstrip("=")
    protocols = [Subprotocol("graphql-ws"), Subprotocol(f"header-{carried}")]
    data = json.dumps({"query": HEAR, "variables": {}})
    payload = {"data": data, "extensions": {"authorization": headers}}
    url = f"ws://{headers['host']}/graphql/realtime"
    with connect(url, subprotocols=protocols, compression=None, close_timeout=1) as socket:
        socket.send(json.dumps({"type": "connection_init"}))
        frame(socket, "connection_ack")
        socket.send(json.dumps({"type": "start", "id": "1", "payload": payload}))
        frame(socket, "start_ack")
        yield socket


def frame(socket: ClientConnection, kind: str) -> Any:
    """Wait for a frame of a kind."""
    while True:
        found = json.loads(socket.recv(timeout=10))
        assert found["type"] != "error", found
        if found["type"] == kind:
            return found


@pytest.mark.usefixtures("publisher")
def test_subscriber_hears_the_whole_of_what_is_published(twin: RunningTwin, alice: Person) -> None:
    me = alice.ask("{ me { id email name avatarUrl thumbnailUrl createdAt } }")

    with hear(twin, alice) as socket:
        assert publish([Publication("publishUser", {"id": me["id"]})]) == []
        assert frame(socket, "data")["payload"] == {"data": {"onUser": me}}


@pytest.mark.usefixtures("publisher")
def test_one_refused_of_many_keeps_none_from_being_heard(twin: RunningTwin, alice: Person) -> None:
    me, nobody = alice.ask("{ me { id } }")["id"], "nobody"

    with hear(twin, alice) as socket:
        refused = publish([Publication("publishUser", {"id": id}) for id in (nobody, me)])
        assert [each.error_type for each in refused] == ["NotFound"]
        assert frame(socket, "data")["payload"]["data"]["onUser"]["id"] == me


@pytest.mark.usefixtures("publisher")
def test_wrong_keys_are_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")

    with pytest.raises(NotPermitted, match=r"401 .*publishUser"):
        publish([Publication("publishUser", {"id": "nobody"})])
