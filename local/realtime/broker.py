"""Who gets an event: subscribers are found by what they wait for, and all alike get the same bytes.

Subscribers with the same document, the same view of the schema and the same filter are an audience.
An event is matched with audiences, cut once for each projection, and handed to their members as the
same bytes.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import orjson
from graphql import GraphQLSchema

from infra.contract import heard_of
from local.realtime.index import Group, Index
from local.realtime.projection import Projection
from local.realtime.socket import LARGEST_MESSAGE


class Subscriber(Protocol):
    """One subscription of one connection."""

    def deliver(self, event: bytes) -> None:
        """Send an event: its JSON, `{"data": …}`, and the brace that ends the frame around it."""

    def invalidated(self) -> None:
        """End: what let the caller subscribe holds no longer."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a subscriber waits for, and how it wants it told.

    `invalidation` matches what ends the subscription; None if nothing does.
    """

    field: str
    groups: tuple[Group, ...]
    invalidation: tuple[Group, ...] | None
    projection: Projection


@dataclass(eq=False, slots=True)
class Audience:
    """Subscribers that want the same."""

    wanted: Wanted
    members: dict[Subscriber, None] = field(default_factory=dict)


@dataclass(slots=True)
class _Field:
    """The audiences of one subscription field."""

    events: Index[Audience] = field(default_factory=Index)
    ends: Index[Audience] = field(default_factory=Index)


class Broker:
    """The subscribers of one API."""

    def __init__(self, mutations: Mapping[str, Iterable[str]], log: Callable[[str], None]) -> None:
        """`mutations` tells which subscription fields hear of a mutation field, see `heard_by`."""
        self._heard_by = {name: tuple(fields) for name, fields in mutations.items()}
        self._log = log
        self._fields: dict[str, _Field] = {}
        self._audiences: dict[Wanted, Audience] = {}
        self._told: set[tuple[str, ...]] = set()

    def add(self, wanted: Wanted, subscriber: Subscriber) -> None:
        """Let a subscriber hear of every event from now on."""
        audience = self._audiences.get(wanted)
        if audience is None:
            audience = self._audiences[wanted] = Audience(wanted)
            indexes = self._fields.setdefault(wanted.field, _Field())
            indexes.events.add(wanted.groups, audience)
            if wanted.invalidation is not None:
                indexes.ends.add(wanted.invalidation, audience)
        audience.members[subscriber] = None

    def remove(self, wanted: Wanted, subscriber: Subscriber) -> None:
        """Let a subscriber hear no more; one that is not there, too."""
        audience = self._audiences.get(wanted)
        if audience is None or subscriber not in audience.members:
            return
        del audience.members[subscriber]
        if not audience.members:
            del self._audiences[wanted]
            indexes = self._fields[wanted.field]
            indexes.events.remove(audience)
            if wanted.invalidation is not None:
                indexes.ends.remove(audience)

    def completed(self, mutation: str, value: Any) -> None:
        """Tell subscribers what a mutation's field answered; of null there is nothing to tell."""
        if value is None:
            return
        for name in self._heard_by.get(mutation, ()):
            self.publish(name, value)

    def publish(self, name: str, value: Any) -> None:
        """Tell the subscribers of one field; `value` is cut to the mutation's own selection."""
        indexes = self._fields.get(name)
        if indexes is None:
            return
        audiences = indexes.events.matching(value)
        if not audiences:
            self._unheard(name, indexes.events.missing(value))
            return
        if self._too_large(name, len(orjson.dumps(value))):
            return
        written: dict[Projection, bytes] = {}
        for audience in audiences:
            projection = audience.wanted.projection
            event = written.get(projection)
            if event is None:
                event = written[projection] = self._written(projection, name, value)
            for member in tuple(audience.members):
                member.deliver(event)

    def invalidate(self, name: str, payload: Mapping[str, Any]) -> None:
        """End the subscriptions of a field whose invalidation filter matches a payload."""
        if indexes := self._fields.get(name):
            for audience in indexes.ends.matching(payload):
                for member in tuple(audience.members):
                    member.invalidated()

    def counts(self) -> dict[str, int]:
        """Count the subscriptions of each field that has any."""
        counted: dict[str, int] = {}
        for wanted, audience in self._audiences.items():
            counted[wanted.field] = counted.get(wanted.field, 0) + len(audience.members)
        return counted

    def _unheard(self, name: str, missing: list[str]) -> None:
        """Tell, once, why subscribers may have been passed over: the most common of mistakes."""
        if missing and (name, *missing) not in self._told:
            self._told.add((name, *missing))
            lacking = ", ".join(missing)
            self._log(f"{name}: an event reached nobody; its mutation did not select {lacking}")

    def _written(self, projection: Projection, name: str, value: Any) -> bytes:
        untroubled = projection.trouble is None
        event = projection.payload(name, value) + b"}"
        if untroubled and projection.trouble:
            # The usual reason: an event has no more fields than its mutation selected.
            self._log(f"{name}: an event did not fit its subscribers: {projection.trouble}")
        return event

    def _too_large(self, name: str, size: int) -> bool:
        if size <= LARGEST_MESSAGE:
            return False
        # AppSync tells neither the publisher nor the subscriber; here, at least the log does.
        self._log(f"{name}: an event of {size} bytes was dropped, as AppSync does over 240 KB")
        return True


def heard_by(contract: GraphQLSchema) -> dict[str, list[str]]:
    """Read from `@aws_subscribe` which subscription fields hear of each mutation field."""
    found: dict[str, list[str]] = {}
    kind = contract.subscription_type
    for name, declared in kind.fields.items() if kind else ():
        for mutation in heard_of(declared.ast_node) if declared.ast_node else ():
            found.setdefault(mutation, []).append(name)
    return found
