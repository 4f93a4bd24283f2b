"""What a made-up device measures: values that wander as real ones do."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Metric:
    """A value that wanders around its `middle`, by about `step` each time, within limits."""

    name: str
    unit: str
    middle: float
    step: float
    least: float
    most: float

    def walk(self, chance: random.Random) -> Iterator[float]:
        """Give values for ever: each near the last, and drawn back to the middle."""
        value = self.middle + chance.gauss(0, 3 * self.step)
        while True:
            value += chance.gauss(0, self.step) + (self.middle - value) * 0.01
            value = min(max(value, self.least), self.most)
            yield round(value, 2)


METRICS = (
    Metric("temperature", "C", 21.0, 0.2, -20.0, 60.0),
    Metric("humidity", "%", 45.0, 0.8, 0.0, 100.0),
    Metric("pressure", "hPa", 1013.0, 0.3, 950.0, 1050.0),
    Metric("battery", "V", 3.7, 0.01, 3.0, 4.2),
)


class Sensor:
    """One device's readings. `run` makes the message ids of this run its own."""

    def __init__(self, device: str, run: str, chance: random.Random) -> None:
        self._device, self._run, self._count = device, run, 0
        # No two devices stand in the same room.
        moved = [replace(each, middle=each.middle + chance.gauss(0, each.step)) for each in METRICS]
        self._walks = [(metric, metric.walk(chance)) for metric in moved]

    def reading(self) -> dict[str, Any]:
        """Measure; the metrics take turns."""
        metric, walk = self._walks[self._count % len(self._walks)]
        self._count += 1
        return {
            "id": f"{self._device}-{self._run}-{self._count}",
            "metric": metric.name,
            "value": next(walk),
            "unit": metric.unit,
            "at": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        }
