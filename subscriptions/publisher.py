"""Readings and alerts to subscribers: the mutations that a batch asks AppSync for, in order."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from resolvers.devices.model import Alert
from resolvers.shared.operations import Publication
from resolvers.shared.shapes import to_json
from subscriptions.known import Known

# `resolvers.shared.publish.publish`, or what stands in for it.
Send = Callable[[Sequence[Publication]], object]


def publish(
    readings: Sequence[Mapping[str, Any]],
    alerts: Sequence[Alert],
    known: Known,
    now: float,
    send: Send,
) -> None:
    """Publish the readings that somebody may be waiting for, and all alerts."""
    publications = [
        Publication("publishReading", {"input": reading})
        for reading in readings
        if known.watched(reading["deviceId"], now)
    ]
    publications += [Publication("publishAlert", {"input": to_json(alert)}) for alert in alerts]
    if publications:
        send(publications)
