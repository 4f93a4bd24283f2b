"""The server's end, and whom it does not wait for."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from socket import create_connection, socket

from tests.realtime.server import Server, serving

BOOKS = "{ books { id } }"
HALF = b'POST /graphql HTTP/1.1\r\nhost: twin\r\ncontent-length: 100\r\n\r\n{"query":'


@contextmanager
def raw(server: Server, sent: bytes) -> Iterator[socket]:
    host, port = server.address.split(":")
    with create_connection((host, int(port)), timeout=10) as client:
        client.sendall(sent)
        yield client


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
