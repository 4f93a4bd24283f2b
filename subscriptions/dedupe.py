"""Exactly once: a message becomes one reading, however often and from whichever shard it comes.

A message's marker is written in one transaction with its reading, on the condition that there is
none yet. It names the cursor of the record that won, and so tells two cases apart:

- another record's cursor: a duplicate, which the device or the rule sent twice. That other record's
  own batch sees to publishing it;
- this record's own cursor: the batch was tried before and cut short somewhere behind the store. It
  may not have been published, so it is, again.

No write follows a batch that is done. One that has to come again, such as while AppSync is down,
leaves in its markers what the dump and the topic of alerts have: a hundred tries are one e-mail.

What a batch costs is in docs/calls.md. A BatchGet takes 100 keys. Where devices must be read too,
they displace markers; a message whose marker was not read is taken for new, for its transaction
finds out: a cancelled one is retried without what has a marker by then (1 BatchGet and 1
transaction more). Environments remember devices for some seconds. The last reading of a device
costs no write: it is the end of its readings.

A marker lives a week. Once it has expired, the same message would be a new reading, whether or not
DynamoDB has come round to deleting the marker.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, TypeVar

from resolvers.devices import store
from resolvers.shared.items import Item
from resolvers.shared.table import (
    BATCH_GET_KEYS,
    TRANSACTION_ACTIONS,
    ConditionFailed,
    Store,
    read_together,
    transact,
)
from subscriptions.known import Known
from subscriptions.model import Failed, Message, Sorted

T = TypeVar("T")
TTL = 7 * 24 * 60 * 60
CHUNK = 50  # messages of a transaction, which takes 100 actions
ATTEMPTS = 5
TABLES = (store.devices, store.interest, store.markers)
FREE = "attribute_not_exists(message) OR expiresAt <= :now"


def sort(messages: Sequence[Message], known: Known, now: float) -> Sorted:
    """Tell new messages from those that were seen before and those of unknown devices."""
    markers = _read(messages, known, now)
    result, new = Sorted(), set[str]()
    for message in messages:
        if message.reading.device_id not in known.devices:
            result.unknown.append(message)
        elif message.key in markers:
            result.again += _if_own(message, markers)
        elif message.key not in new:
            new.add(message.key)
            result.new.append(message)
    return result


def _read(messages: Sequence[Message], known: Known, now: float) -> dict[str, Item]:
    """Read what is not known, and the markers for which the calls have room; gives these."""
    ids = list(dict.fromkeys(message.reading.device_id for message in messages))
    devices, interest = known.missing_devices(ids, now), known.missing_interest(ids, now)
    keys = list(dict.fromkeys(message.key for message in messages))
    others = [(store.devices, id) for id in devices] + [(store.interest, id) for id in interest]
    room = max(_calls(keys), _calls(others)) * BATCH_GET_KEYS - len(others)
    found: dict[Store, list[Item]] = {table: [] for table in TABLES}
    for some in _chunks([*others, *((store.markers, key) for key in keys[:room])], BATCH_GET_KEYS):
        asked = [(table, [_key(t, id) for t, id in some if t is table]) for table in TABLES]
        for table, items in zip(TABLES, read_together(asked), strict=True):
            found[table] += items
    known.keep_devices(devices, found[store.devices], now)
    known.keep_interest(interest, found[store.interest], now)
    return _living(found[store.markers], now)


def _key(table: Store, id: str) -> dict[str, str]:
    return {table.table.partition: id}


def _living(markers: Iterable[Item], now: float) -> dict[str, Item]:
    return {each["message"]: each for each in markers if each["expiresAt"] > now}


def _if_own(message: Message, markers: Mapping[str, Item]) -> list[Message]:
    """Give the message, with what its marker knows of it, if it is the one that made the marker."""
    marker = markers.get(message.key, {})
    if marker.get("cursor") != message.reading.cursor:
        return []
    return [replace(message, told=marker.get("told", False))]


def chunks(messages: Sequence[Message]) -> Iterator[Sequence[Message]]:
    """Divide messages into what one transaction takes."""
    return _chunks(messages, CHUNK)


def remember(chunk: Sequence[Message], now: float) -> list[Message]:
    """Store the messages that are new; gives those that now are stored.

    Raises Failed if the chunk cannot be stored now. Then those behind it must wait, for the
    readings of a device may not overtake each other.
    """
    left, stored = list(chunk), list[Message]()
    for _ in range(ATTEMPTS):
        if not left:
            return stored
        try:
            transact([action for message in left for action in _actions(message, now)])
        except ConditionFailed:
            (markers,) = read_together([(store.markers, [{"message": m.key} for m in left])])
            found = _living(markers, now)
            stored += [own for m in left for own in _if_own(m, found)]
            left = [m for m in left if m.key not in found]
        else:
            return sorted([*stored, *left], key=lambda message: message.place)
    raise Failed("others kept writing the same markers")


def _actions(message: Message, now: float) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    return (
        store.markers.put_action(_marker(message, now), FREE, now=int(now)),
        store.readings.put_action(store.reading_item(message.reading)),
    )


def _marker(message: Message, now: float) -> dict[str, Any]:
    key, cursor = message.key, message.reading.cursor
    return {"message": key, "cursor": cursor, "expiresAt": int(now) + TTL}


def keep_told(messages: Sequence[Message], now: float) -> None:
    """Note in stored messages' own markers that dump and topic have them, if nobody is in the way.

    No condition guards them: a marker lives longer than the stream has its record.
    """
    for some in _chunks(messages, TRANSACTION_ACTIONS):
        with suppress(ConditionFailed):
            transact([store.markers.put_action(_marker(m, now) | {"told": True}) for m in some])


def _calls(keys: Sequence[Any]) -> int:
    return -(-len(keys) // BATCH_GET_KEYS)


def _chunks(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    return (items[start : start + size] for start in range(0, len(items), size))
