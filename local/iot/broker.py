"""The MQTT broker: connections of devices, what they may publish, and who subscribes.

A message of QoS 1 is acknowledged when the rules are done with it, that is, once it is in the
stream; libraries' brokers acknowledge before anybody has seen it (docs/adr/0009).
"""

import asyncio
import socket
from collections.abc import Callable, Iterable
from typing import cast

from local.iot import packets
from local.iot.packets import Connect, Packets, ProtocolError, Publish
from local.iot.sql import Message, now
from local.iot.topics import is_filter, is_topic, matches
from local.tls.authority import Authority
from local.tls.connection import TlsConnection

ACCEPTED, WRONG_VERSION, WRONG_ID, WRONG_PASSWORD = 0, 1, 2, 4
REFUSED = 0x80  # a filter
# MQTT 5's way to be told that its version is not spoken: its reason, and no properties.
VERSION_5, WRONG_VERSION_5 = 5, bytes((0, 0x84, 0))
CONNECT_SECONDS = 10
MOST_PENDING, FEW_PENDING = 512, 256  # messages of a connection that nobody has answered for yet
# Bytes that wait for a client to read them, before it misses messages and before it is cut off.
MANY_UNREAD, MOST_UNREAD = 1_048_576, 4 * 1_048_576
TLS_HANDSHAKE = 0x16

# Takes a message; gives what is done when it may be acknowledged.
Take = Callable[[Message], "asyncio.Future[None]"]
# Tells which topics' beginning a client may use by its user name and password; None for no client.
Authenticate = Callable[[str, bytes], str | None]


