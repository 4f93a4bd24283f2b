"""The broker over real sockets: by a real client (paho), and by bytes where no client errs."""

import asyncio
import queue
import socket
import ssl
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from local.credentials import device_token, device_topics
from local.iot.broker import Broker
from local.iot.listening import mqtt_listener
from local.iot.sql import Message
from local.tls.authority import Authority


class Running:
    """A broker on a loop in a thread; `taken` is what the rules would get."""

    def __init__(self, authority: Authority | None = None) -> None:
        self.taken: queue.Queue[Message] = queue.Queue()
        self.log: queue.Queue[str] = queue.Queue()
        self.answers: list[asyncio.Future[None]] = []
        self.at_once = True
        self._loop = asyncio.new_event_loop()
        self._broker = Broker(self._take, device_topics, self.log.put)
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        listener = mqtt_listener(0)
        assert listener
        self.port = listener.getsockname()[1]
        self.do(lambda: self._broker.start(listener, authority))

    def do(self, work: Callable[[], Awaitable[Any]]) -> None:
        """Do something on the broker's loop."""

        async def run() -> None:
            await work()

        asyncio.run_coroutine_threadsafe(run(), self._loop).result(10)

    def answer(self, index: int) -> None:
        """Have the rules be done with a message."""

        async def run() -> None:
            self.answers[index].set_result(None)

        self.do(run)

    def stop(self) -> None:
        self.do(self._broker.stop)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _take(self, message: Message) -> "asyncio.Future[None]":
        done: asyncio.Future[None] = self._loop.create_future()
        self.answers.append(done)
        if self.at_once:
            done.set_result(None)
        self.taken.put(message)
        return done


@pytest.fixture
def broker() -> Iterator[Running]:
    running = Running()
    yield running
    running.stop()


@contextmanager
def client(
    port: int, device: str = "d1", password: str | None = None, **more: Any
) -> Iterator[Any]:
    """A connected client; its `seen` says what happened to it."""
    made = Client(
        CallbackAPIVersion.VERSION2,
        client_id=f"{device}-client",
        reconnect_on_failure=False,
        **more,
    )
    made.username_pw_set(device, password or device_token(device))
    made.max_inflight_messages_set(2000)
    seen: queue.Queue[tuple[str, Any]] = queue.Queue()
    made.on_connect = lambda c, u, f, reason, p: seen.put(("connect", str(reason)))
    made.on_disconnect = lambda c, u, f, reason, p: seen.put(("disconnect", str(reason)))
    made.on_publish = lambda c, u, mid, reason, p: seen.put(("publish", mid))
    made.on_subscribe = lambda c, u, mid, reasons, p: seen.put(("subscribe", reasons))
    made.on_message = lambda c, u, message: seen.put(("message", message))
    made.seen = seen  # type: ignore[attr-defined]
    made.connect("127.0.0.1", port)
    made.loop_start()
    try:
        yield made
    finally:
        made.disconnect()
        made.loop_stop()


def next_of(made: Any, kind: str) -> Any:
    while True:
        what, value = made.seen.get(timeout=10)
        if what == kind:
            return value


def test_message_reaches_the_rules_and_is_acknowledged(broker: Running) -> None:
    with client(broker.port) as device:
        assert next_of(device, "connect") == "Success"
        sent = device.publish("devices/d1/readings", b"hello", qos=1)
        assert next_of(device, "publish") == sent.mid
    taken = broker.taken.get(timeout=10)
    assert (taken.topic, taken.payload, taken.client) == (
        "devices/d1/readings",
        b"hello",
        "d1-client",
    )


def test_nothing_is_acknowledged_before_the_rules_are_done(broker: Running) -> None:
    broker.at_once = False
    with client(broker.port) as device:
        first, second = (device.publish("devices/d1/readings", b, qos=1) for b in (b"1", b"2"))
        for _ in range(2):
            broker.taken.get(timeout=10)
        broker.answer(1)  # the second waits for the first: MQTT wants them in order
        assert not first.is_published()
        assert not second.is_published()
        broker.answer(0)
        assert [next_of(device, "publish") for _ in range(2)] == [first.mid, second.mid]


def test_many_messages_are_taken_in_order(broker: Running) -> None:
    with client(broker.port) as device:
        texts = [str(number).encode() for number in range(2000)]
        for text in texts:
            device.publish("devices/d1/readings", text, qos=1)
        assert [broker.taken.get(timeout=10).payload for _ in texts] == texts
        for _ in texts:
            next_of(device, "publish")


def test_wrong_password_is_refused(broker: Running) -> None:
    with client(broker.port, password=device_token("d2")) as device:
        assert next_of(device, "connect") == "Bad user name or password"


@pytest.mark.parametrize("device", ["", "a/b", "+", "#"])
def test_what_is_no_device_has_no_token(device: str) -> None:
    assert device_topics(device, device_token(device).encode()) is None


def test_version_5_is_told_so(broker: Running) -> None:
    with client(broker.port, protocol=MQTTProtocolVersion.MQTTv5) as device:
        assert next_of(device, "connect") == "Unsupported protocol version"


def test_only_ones_own_topics_can_be_published_to(broker: Running) -> None:
    with client(broker.port) as device:
        assert next_of(device, "connect") == "Success"
        device.publish("devices/d2/readings", b"", qos=1)
        next_of(device, "disconnect")
    assert "may not publish to 'devices/d2/readings'" in broker.log.get(timeout=10)
    assert broker.taken.empty()


def test_qos_2_ends_the_connection(broker: Running) -> None:
    with client(broker.port) as device:
        device.publish("devices/d1/readings", b"", qos=2)
        next_of(device, "disconnect")
    assert "QoS 2" in broker.log.get(timeout=10)


