"""The devices' fields."""

from typing import Any

from resolvers.devices import service
from resolvers.devices.model import (
    AlertRuleInput,
    Device,
    DeviceInput,
    Firmware,
    Reading,
    Watch,
)
from resolvers.shared.local_resolvers import Argument, Condition
from resolvers.shared.paging import Page
from resolvers.shared.routing import ContextRouter
from resolvers.shared.selection import Selection

router = ContextRouter("devices")


@router.query()
def devices(
    asked: Selection, limit: int | None = 50, next_token: str | None = None
) -> Page[Device]:
    """List the devices, a page at a time."""
    return service.devices(limit, next_token, asked.of(Device, "items"))


@router.query()
def device(asked: Selection, id: str) -> Device | None:
    """Give a device."""
    return service.device(id, asked.of(Device))


@router.query()
def readings(
    device_id: str,
    from_: str | None = None,
    to: str | None = None,
    after: str | None = None,
    limit: int | None = 100,
    next_token: str | None = None,
) -> Page[Reading]:
    """List a device's readings: what came behind a cursor, or what a stretch of time has."""
    return service.readings(device_id, from_, to, after, limit, next_token)


@router.query()
def firmware(model: str) -> Firmware | None:
    """Give the newest firmware for a model."""
    return service.firmware(model)


@router.batch("Device", "lastReading", max_batch=100, reads=("id",))
def device_last_reading(parents: list[dict[str, Any]]) -> list[Reading | None]:
    """Give the last reading of each device."""
    return service.last([parent["id"] for parent in parents])


@router.batch("Device", "readings", max_batch=100, reads=("id",))
def device_readings(
    parents: list[dict[str, Any]],
    from_: str | None = None,
    to: str | None = None,
    limit: int | None = 100,
) -> list[list[Reading]]:
    """Give the newest readings of each device."""
    return service.newest([parent["id"] for parent in parents], from_, to, limit)


@router.mutation()
def register_device(input: DeviceInput) -> Device:
    """Make a device known; once, however often it is tried."""
    return service.register(input)


@router.mutation()
def set_alert_rule(input: AlertRuleInput) -> Device:
    """Set, replace or remove an alert rule of a device."""
    return service.set_alert_rule(input)


@router.mutation()
def watch_device(id: str | None = None) -> Watch:
    """Keep a device's readings coming where only what is watched gets published."""
    return service.watch(id)


router.local("publishReading", returns="input")
router.local("publishAlert", returns="input")

router.subscription(
    "onReading",
    filter=(
        Condition("deviceId", "eq", Argument("deviceId")),
        Condition("metric", "eq", Argument("metric")),
    ),
    replaced_by="filter",
)
router.subscription(
    "onAlert",
    filter=(
        Condition("deviceId", "eq", Argument("deviceId")),
        Condition("severity", "eq", Argument("severity")),
    ),
)

handler = router.handler()
