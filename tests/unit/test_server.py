"""The app beneath the server: what it does when something of ours, or the connection, fails."""

import asyncio
from typing import Any

import pytest

from local.server import app

SCOPE = {"type": "http", "method": "POST", "path": "/graphql", "query_string": b"", "headers": []}
ASKED = {"type": "http.request", "body": b'{"query": "{ ok }"}', "more_body": False}
Sent = list[dict[str, Any]]


class Connection:
    """Takes an answer's messages in uvicorn's order, or fails as uvloop does once it is closed."""

    def __init__(self, *, closed: bool = False) -> None:
        self.sent: Sent = []
        self._closed = closed

    async def receive(self) -> dict[str, Any]:
        return ASKED

    async def send(self, message: Any) -> None:
        if message["type"] != ("http.response.body" if self.sent else "http.response.start"):
            raise RuntimeError("an answer has begun")
        self.sent.append(message)
        if self._closed:
            raise RuntimeError("the handler is closed")


def serve(answer: Any, connection: Connection) -> None:
    pages: Any = type("NoPages", (), {"__getattr__": lambda *_: serve})()
    scope = {**SCOPE, "client": ("127.0.0.1", 1), "scheme": "http"}
    asyncio.run(app(answer, pages)(scope, connection.receive, connection.send))  # type: ignore[arg-type]


async def answered(*_: Any) -> dict[str, Any]:
    return {"data": {"ok": True}}


async def failed(*_: Any) -> dict[str, Any]:
    raise KeyError("ours to mend")


def test_a_failure_of_ours_is_answered_and_logged() -> None:
    connection = Connection()
    with pytest.raises(KeyError, match="ours to mend"):
        serve(failed, connection)
    start, body = connection.sent
    assert start["status"] == 500
    assert b"InternalFailure" in body["body"]
    assert b"mend" not in body["body"]


def test_a_connection_that_is_gone_is_logged_once_for_what_it_is() -> None:
    with pytest.raises(RuntimeError, match="the handler is closed"):
        serve(answered, Connection(closed=True))