def test_subscribers_hear_their_topics(broker: Running) -> None:
    with client(broker.port) as device:
        device.subscribe([("devices/d1/commands/#", 1), ("devices/d2/#", 0)])
        granted = next_of(device, "subscribe")
        assert [reason.value for reason in granted] == [0, 0x80]
        device.publish("devices/d1/commands/blink", b"now", qos=1)
        heard: MQTTMessage = next_of(device, "message")
        assert (heard.topic, heard.payload, heard.qos) == ("devices/d1/commands/blink", b"now", 0)


def test_a_client_id_has_one_connection(broker: Running) -> None:
    with client(broker.port) as first:
        assert next_of(first, "connect") == "Success"
        with client(broker.port) as second:
            assert next_of(second, "connect") == "Success"
            next_of(first, "disconnect")
            first.disconnect()


def field(data: bytes) -> bytes:
    return len(data).to_bytes(2, "big") + data


def connect(flags: int, *fields: bytes, device: str = "d1", name: bytes = b"client") -> bytes:
    """Write a CONNECT."""
    named = [name, *fields, device.encode(), device_token(device).encode()]
    body = field(b"MQTT") + bytes((4, flags | 0xC0, 0, 60)) + b"".join(map(field, named))
    return bytes((0x10, len(body))) + body


@contextmanager
def connected(broker: Running, **more: Any) -> Iterator[socket.socket]:
    """A connection that has been accepted."""
    with socket.create_connection(("127.0.0.1", broker.port), timeout=10) as connection:
        connection.sendall(connect(0x02, **more))
        assert connection.recv(4) == b"\x20\x02\x00\x00"
        yield connection


def publish(payload: bytes) -> bytes:
    """Write a PUBLISH with QoS 1 and packet id 7."""
    return packet(0x32, field(b"devices/d1/readings") + b"\x00\x07" + payload)


def packet(first: int, body: bytes) -> bytes:
    """Write a packet whose length takes three bytes at most."""
    size = len(body)
    length = bytes((size & 127 | 128, size >> 7 & 127 | 128, size >> 14))
    return bytes((first,)) + length + body


@pytest.mark.parametrize(("goodbye", "left"), [(b"", [b"gone"]), (b"\xe0\x00", [])])
def test_a_lost_device_leaves_its_will(broker: Running, goodbye: bytes, left: list[bytes]) -> None:
    with socket.create_connection(("127.0.0.1", broker.port), timeout=10) as connection:
        connection.sendall(connect(0x06, b"devices/d1/state", b"gone"))
        assert connection.recv(4) == b"\x20\x02\x00\x00"
        connection.sendall(goodbye)
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(4) == b""
    with socket.create_connection(("127.0.0.1", broker.port), timeout=10) as connection:
        connection.sendall(connect(0x02) + publish(b"next"))
        assert [broker.taken.get(timeout=10).payload for _ in [*left, 1]] == [*left, b"next"]


def test_tls_comes_through_the_same_port(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    authority.prepare()
    running = Running(authority)
    try:
        made = Client(CallbackAPIVersion.VERSION2, client_id="secure")
        made.tls_set_context(ssl.create_default_context(cafile=str(authority.certificate)))
        made.username_pw_set("d1", device_token("d1"))
        made.connect("localhost", running.port)
        made.loop_start()
        made.publish("devices/d1/readings", b"secret", qos=1).wait_for_publish(10)
        made.disconnect()
        made.loop_stop()
        assert running.taken.get(timeout=10).payload == b"secret"
    finally:
        running.stop()


@pytest.mark.parametrize(
    "said",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x30\x03\x00\x01a",  # PUBLISH before CONNECT
        b"\x10\xff\xff\xff\xff\x7f",  # a length without an end
        b"\x10\xff\xff\xff\x7f",  # 256 MB
        b"\x10\x03\x00\x04M",  # it ends too soon
        b"\x10\x0a\x00\x04HTTP\x04\x02\x00\x3c",
        b"\x00\x00",
        b"\x11\x00",
    ],
)
def test_what_is_no_mqtt_is_cut_off(broker: Running, said: bytes) -> None:
    with socket.create_connection(("127.0.0.1", broker.port), timeout=10) as connection:
        connection.sendall(said)
        assert connection.recv(100) == b""


def test_packets_may_come_byte_by_byte(broker: Running) -> None:
    with socket.create_connection(("127.0.0.1", broker.port), timeout=10) as connection:
        for byte in connect(0x02) + publish(b"!"):
            connection.sendall(bytes((byte,)))
        answers = b""
        while len(answers) < 8:
            answers += connection.recv(100)
    assert answers == b"\x20\x02\x00\x00" + b"\x40\x02\x00\x07"


def test_another_device_cannot_take_a_connection_over(broker: Running) -> None:
    with connected(broker) as first, connected(broker, device="d2") as second:
        for connection in (second, first):
            connection.sendall(b"\xc0\x00")
            assert connection.recv(2) == b"\xd0\x00"


def test_who_does_not_read_misses_messages_and_is_cut_off_for_answers(broker: Running) -> None:
    large = b"x" * 100_000
    with connected(broker) as silent, connected(broker, name=b"other") as other:
        silent.sendall(packet(0x82, b"\x00\x01" + field(b"devices/d1/#") + b"\x00"))
        assert silent.recv(5) == b"\x90\x03\x00\x01\x00"
        for _ in range(200):  # 20 MB
            other.sendall(publish(large))
            assert other.recv(4) == b"\x40\x02\x00\x07"
        silent.sendall(b"\xc0\x00")
        silent.shutdown(socket.SHUT_WR)
        heard = sum(map(len, iter(lambda: silent.recv(1_000_000), b"")))
        assert 1_000_000 < heard < 15_000_000  # the rest is the system's own buffers
