"""The devices' tables: items, and the key of the index by time."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import islice, takewhile
from typing import Any

from resolvers.devices import releases
from resolvers.devices.model import AlertRule, Device, Reading
from resolvers.devices.resources import CONTEXT, DEVICES, INTEREST, MARKERS, READINGS
from resolvers.shared.batching import side_by_side
from resolvers.shared.items import Item, Only
from resolvers.shared.shapes import from_plain, to_plain
from resolvers.shared.table import Range, Refused, Store

devices = Store(CONTEXT.name, DEVICES)
readings = Store(CONTEXT.name, READINGS)
markers = Store(CONTEXT.name, MARKERS)
interest = Store(CONTEXT.name, INTEREST)

KIND = "device"  # the one partition of the index over all devices
ANY = "*"  # whoever watches all devices; no device has this id, for topics cannot
MOMENT = len("2026-01-01T00:00:00.000Z")


def find(id: str, only: Only = None) -> Device | None:
    """Read a device, or some attributes of it."""
    item = devices.get(id=id, only=only)
    return None if item is None else device(item)


def all_devices(after: str | None, page: int, only: Only) -> Iterator[Device]:
    """Read the devices lazily, in the order of their ids, from behind `after`."""
    return map(device, devices.query(Range(KIND, after, index="by-id"), page, only))


def add(new: Device) -> Device | None:
    """Write a new device; gives the one that was there before, if there was."""
    try:
        devices.put_if(_device_item(new), "attribute_not_exists(id)")
    except Refused as refused:
        assert refused.current is not None  # else the id was free
        return device(refused.current)
    return None


def set_rules(id: str, old: Sequence[AlertRule], new: Sequence[AlertRule]) -> Device | None:
    """Replace the rules of a device, if they are still the old ones; None if they are not."""
    changes = {"alertRules": to_plain(new)}
    try:
        item = devices.change_if({"id": id}, changes, "alertRules = :old", old=to_plain(old))
    except Refused:
        return None
    return device(item)


def by_cursor(device_id: str, after: str | None, page: int) -> Iterator[Reading]:
    """Read a device's readings lazily, in the order of their cursors, from behind `after`."""
    return map(reading, readings.query(Range(device_id, after, consistent=True), page))


def by_time(device_id: str, after: str, until: str, page: int) -> Iterator[Reading]:
    """Read a device's readings lazily, oldest first, from behind the key `after` to `until`."""
    found = readings.query(Range(device_id, after, index="by-time"), page)
    return map(reading, takewhile(lambda item: item["time"] <= until, found))


def newest(device_id: str, since: str, before: str, limit: int) -> list[Reading]:
    """Read the newest readings of a stretch of time, newest first."""
    part = Range(device_id, before, index="by-time", descending=True)
    found = takewhile(lambda item: item["time"] >= since, readings.query(part, limit))
    return [reading(item) for item in islice(found, limit)]


def last(device_ids: Sequence[str]) -> list[Reading | None]:
    """Read the last reading of each device: the one with the highest cursor."""
    return side_by_side(_last, device_ids)


def _last(device_id: str) -> Reading | None:
    part = Range(device_id, descending=True, consistent=True)
    item = next(readings.query(part, 1), None)
    return None if item is None else reading(item)


def watch(device_id: str | None, expires_at: int) -> None:
    """Keep that somebody watches a device, or all, until a second; the latest second counts."""
    key = {"deviceId": device_id or ANY}
    changes = {"expiresAt": expires_at}
    condition = "attribute_not_exists(expiresAt) OR expiresAt < :new"
    try:
        interest.change_if(key, changes, condition, new=expires_at)
    except Refused:
        return


def stamp(at: datetime) -> str:
    """Write a moment as readings have it."""
    text = at.astimezone(UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def after_moment(at: str) -> str:
    """Give the place behind all readings of a moment, in the order of time."""
    return f"{at}~"


def time_key(reading: Reading) -> str:
    """Give a reading's place in the order of time; of equal times the cursor decides."""
    return f"{reading.at}#{reading.cursor}"


def device(item: Item) -> Device:
    """Read a device from its item."""
    found: Device = from_plain(Device, item)
    return found


def reading(item: Item) -> Reading:
    """Read a reading from its item."""
    return Reading(
        id=item["id"],
        device_id=item["deviceId"],
        metric=item["metric"],
        value=item["value"],
        at=item["time"][:MOMENT],
        cursor=item["cursor"],
        unit=item.get("unit"),
    )


def reading_item(reading: Reading) -> dict[str, Any]:
    """Write a reading as its item; `time` holds when it was, and sorts the index by time."""
    item: dict[str, Any] = {
        "deviceId": reading.device_id,
        "cursor": reading.cursor,
        "id": reading.id,
        "metric": reading.metric,
        "value": reading.value,
        "time": time_key(reading),
    }
    if reading.unit is not None:
        item["unit"] = reading.unit
    return item


def _device_item(device: Device) -> dict[str, Any]:
    item: dict[str, Any] = to_plain(device)
    return item | {"kind": KIND}


def seed(given: Mapping[str, Iterable[Mapping[str, Any]]]) -> None:
    """Write the devices, readings and releases of a seeds file."""
    devices.load(_device_item(from_plain(Device, each)) for each in given["devices"])
    readings.load(reading_item(from_plain(Reading, each)) for each in given["readings"])
    for each in given.get("releases", ()):
        releases.put(each["model"], each["version"], each["content"].encode())
