"""Records of the stream as readings: decoded, validated, in stored units, with a cursor.

A record is what the rule `ingest` makes of a message: its payload in base64, and the topic's device
id. The cursor is the record's sequence number: it grows within a partition key, a device, through
every split and merge of shards, and its width is fixed, so that texts sort as numbers.
"""

import json
import re
from base64 import b64decode
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from math import isfinite
from typing import Any

from resolvers.devices.model import CURSOR_DIGITS, Reading
from resolvers.shared.arguments import HALF_PAIR
from subscriptions.model import Poison
from subscriptions.units import convert

LONGEST_RECORD = 16_384  # characters of base64; a reading has about 200
LONGEST_ID = 128
LONGEST_METRIC = 64
LONGEST_UNIT = 16
CLOCK_SKEW = timedelta(minutes=5)
EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)  # a clock that was never set stands in 1970
LARGEST, SMALLEST = 1e100, 1e-100  # well within what a table and a GraphQL Float can hold
STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d([.,]\d{1,9})?)?(Z|[+-]\d\d:\d\d)")


def _no_number(name: str) -> Any:
    raise Poison(f"{name} is no JSON")


_json = json.JSONDecoder(parse_constant=_no_number)


def cursor(record: Mapping[str, Any]) -> str:
    """Give the cursor of the reading that a record may become."""
    number: str = record["kinesis"]["sequenceNumber"]
    return number.zfill(CURSOR_DIGITS)


def decode(record: Mapping[str, Any], now: datetime) -> Reading:
    """Read a record; raises Poison if it can never be a reading."""
    data = record["kinesis"]["data"]
    if len(data) > LONGEST_RECORD:
        raise Poison(f"larger than {LONGEST_RECORD:,} characters of base64")
    envelope = _object(data, "the record")
    payload = _object(_text(envelope, "data", LONGEST_RECORD), "the payload")
    unit = None if payload.get("unit") is None else _text(payload, "unit", LONGEST_UNIT)
    value, unit = convert(_number(payload), unit)
    return Reading(
        id=_text(payload, "id", LONGEST_ID),
        device_id=_text(envelope, "deviceId", LONGEST_ID),
        metric=_text(payload, "metric", LONGEST_METRIC),
        value=Decimal(repr(value)),
        at=_moment(payload, now),
        cursor=cursor(record),
        unit=unit,
    )


def _object(data: str, what: str) -> dict[str, Any]:
    try:
        found = _json.decode(b64decode(data).decode())
    except (ValueError, RecursionError):
        raise Poison(f"{what} is not JSON in UTF-8") from None
    if type(found) is not dict:
        raise Poison(f"{what} is no JSON object")
    return found


def _text(given: dict[str, Any], name: str, longest: int) -> str:
    value = given.get(name)
    if value is None:
        raise Poison(f"{name} is missing")
    if type(value) is not str:
        raise Poison(f"{name} is not a text")
    if not 0 < len(value) <= longest or value.isspace() or HALF_PAIR.search(value):
        raise Poison(f"{name} is empty, has more than {longest} characters, or is no text")
    return value


def _number(payload: dict[str, Any]) -> float:
    value = payload.get("value")
    if value is None:
        raise Poison("value is missing")
    if type(value) not in (int, float):  # a boolean would be an int to isinstance
        raise Poison("value is not a number")
    try:
        number = float(value)
    except OverflowError:
        number = float("inf")
    if not isfinite(number) or abs(number) > LARGEST or 0 < abs(number) < SMALLEST:
        raise Poison("value is beyond what can be stored")
    return number


def _moment(payload: dict[str, Any], now: datetime) -> str:
    """Read `at`, and write it in UTC with milliseconds."""
    given = _text(payload, "at", 40)
    try:
        at = datetime.fromisoformat(given)
        if not STAMP.fullmatch(given):
            raise ValueError
        at = at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Poison("at is no date and time with an offset, such as Z") from None
    if at > now + CLOCK_SKEW:
        raise Poison("at is in the future")
    if at < EARLIEST:
        raise Poison(f"at is before {EARLIEST.year}")
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"
