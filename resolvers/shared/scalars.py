"""The nine AWS scalars: what AppSync lets into and out of a field, and its words when it refuses.

The forms are those of AppSync's own scalar descriptions. Where these leave a doubt the stricter
reading is taken, so that what passes here passes on AWS. A value that passes stays as it was given;
only AWSJSON is read on the way in and written on the way out.
"""

import json
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from math import isfinite
from typing import Any, NoReturn

from resolvers.shared.addresses import is_email, is_ip_address, is_url
from resolvers.shared.phones import is_phone


@dataclass(frozen=True, slots=True)
class Scalar:
    """A scalar: its noun in messages, and its two ways; these raise ValueError in its words."""

    name: str
    noun: str
    parse: Callable[[Any], Any]
    serialize: Callable[[Any], Any]


DATE = r"(-(?!0000)[0-9]{4}|[0-9]{4})-(0[1-9]|1[0-2])-([0-2][0-9]|3[01])"
TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]{1,9})?)?"
# Java, AppSync's language, knows no offset beyond 18 hours.
OFFSET = r"(?:Z|[+-](?:(?:0[0-9]|1[0-7]):[0-5][0-9](?::[0-5][0-9])?|18:00(?::00)?))"
WHOLE_DATE = re.compile(f"{DATE}{OFFSET}?")
WHOLE_TIME = re.compile(f"{TIME}{OFFSET}?")
WHOLE_DATE_TIME = re.compile(f"{DATE}T{TIME}{OFFSET}")
LONGEST_MONTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
FEBRUARY = 2

# Years -1000000000 to 1000000000.
FIRST_TIMESTAMP, LAST_TIMESTAMP = -31557014167219200, 31556889864403199

# Outside these Java prints a number with an exponent.
LEAST_PLAIN, MOST_PLAIN = 1e-3, 1e7


def is_date(text: str) -> bool:
    """Tell whether a text is an AWSDate: a day of the calendar, perhaps with an offset."""
    return _on_calendar(WHOLE_DATE.fullmatch(text))


def is_time(text: str) -> bool:
    """Tell whether a text is an AWSTime: at least hours and minutes, perhaps with an offset."""
    return WHOLE_TIME.fullmatch(text) is not None


def is_date_time(text: str) -> bool:
    """Tell whether a text is an AWSDateTime: a day, a time and, always, an offset."""
    return _on_calendar(WHOLE_DATE_TIME.fullmatch(text))


def is_timestamp(value: Any) -> bool:
    """Tell whether a value is an AWSTimestamp: whole seconds since 1970, as an integer."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    return whole and FIRST_TIMESTAMP <= value <= LAST_TIMESTAMP


def _on_calendar(match: re.Match[str] | None) -> bool:
    if match is None:
        return False
    year, month, day = map(int, match.groups())
    return 1 <= day <= _days(year, month)


def _days(year: int, month: int) -> int:
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    return 28 if month == FEBRUARY and not leap else LONGEST_MONTHS[month - 1]


def parse_json(value: Any) -> Any:
    """Read an AWSJSON argument: a text that holds JSON."""
    if isinstance(value, str):
        with suppress(ValueError):
            return _read_json(value)
    raise ValueError(f"Unable to parse {shown(value)} as valid JSON.")


def serialize_json(value: Any) -> str:
    """Write an AWSJSON field as compact JSON; a string that holds JSON counts as what it holds."""
    if isinstance(value, str):
        with suppress(ValueError):
            value = _read_json(value)
    try:
        return _write_json(value)
    except (TypeError, ValueError, RecursionError):
        raise ValueError(f"Unable to serialize {shown(value)} as valid JSON.") from None


def _read_json(text: str) -> Any:
    try:
        return _decode(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _finite(number: str) -> float:
    if isfinite(value := float(number)):
        return value
    raise ValueError(f"{number} is out of range")


def _no_json(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is Python's, not JSON")


_decode = json.JSONDecoder(parse_float=_finite, parse_constant=_no_json).decode
_write_json = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


def shown(value: Any) -> str:
    """Print a value the way AppSync's messages do, which is Java's: `{key=[1.0E10, null]}`."""
    try:
        return _java(value)
    except RecursionError:
        return "…"


def _java(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join([f"{key}={_java(item)}" for key, item in value.items()]) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_java, value)) + "]"
    if isinstance(value, float):
        return _java_double(value)
    if isinstance(value, bool):
        return str(value).lower()
    return "null" if value is None else str(value)


def _java_double(value: float) -> str:
    if value == 0 or not isfinite(value) or LEAST_PLAIN <= abs(value) < MOST_PLAIN:
        return repr(value)
    digits, exponent = f"{Decimal(repr(value)).normalize():e}".split("e")
    return f"{digits}{'' if '.' in digits else '.0'}E{int(exponent)}"


def _judge(verb: str, noun: str, accepts: Callable[[Any], bool]) -> Callable[[Any], Any]:
    def judge(value: Any) -> Any:
        if accepts(value):
            return value
        raise ValueError(f"Unable to {verb} `{shown(value)}` as a valid {noun}.")

    return judge


def _checked(name: str, noun: str, accepts: Callable[[Any], bool]) -> Scalar:
    return Scalar(name, noun, _judge("parse", noun, accepts), _judge("serialize", noun, accepts))


def _text(name: str, noun: str, accepts: Callable[[str], bool]) -> Scalar:
    return _checked(name, noun, lambda value: isinstance(value, str) and accepts(value))


# Seen on AWS: "date", "DateTime Object", "timestamp", "phone number" and JSON's own sentence.
# Guesses: "time", "email address", "URL", "IP address". In 2019 a hint about its limits was seen
# behind a timestamp refused on the way out; in 2026 it was not.
SCALARS: Mapping[str, Scalar] = {
    scalar.name: scalar
    for scalar in (
        _text("AWSDate", "date", is_date),
        _text("AWSTime", "time", is_time),
        _text("AWSDateTime", "DateTime Object", is_date_time),
        _checked("AWSTimestamp", "timestamp", is_timestamp),
        _text("AWSEmail", "email address", is_email),
        Scalar("AWSJSON", "JSON", parse_json, serialize_json),
        _text("AWSURL", "URL", is_url),
        _text("AWSPhone", "phone number", is_phone),
        _text("AWSIPAddress", "IP address", is_ip_address),
    )
}
