"""Many devices, each with a connection of its own, that send at a common rate."""

import heapq
import json
import random
import threading
import time
from dataclasses import dataclass
from typing import Any

from paho.mqtt.client import Client, MQTTMessageInfo
from paho.mqtt.enums import CallbackAPIVersion

from local.credentials import device_token
from local.devices.metrics import Sensor

UNANSWERED = 1_000  # messages of a device on their way at once
JITTER = 0.5  # of the time between two readings, either way


@dataclass(slots=True)
class Figures:
    """What became of the messages so far; `duplicates` are among those sent."""

    sent: int = 0
    acknowledged: int = 0
    duplicates: int = 0
    connected: int = 0


class Device:
    """One device: its client keeps what is not acknowledged, and sends it again by itself."""

    def __init__(self, name: str, fleet: "Fleet", chance: random.Random) -> None:
        self.name, self._fleet = name, fleet
        self._sensor = Sensor(name, fleet.run, chance)
        self._topic = f"devices/{name}/readings"
        client = Client(CallbackAPIVersion.VERSION2, client_id=name)
        client.username_pw_set(name, device_token(name))
        client.max_inflight_messages_set(UNANSWERED)
        client.reconnect_delay_set(min_delay=1, max_delay=1)
        client.on_connect = self._on_connect
        client.on_disconnect = lambda *_: fleet.count(connected=-1 if self._is_counted() else 0)
        client.on_publish = lambda *_: fleet.count(acknowledged=1)
        self._client, self._connected = client, False

    def connect(self, host: str, port: int) -> None:
        """Connect, and again whenever the broker goes away."""
        self._client.connect_async(host, port)
        self._client.loop_start()

    def measure(self) -> bytes:
        """Give the next message."""
        return json.dumps(self._sensor.reading()).encode()

    def send(self, message: bytes) -> MQTTMessageInfo:
        """Send a message, or keep it until there is a connection."""
        self._fleet.count(sent=1)
        return self._client.publish(self._topic, message, qos=1)

    def disconnect(self) -> None:
        """Begin to leave."""
        self._client.disconnect()

    def end(self) -> None:
        """Wait until it has left."""
        self._client.loop_stop()

    def _on_connect(self, _client: Client, _data: Any, _flags: Any, reason: Any, _: Any) -> None:
        if not reason.is_failure:
            self._connected = True
            self._fleet.count(connected=1)

    def _is_counted(self) -> bool:
        was, self._connected = self._connected, False
        return was


class Fleet:
    """All devices; `share` of what they send, they send twice."""

    def __init__(
        self, names: list[str], rate: float, share: float, seed: int | None = None
    ) -> None:
        self.run = f"{int(time.time()):x}"
        self.figures = Figures()
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._chance = random.Random(seed)  # noqa: S311 - made-up weather
        self._devices = [Device(name, self, self._chance) for name in names]
        self._pause, self._share = len(names) / rate, share

    def count(self, **more: int) -> None:
        """Add to the figures; called by the clients' threads."""
        with self._lock:
            for name, number in more.items():
                setattr(self.figures, name, getattr(self.figures, name) + number)

    def connect(self, host: str, port: int) -> None:
        """Have every device connect."""
        for device in self._devices:
            device.connect(host, port)

    def is_let_in(self, seconds: float) -> bool:
        """Wait until a device is connected, or told to stop; tells whether that was in time."""
        until = time.monotonic() + seconds
        while not (self.figures.connected or self._stop.is_set()) and time.monotonic() < until:
            self.pause(0.02)
        return bool(self.figures.connected) or self._stop.is_set()

    def send(self, seconds: float) -> None:
        """Send for a while, or until stopped."""
        begin = time.monotonic()
        first = (self._chance.uniform(0, self._pause) for _ in self._devices)
        due = [(begin + wait, index) for index, wait in enumerate(first)]
        heapq.heapify(due)
        while due[0][0] < begin + seconds:
            moment, index = due[0]
            if self._stop.wait(max(0, moment - time.monotonic())):
                return
            self._send(self._devices[index])
            pause = self._pause * self._chance.uniform(1 - JITTER, 1 + JITTER)
            heapq.heapreplace(due, (moment + pause, index))

    def stop(self) -> None:
        """Send no more."""
        self._stop.set()

    def pause(self, seconds: float) -> None:
        """Let the clients work for a while."""
        time.sleep(seconds)

    def settle(self, seconds: float) -> bool:
        """Wait for the missing acknowledgements; tells whether all have come."""
        until = time.monotonic() + seconds
        while self.figures.acknowledged < self.figures.sent and time.monotonic() < until:
            self.pause(0.02)
        return self.figures.acknowledged >= self.figures.sent

    def leave(self) -> None:
        """Disconnect every device, all at the same time."""
        for device in self._devices:
            device.disconnect()
        for device in self._devices:
            device.end()

    def _send(self, device: Device) -> None:
        message = device.measure()
        device.send(message)
        if self._chance.random() < self._share:
            self.count(duplicates=1)
            device.send(message)
