"""JSON as the Python runtime (awslambdaric) reads and writes it.

The runtime writes Decimals as numbers, digit by digit, bytes as text, and NaN as `NaN`, which is no
JSON; everything else that JSON does not know, it refuses. It uses simplejson, of which two things
are missing here: a namedtuple becomes an array, not an object, and a key of bytes is refused.
"""

import json
import math
import re
import secrets
from decimal import Decimal
from typing import Any

from local.lambdas.faults import Fault

# The standard encoder cannot write a number from text, so a Decimal goes in as a marked string and
# loses its quotes afterwards. The mark is random: no handler's own text has it.
MARK = secrets.token_hex(16)
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
    try:
        text = ENCODER.encode(result)
        return (MARKED.sub(r"\1", text) if MARK in text else text).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise Fault("Runtime.MarshalError", f"Unable to marshal response: {error}") from error


def _other(value: object) -> object:
    if isinstance(value, Decimal):
        return math.nan if value.is_nan() else f"{MARK}{value}"
    if isinstance(value, bytes):
        return value.decode()
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


ENCODER = json.JSONEncoder(ensure_ascii=False, default=_other)
