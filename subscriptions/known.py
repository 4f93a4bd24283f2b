"""What an execution environment keeps between batches: devices, and who watches them."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from resolvers.devices import store
from resolvers.devices.model import Device
from resolvers.shared.items import Item

REMEMBERED = 10  # seconds: how late a changed rule may take effect
GLANCE = 2  # seconds: how late a new subscriber may be seen
MOST = 10_000  # devices that are kept


@dataclass(slots=True)
class Known:
    """Devices and interest that were read of late; unknown devices are asked for every time."""

    watched_only: bool = False
    devices: dict[str, Device] = field(default_factory=dict)
    _device_until: dict[str, float] = field(default_factory=dict)
    _interest: dict[str, int] = field(default_factory=dict)
    _interest_until: dict[str, float] = field(default_factory=dict)

    def missing_devices(self, ids: Iterable[str], now: float) -> list[str]:
        """List which of the distinct devices have to be read; the start of a batch."""
        if len(self.devices) > MOST:
            self.devices, self._device_until = {}, {}
        return [id for id in ids if self._device_until.get(id, 0) <= now]

    def missing_interest(self, ids: Iterable[str], now: float) -> list[str]:
        """List in which of the distinct devices, or any, the interest has to be read."""
        if not self.watched_only:
            return []
        return [id for id in (store.ANY, *ids) if self._interest_until.get(id, 0) <= now]

    def keep_devices(self, asked: Iterable[str], items: Iterable[Item], now: float) -> None:
        """Take over the devices that were asked for; what was not found is not known any more."""
        for id in asked:
            self.devices.pop(id, None)
        for device in map(store.device, items):
            self.devices[device.id] = device
            self._device_until[device.id] = now + REMEMBERED

    def keep_interest(self, asked: Iterable[str], items: Iterable[Item], now: float) -> None:
        """Take over the interest that was asked for; what was not found is none."""
        for id in asked:
            self._interest[id] = 0
            self._interest_until[id] = now + GLANCE
        self._interest |= {item["deviceId"]: int(item["expiresAt"]) for item in items}

    def watched(self, device_id: str, now: float) -> bool:
        """Say whether anybody may be waiting for a device's readings."""
        if not self.watched_only:
            return True
        return max(self._interest.get(id, 0) for id in (store.ANY, device_id)) > now
