"""Whatever order a client does things in, each frame is answered, and each event arrives once."""

from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)

from tests.realtime.server import Server, connected, open_socket, person, serving

IDS = st.sampled_from(["1", "2", "3", "\u00e9"])
QUERIES: dict[str, Callable[[str], bool]] = {
    "subscription { onBook { id } }": lambda book: True,
    'subscription { onBook(title: "a") { id } }': lambda book: book == "a",
    'subscription { b: onBook(title: "b") { __typename id } }': lambda book: book == "b",
}


class Protocol(RuleBasedStateMachine):
    """One connection, and a second that misbehaves beside it."""

    def __init__(self, server: Server) -> None:
        super().__init__()
        self.server = server
        self._stack = ExitStack()
        self.client = self._stack.enter_context(connected(self.server))
        self.active: dict[str, str] = {}

    def teardown(self) -> None:
        self._stack.close()

    @rule(id=IDS, query=st.sampled_from(sorted(QUERIES)), signed_in=st.booleans())
    def start(self, id: str, query: str, signed_in: bool) -> None:
        authorization = {"Authorization": person("ada")} if signed_in else None
        self.client.start(id, query, authorization=authorization)
        if id in self.active:
            assert self.client.errors(id)[0]["errorType"] == "DuplicatedOperationError"
        else:
            assert self.client.next() == {"type": "start_ack", "id": id}
            self.active[id] = query

    @rule(id=IDS)
    def stop(self, id: str) -> None:
        self.client.send({"type": "stop", "id": id})
        assert self.client.next() == {"type": "complete", "id": id}
        self.active.pop(id, None)

    @rule(
        id=IDS,
        query=st.sampled_from(["{ books { id } }", "subscription { none }", "}", ""]),
        authorization=st.sampled_from([None, {"x-api-key": "wrong"}, {}, []]),
    )
    def start_in_vain(self, id: str, query: str, authorization: Any) -> None:
        self.client.start(id, query, authorization=authorization)
        assert self.client.errors(id)

    @rule(frame=st.one_of(st.text(), st.binary(max_size=200).map(repr)))
    def garbage(self, frame: str) -> None:
        self.client.send(frame)
        assert self.client.errors(None)[0]["errorType"] == "UnsupportedOperation"

    @rule(message=st.binary(), offered=st.sampled_from(["graphql-ws", "graphql-transport-ws"]))
    def break_another(self, message: bytes, offered: str) -> None:
        with open_socket(self.server, offered) as other:
            other.send(message)
            assert other.closed() == 1003

    @rule(title=st.sampled_from(["a", "b", "c"]))
    def publish(self, title: str) -> None:
        self.server.post('mutation { putBook(id: "1", title: "%s") { id title } }' % title)  # noqa: UP031
        wanted = {id for id, query in self.active.items() if QUERIES[query](title)}
        frames = [self.client.next() for _ in wanted]
        assert {frame["id"] for frame in frames} == wanted
        assert {frame["type"] for frame in frames} <= {"data"}

    @invariant()
    def the_broker_knows_as_much(self) -> None:
        counted = self.server.run(self.server.broker.counts)
        assert counted == ({"onBook": len(self.active)} if self.active else {})


def test_any_order() -> None:
    chosen = settings(max_examples=20, stateful_step_count=25, deadline=None)
    with serving() as server:
        machine: Any = partial(Protocol, server)  # a factory will do, hypothesis says
        run_state_machine_as_test(machine, settings=chosen)
