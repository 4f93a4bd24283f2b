"""The devices' types."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

CURSOR_DIGITS = 56  # as many as Kinesis' sequence numbers have


class Severity(Enum):
    """How alarming; in the order of declaration."""

    INFO = "INFO"
    WARNING = "WARNING"
    CRITICAL = "CRITICAL"


@dataclass(frozen=True, slots=True)
class AlertRule:
    """What is alarming of a metric: a value above one limit, or below another."""

    metric: str
    severity: Severity
    above: Decimal | None = None
    below: Decimal | None = None

    def broken_by(self, value: Decimal) -> bool:
        """Say whether a value is beyond a limit."""
        too_high = self.above is not None and value > self.above
        return too_high or (self.below is not None and value < self.below)


@dataclass(frozen=True, slots=True)
class Device:
    """A device. Of each metric it has one rule a severity at most."""

    id: str
    model: str
    name: str
    firmware_version: str | None = None
    alert_rules: tuple[AlertRule, ...] = ()


@dataclass(frozen=True, slots=True)
class Reading:
    """What a device measured. `id` is its own; `cursor` grows with every reading of the device."""

    id: str
    device_id: str
    metric: str
    value: Decimal
    at: str
    cursor: str
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Alert:
    """A reading that broke a rule, named after it: the same reading is the same alert."""

    id: str
    device_id: str
    metric: str
    value: Decimal
    severity: Severity
    at: str


@dataclass(frozen=True, slots=True)
class Watch:
    """Somebody's interest in a device, or in all where there is no id, until `expires_at` (s)."""

    device_id: str | None
    expires_at: int


@dataclass(frozen=True, slots=True)
class Firmware:
    """The newest release for a model; `url` is good for a while."""

    model: str
    version: str
    url: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class DeviceInput:
    """A device to be known."""

    id: str
    model: str
    name: str


@dataclass(frozen=True, slots=True)
class AlertRuleInput:
    """A rule that replaces the one of the same metric and severity; without limits, none does."""

    device_id: str
    metric: str
    severity: Severity
    above: Decimal | None = None
    below: Decimal | None = None


def alert(reading: Reading, rules: Iterable[AlertRule]) -> Alert | None:
    """Give the worst alert that a reading is reason for."""
    severities = [
        rule.severity
        for rule in rules
        if rule.metric == reading.metric and rule.broken_by(reading.value)
    ]
    if not severities:
        return None
    return Alert(
        id=f"{reading.device_id}/{reading.id}",
        device_id=reading.device_id,
        metric=reading.metric,
        value=reading.value,
        severity=max(severities, key=list(Severity).index),
        at=reading.at,
    )
