"""JSON as the Python runtime (awslambdaric) reads and writes it.

The runtime writes Decimals as numbers, digit by digit, bytes as text, and NaN as `NaN`, which is no
JSON; everything else that JSON does not know, it refuses. It uses simplejson, of which two things
are missing here: a namedtuple becomes an array, not an object, and a key of bytes is refused.
"""

import json
import marshal
import math
import re
import secrets
from decimal import Decimal
from typing import Any

import orjson

from local.lambdas.faults import LARGEST_PAYLOAD, Fault

# The standard encoder cannot write a number from text, so a Decimal goes in as a marked string and
# loses its quotes afterwards. The mark is random: no handler's own text has it.
MARK = secrets.token_hex(16)
# How `marshal`, which takes Python's own classes alone, ends an infinite float or a NaN.
NO_NUMBER = re.compile(rb"g.{6}[\xf0-\xff][\x7f\xff]", re.DOTALL)
MARKED = re.compile(f'"{MARK}([^"]*)"')


def decode(event: bytes) -> Any:
    """Read an event."""
    try:
        return json.loads(event)
    except ValueError as error:
        raise Fault("Runtime.UnmarshalError", f"Unable to unmarshal input: {error}") from error


def encode(result: object) -> bytes:
    """Write a handler's result."""
    if isinstance(result, bytes):
        return result
    written = _quickly(result)
    if written is not None and len(written) <= LARGEST_PAYLOAD // 2:
        return written  # else its size counts, and the runtime puts a blank behind each comma
    try:
        text = ENCODER.encode(result)
        return (MARKED.sub(r"\1", text) if MARK in text else text).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise Fault("Runtime.MarshalError", f"Unable to marshal response: {error}") from error


def _quickly(result: Any) -> bytes | None:
    """Write plain data ten times as fast, or give None where the runtime might write it otherwise.

    orjson takes some classes that the runtime refuses, and writes null for a number that is none.
    """
    try:
        plain = NO_NUMBER.search(marshal.dumps(result, 2)) is None
        return orjson.dumps(result) if plain else None
    except (ValueError, TypeError):  # not plain, or a key or a number that orjson does not take
        return None


def _other(value: object) -> object:
    if isinstance(value, Decimal):
        return math.nan if value.is_nan() else f"{MARK}{value}"
    if isinstance(value, bytes):
        return value.decode()
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


ENCODER = json.JSONEncoder(ensure_ascii=False, default=_other)