class Broker:
    """All connections."""

    def __init__(self, take: Take, authenticate: Authenticate, log: Callable[[str], None]) -> None:
        self._take = take
        self.authenticate, self.log = authenticate, log
        # By whose they are as well: no device can take over another's connection. On AWS a policy
        # sees to that, which lets a device connect under its own client ids only.
        self.sessions: dict[tuple[str, str], Session] = {}
        self._connections: set[Session] = set()
        self._server: asyncio.Server | None = None

    async def start(self, listener: socket.socket, authority: Authority | None) -> None:
        """Take connections; with an authority, TLS ones too."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Session(self, authority), sock=listener)

    async def stop(self) -> None:
        """End all connections; what was not acknowledged will be sent again."""
        if self._server:
            self._server.close()
        for connection in list(self._connections):
            connection.end()
        await asyncio.sleep(0)

    def joined(self, connection: "Session") -> None:
        """Hear of a connection."""
        self._connections.add(connection)

    def left(self, connection: "Session") -> None:
        """Hear of its end."""
        self._connections.discard(connection)
        if self.sessions.get(connection.key) is connection:
            del self.sessions[connection.key]

    def publish(self, client: str, message: Publish) -> "asyncio.Future[None]":
        """Give a message to the rules, and to those who subscribe."""
        done = self._take(Message(message.topic, message.payload, client, now()))
        wire = b""
        for session in self.sessions.values():
            if session.filters and session.wants(message.topic):
                wire = wire or packets.publish(message.topic, message.payload)
                session.tell(wire)
        return done


class Session(asyncio.Protocol):
    """One connection, from its CONNECT to its end."""

    def __init__(self, broker: Broker, authority: Authority | None) -> None:
        self._broker, self._authority = broker, authority
        self._packets = Packets()
        self._transport: asyncio.Transport
        self._connect: Connect | None = None
        self._prefix = ""
        self._timer: asyncio.TimerHandle | None = None
        self._heard = 0.0
        self._first = True
        self._paused = False
        # Acknowledgements go in the order of the messages, so the first not done holds up others.
        self._pending: list[tuple[int, asyncio.Future[None]]] = []
        self.client_id = ""
        self.filters: set[str] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin; a second time once TLS is established."""
        self._transport = cast(asyncio.Transport, transport)
        self._broker.joined(self)
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(CONNECT_SECONDS, self.end)

    def connection_lost(self, _error: Exception | None) -> None:
        """End; a client that did not say goodbye has left a will."""
        if self._timer:
            self._timer.cancel()
        self._broker.left(self)
        connect, self._connect = self._connect, None
        if connect and connect.will and self._may_publish(connect.will.topic):
            self._broker.publish(self.client_id, connect.will)

    def data_received(self, data: bytes) -> None:
        """Take what arrived."""
        if self._first and data[0] == TLS_HANDSHAKE and self._authority:
            return self._secure(data, self._authority)
        self._heard = asyncio.get_running_loop().time()
        try:
            if self._first and data[0] >> 4 != packets.CONNECT:  # HTTP, say, which has no length
                raise ProtocolError("that is no MQTT")
            self._first = False
            for kind, flags, body in self._packets.feed(data):
                self._handle(kind, flags, body)
        except ProtocolError as error:
            self._broker.log(f"[mqtt] {self.client_id or 'a client'} is cut off: {error}")
            self.end()
        return None

    def end(self) -> None:
        """Close the connection."""
        self._transport.close()

    @property
    def key(self) -> tuple[str, str]:
        """Tell the session from all others; a client id is its device's own."""
        return self._prefix, self.client_id

    def tell(self, message: bytes) -> None:
        """Send a message of QoS 0; a subscriber that is far behind with reading misses it."""
        if not self._transport.is_closing() and self._unread < MANY_UNREAD:
            self._transport.write(message)

    @property
    def _unread(self) -> int:
        return self._transport.get_write_buffer_size()

    def _answer(self, data: bytes) -> None:
        """Send what a client waits for; one that asks on and on without reading is cut off."""
        if self._transport.is_closing():
            return
        self._transport.write(data)
        if self._unread > MOST_UNREAD:
            self._broker.log(f"[mqtt] {self.client_id} is cut off: it does not read its answers")
            self._transport.abort()

    def wants(self, topic: str) -> bool:
        """Tell whether it subscribes to a topic."""
        return any(matches(each, topic) for each in self.filters)

    def _secure(self, data: bytes, authority: Authority) -> None:
        try:
            context = authority.context()
        except OSError as error:
            self._broker.log(f"[mqtt] TLS is not to be had: {error}")
            return self.end()
        self._first = False
        log = self._broker.log
        secure = TlsConnection(
            self._transport, self, context, lambda why: log(f"[mqtt] no TLS with a client: {why}")
        )
        self._transport.set_protocol(secure)
        return secure.data_received(data)

    def _handle(self, kind: int, flags: int, body: bytes) -> None:
        if self._transport.is_closing():
            return
        if (kind == packets.CONNECT) == (self._connect is not None):
            raise ProtocolError("the first packet, and no other, is a CONNECT")
        match kind:
            case packets.CONNECT:
                self._begin(packets.read_connect(body))
            case packets.PUBLISH:
                self._published(packets.read_publish(flags, body))
            case packets.SUBSCRIBE | packets.UNSUBSCRIBE:
                self._subscribed(kind, *packets.read_filters(kind, body))
            case packets.PINGREQ:
                self._answer(packets.packet(packets.PINGRESP))
            case packets.DISCONNECT:
                self._connect = None  # and with it the will
                self.end()

    def _begin(self, connect: Connect) -> None:
        prefix = self._broker.authenticate(connect.username, connect.password)
        if connect.level == VERSION_5:
            self._answer(packets.packet(packets.CONNACK, WRONG_VERSION_5))
        elif connect.level != 4:  # noqa: PLR2004 - 3.1.1
            self._refuse(WRONG_VERSION)
        elif prefix is None:
            self._broker.log(f"[mqtt] {connect.username!r} has a wrong password")
            self._refuse(WRONG_PASSWORD)
        elif not connect.client_id and not connect.clean:
            self._refuse(WRONG_ID)
        else:
            return self._accept(connect, prefix)
        return self.end()

    def _refuse(self, code: int) -> None:
        self._answer(packets.packet(packets.CONNACK, bytes((0, code))))

    def _accept(self, connect: Connect, prefix: str) -> None:
        self._connect, self._prefix = connect, prefix
        self.client_id = connect.client_id or f"auto-{id(self):x}"
        if older := self._broker.sessions.get(self.key):
            older.end()  # one connection per client id, as MQTT has it
        self._broker.sessions[self.key] = self
        if self._timer:
            self._timer.cancel()
        if connect.keep_alive:
            self._watch(connect.keep_alive * 1.5)
        self._answer(packets.packet(packets.CONNACK, bytes((0, ACCEPTED))))

    def _watch(self, patience: float) -> None:
        """End the connection when nothing is heard any more."""
        loop = asyncio.get_running_loop()
        left = self._heard + patience - loop.time()
        if left <= 0:
            self.end()
        else:
            self._timer = loop.call_later(left, self._watch, patience)

    def _may_publish(self, topic: str) -> bool:
        return topic.startswith(self._prefix) and is_topic(topic)

    def _published(self, message: Publish) -> None:
        if message.qos > 1:
            raise ProtocolError("QoS 2, which AWS IoT has not")
        if not self._may_publish(message.topic):
            raise ProtocolError(f"it may not publish to {message.topic!r}")
        done = self._broker.publish(self.client_id, message)
        self._pending.append((message.packet_id, done))
        done.add_done_callback(lambda _: self._acknowledge())
        if len(self._pending) > MOST_PENDING and not self._paused:
            self._paused = True
            self._transport.pause_reading()

    def _acknowledge(self) -> None:
        count = 0
        for packet_id, done in self._pending:
            if not done.done() or done.cancelled():
                break
            count += 1
            if packet_id:
                self._answer(packets.packet(packets.PUBACK, packets.SHORT.pack(packet_id)))
        del self._pending[:count]
        if self._paused and len(self._pending) < FEW_PENDING:
            self._paused = False
            self._transport.resume_reading()

    def _subscribed(self, kind: int, packet_id: int, filters: Iterable[str]) -> None:
        identity = packets.SHORT.pack(packet_id)
        if kind == packets.UNSUBSCRIBE:
            self.filters -= set(filters)
            return self._answer(packets.packet(packets.UNSUBACK, identity))
        granted = {each: is_filter(each) and each.startswith(self._prefix) for each in filters}
        self.filters |= {each for each, given in granted.items() if given}
        codes = bytes(0 if granted[each] else REFUSED for each in filters)
        return self._answer(packets.packet(packets.SUBACK, identity + codes))
