"""MQTT 3.1.1 on the wire: packets out of bytes, and bytes out of packets."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

CONNECT, CONNACK, PUBLISH, PUBACK, SUBSCRIBE, SUBACK = 1, 2, 3, 4, 8, 9
UNSUBSCRIBE, UNSUBACK, PINGREQ, PINGRESP, DISCONNECT = 10, 11, 12, 13, 14
LARGEST = 128 * 1024 + 1024  # bytes: AWS IoT's longest payload, and a topic before it
FLAGS = {SUBSCRIBE: 2, UNSUBSCRIBE: 2, CONNECT: 0, PUBACK: 0, PINGREQ: 0, DISCONNECT: 0}
SHORT = struct.Struct("!H")
MORE, BITS, LONGEST_LENGTH = 0x80, 7, 4  # a length's bytes: seven bits each, four at most


class ProtocolError(Exception):
    """The other side does not speak MQTT, or not this much of it: the connection has to end."""


@dataclass(frozen=True, slots=True)
class Publish:
    """A message; `packet_id` is zero where `qos` is."""

    topic: str
    payload: bytes
    qos: int
    packet_id: int = 0


@dataclass(frozen=True, slots=True)
class Connect:
    """What a client says first; `keep_alive` is in seconds, zero for none."""

    level: int
    clean: bool
    keep_alive: int
    client_id: str
    will: Publish | None
    username: str
    password: bytes


class Packets:
    """Puts packets together from what arrives."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[tuple[int, int, bytes]]:
        """Give kind, flags and body of each packet that is now whole; raises ProtocolError."""
        self._buffer += data
        while head := self._head():
            start, length = head
            if len(self._buffer) < start + length:
                return
            first, body = self._buffer[0], bytes(memoryview(self._buffer)[start : start + length])
            del self._buffer[: start + length]
            kind, flags = first >> 4, first & 15
            if kind != PUBLISH and FLAGS.get(kind) != flags:
                raise ProtocolError(f"no client sends a packet {first:#x}")
            yield kind, flags, body

    def _head(self) -> tuple[int, int] | None:
        """Tell where the first packet's body starts and how long it is, once that is known."""
        length = 0
        for index, byte in enumerate(self._buffer[1 : 1 + LONGEST_LENGTH]):
            length |= (byte & ~MORE) << (BITS * index)
            if not byte & MORE:
                if length > LARGEST:
                    raise ProtocolError(f"{length} bytes are too many")
                return index + 2, length
        if len(self._buffer) > LONGEST_LENGTH:
            raise ProtocolError("a length without an end")
        return None


class Fields:
    """Reads the fields of a body, one after the other; raises ProtocolError at its end."""

    def __init__(self, body: bytes) -> None:
        self._body, self._at = body, 0

    @property
    def left(self) -> int:
        """Count the bytes that are left."""
        return len(self._body) - self._at

    def take(self, count: int) -> bytes:
        """Take so many bytes."""
        if count > self.left:
            raise ProtocolError("a packet that ends too soon")
        self._at += count
        return self._body[self._at - count : self._at]

    def byte(self) -> int:
        """Take a byte."""
        return self.take(1)[0]

    def short(self) -> int:
        """Take a number of two bytes."""
        number: int = SHORT.unpack(self.take(SHORT.size))[0]
        return number

    def data(self) -> bytes:
        """Take bytes with their length before them."""
        return self.take(self.short())

    def text(self) -> str:
        """Take a text; without U+0000, which MQTT does not allow."""
        try:
            text = self.data().decode()
        except UnicodeDecodeError:
            raise ProtocolError("a text that is not UTF-8") from None
        if "\0" in text:
            raise ProtocolError("a text with U+0000")
        return text


def read_connect(body: bytes) -> Connect:
    """Read a CONNECT; of one of another version, only the level."""
    fields = Fields(body)
    if fields.text() not in {"MQTT", "MQIsdp"}:
        raise ProtocolError("a protocol that is not MQTT")
    level, flags = fields.byte(), fields.byte()
    keep_alive = fields.short()
    if level != 4:  # noqa: PLR2004 - 3.1.1; what follows in 5 is other
        return Connect(level, True, keep_alive, "", None, "", b"")
    if flags & 1:
        raise ProtocolError("a reserved flag")
    client_id, will = fields.text(), None
    if flags & 0x04:
        will = Publish(fields.text(), fields.data(), qos=flags >> 3 & 3)
    username = fields.text() if flags & 0x80 else ""
    password = fields.data() if flags & 0x40 else b""
    return Connect(level, bool(flags & 0x02), keep_alive, client_id, will, username, password)


def read_publish(flags: int, body: bytes) -> Publish:
    """Read a PUBLISH."""
    fields, qos = Fields(body), flags >> 1 & 3
    topic = fields.text()
    packet_id = fields.short() if qos else 0
    if qos and not packet_id:
        raise ProtocolError("a packet id of zero")
    return Publish(topic, fields.take(fields.left), qos, packet_id)


def read_filters(kind: int, body: bytes) -> tuple[int, list[str]]:
    """Read the packet id and the filters of a SUBSCRIBE or UNSUBSCRIBE."""
    fields = Fields(body)
    packet_id, filters = fields.short(), []
    while fields.left:
        filters.append(fields.text())
        if kind == SUBSCRIBE:
            fields.byte()  # the QoS asked for: more than zero is not granted
    if not filters:
        raise ProtocolError("no filter at all")
    return packet_id, filters


def packet(kind: int, body: bytes = b"") -> bytes:
    """Write a packet."""
    length, rest = bytearray(), len(body)
    while True:
        rest, low = rest >> BITS, rest & ~MORE & 0xFF
        length.append(low | (MORE if rest else 0))
        if not rest:
            return bytes((kind << 4, *length)) + body


def publish(topic: str, payload: bytes) -> bytes:
    """Write a PUBLISH with QoS 0."""
    name = topic.encode()
    return packet(PUBLISH, SHORT.pack(len(name)) + name + payload)
