"""The ends of connections and of the server, and whom they do not wait for."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from socket import socket
from typing import Any

from websockets.frames import Frame, Opcode

from local.realtime.socket import Timing
from tests.realtime.server import UPGRADE, Server, by_key, raw, serving

BOOKS = "{ books { id } }"
HALF = b'POST /graphql HTTP/1.1\r\nhost: twin\r\ncontent-length: 100\r\n\r\n{"query":'
SUBSCRIBE = json.dumps({"query": "subscription { onBook { id title } }"})
PUT_LARGE = 'mutation { putBook(id: "7", title: "large") { id title } }'


def masked(frame: dict[str, Any]) -> bytes:
    return Frame(Opcode.TEXT, json.dumps(frame).encode()).serialize(mask=True)


def read_until(client: socket, end: bytes) -> None:
    said = b""
    while not said.endswith(end):
        said += client.recv(1)


@contextmanager
def deaf(server: Server) -> Iterator[socket]:
    """Subscribe, and leave two megabytes of events unread."""
    with raw(server, UPGRADE) as client:
        read_until(client, b"\r\n\r\n")
        client.sendall(masked({"type": "connection_init"}))
        read_until(client, b'{"type":"ka"}')
        payload = {"data": SUBSCRIBE, "extensions": {"authorization": by_key(server)}}
        client.sendall(masked({"id": "1", "type": "start", "payload": payload}))
        server.await_counts({"onBook": 1})
        for _ in range(10):
            server.post(PUT_LARGE)
        yield client


def test_who_breaks_the_protocol_without_reading_is_cut_off() -> None:
    with serving(Timing(parting=0.1)) as server, deaf(server) as client:
        client.sendall(b"\x8f\x80" + bytes(4))  # there is no such kind of frame
        server.await_counts({})


def test_who_does_not_read_does_not_hold_up_the_servers_end() -> None:
    with serving(Timing(parting=60, leaving=0.1)) as server, deaf(server):
        server.stop()


def test_half_a_body_does_not_hold_it_up() -> None:
    with serving() as server, raw(server, HALF) as client:
        server.post(BOOKS)  # what was sent before has arrived as well
        server.stop()
        assert not client.recv(1)


def test_half_a_body_is_not_waited_for_for_ever() -> None:
    with serving(patience=0.05) as server, raw(server, HALF) as client:
        answer = b"".join(iter(lambda: client.recv(65_536), b""))
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"RequestTimeoutException" in answer


def test_an_answer_that_is_being_made_is_waited_for() -> None:
    with serving() as server, ThreadPoolExecutor() as pool:
        server.run(server.gate.clear)
        answer = pool.submit(server.post, BOOKS)
        assert server.invoked.wait(10)
        server.run(server.finish)
        server.run(server.gate.set)
        assert answer.result() == {"data": {"books": None}}
