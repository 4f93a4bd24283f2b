"""The devices' rules.

Readings have two orders. The cursors' is that of coming: it never changes behind a cursor, so who
has seen one gets all that came since, once. The order of time is for charts: a device that was off
line sends what is long past, which then stands in the midst of it.
"""

import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from resolvers.devices import releases, store
from resolvers.devices.model import (
    CURSOR_DIGITS,
    AlertRule,
    AlertRuleInput,
    Device,
    DeviceInput,
    Firmware,
    Reading,
    Watch,
)
from resolvers.shared.arguments import check_text
from resolvers.shared.batching import side_by_side
from resolvers.shared.errors import Conflict, Invalid, NotFound
from resolvers.shared.items import Only
from resolvers.shared.paging import Listing, Page, bounded, unpaged

LONGEST_NAME = 200
LONGEST_METRIC = 64  # as long as the pipeline takes
MOST_RULES = 50
# A level of an MQTT topic, which has no slash, plus or hash; and no more than AWS IoT takes.
DEVICE_ID = re.compile(r"[A-Za-z0-9:_-]{1,128}")
CURSOR = re.compile(rf"[0-9]{{{CURSOR_DIGITS}}}")
LARGEST_LIMIT = Decimal("1e100")  # as the largest value that the pipeline takes
WATCHED_SECONDS = 300
BEGIN, END = "0", "~"  # before and behind every moment, in the order of time
ATTEMPTS = 5

Clock = Callable[[], datetime]


def _now() -> datetime:
    return datetime.now(UTC)


def devices(limit: int | None, next_token: str | None, only: Only = None) -> Page[Device]:
    """List the devices, in the order of their ids."""
    size = bounded(limit, default=50)
    listing = Listing("devices")
    found = store.all_devices(listing.position(next_token, str), size + 1, only)
    return listing.page(found, size, lambda device: device.id)


def device(id: str, only: Only = None) -> Device | None:
    """Give a device, or None."""
    return store.find(id, only)


def register(given: DeviceInput) -> Device:
    """Make a device known; the same again gives it as it stands, anything else is a Conflict."""
    _check_id("input.id", given.id)
    check_text("input.model", given.model, LONGEST_NAME)
    check_text("input.name", given.name, LONGEST_NAME)
    new = Device(given.id, given.model, given.name)
    there = store.add(new)
    if there is None:
        return new
    if (there.model, there.name) != (given.model, given.name):
        raise Conflict(f"There is a device {given.id} already, another one.")
    return there


def _check_id(argument: str, id: str) -> None:
    if not DEVICE_ID.fullmatch(id):
        raise Invalid(argument, "must have 1 to 128 letters, digits, colons, - and _")


def set_alert_rule(given: AlertRuleInput) -> Device:
    """Replace a device's rule of that metric and severity; without limits there is none after."""
    check_text("input.metric", given.metric, LONGEST_METRIC)
    for name, limit in (("above", given.above), ("below", given.below)):
        if limit is not None and abs(limit) > LARGEST_LIMIT:
            raise Invalid(f"input.{name}", "is beyond any value")
    rule = AlertRule(given.metric, given.severity, given.above, given.below)
    for _ in range(ATTEMPTS):
        device = store.find(given.device_id)
        if device is None:
            raise NotFound(f"There is no device {given.device_id}.")
        changed = store.set_rules(device.id, device.alert_rules, _with(device.alert_rules, rule))
        if changed is not None:
            return changed
    raise Conflict(f"Others keep changing the rules of {given.device_id}; try again.")


def _with(rules: Sequence[AlertRule], rule: AlertRule) -> list[AlertRule]:
    kept = [each for each in rules if (each.metric, each.severity) != (rule.metric, rule.severity)]
    if rule.above is None and rule.below is None:
        return kept
    if len(kept) >= MOST_RULES:
        raise Invalid("input", f"a device has {MOST_RULES} rules at most")
    return [*kept, rule]


def readings(
    device_id: str,
    from_: str | None,
    to: str | None,
    after: str | None,
    limit: int | None,
    next_token: str | None,
) -> Page[Reading]:
    """List a device's readings.

    Of a stretch of time, both ends included, they come oldest first; else, and behind a cursor, in
    the order of cursors.
    """
    size = bounded(limit, default=100)
    if after is not None and not CURSOR.fullmatch(after):
        raise Invalid("after", "is not a cursor")
    since, until = _stretch(from_, to)
    listing = Listing("readings", deviceId=device_id, since=since, until=until, after=after)
    position = listing.position(next_token, str)
    if after is None and (from_ or to):
        found = store.by_time(device_id, position or since, until, size + 1)
        return listing.page(found, size, store.time_key)
    behind = store.by_cursor(device_id, position or after, size + 1)
    within = (reading for reading in behind if since <= store.time_key(reading) <= until)
    return listing.page(within, size, lambda reading: reading.cursor)


def newest(
    device_ids: Sequence[str], from_: str | None, to: str | None, limit: int | None
) -> list[list[Reading]]:
    """Give the newest readings of devices within a stretch of time, newest first."""
    size = bounded(limit, default=100)
    since, until = _stretch(from_, to)
    return unpaged(side_by_side(lambda id: store.newest(id, since, until, size), device_ids))


def _stretch(from_: str | None, to: str | None) -> tuple[str, str]:
    """Turn AWSDateTimes into keys of the order of time that hold all readings between them."""
    since = BEGIN if from_ is None else _stamp("from", from_)
    until = END if to is None else store.after_moment(_stamp("to", to))
    return since, until


def _stamp(argument: str, moment: str) -> str:
    try:
        return store.stamp(datetime.fromisoformat(moment))
    except (ValueError, OverflowError):  # such as midnight of the first day, east of Greenwich
        raise Invalid(argument, "is beyond the calendar") from None


def last(device_ids: Sequence[str]) -> list[Reading | None]:
    """Give the last reading of each device, by cursor."""
    return store.last(device_ids)


def watch(device_id: str | None, *, clock: Clock = _now) -> Watch:
    """Keep that somebody waits for a device's readings, or all devices', for some minutes."""
    if device_id is not None:
        _check_id("id", device_id)
    expires_at = int(clock().timestamp()) + WATCHED_SECONDS
    store.watch(device_id, expires_at)
    return Watch(device_id, expires_at)


def firmware(model: str, *, clock: Clock = _now) -> Firmware | None:
    """Give the newest release for a model, or None."""
    now = clock().timestamp()
    release = releases.newest(model, now)
    return None if release is None else releases.signed(model, release, now)
