"""Readings and alerts to subscribers: the mutations that a batch asks AppSync for, in order."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from resolvers.devices.model import Alert
from resolvers.shared.observability import count, logger
from resolvers.shared.shapes import to_json
from subscriptions.known import Known
from subscriptions.model import Message


@dataclass(frozen=True, slots=True)
class Publication:
    """A mutation to be asked for, and its arguments."""

    field: str
    arguments: Mapping[str, Any]


# Asks for mutations and gives those that were refused for good; raises Failed to be tried again.
Publish = Callable[[Sequence[Publication]], Sequence[object]]


def publish(
    messages: Sequence[Message],
    alerts: Sequence[Alert],
    known: Known,
    now: float,
    send: Publish,
) -> None:
    """Publish the readings that somebody may be waiting for, and all alerts."""
    publications = [
        Publication("publishReading", {"input": to_json(message.reading)})
        for message in messages
        if known.watched(message.reading.device_id, now)
    ]
    publications += [Publication("publishAlert", {"input": to_json(alert)}) for alert in alerts]
    if publications and (refused := send(publications)):
        logger.error("publications were refused", extra={"refused": list(map(str, refused[:10]))})
        count("PublicationsRefused", len(refused))
