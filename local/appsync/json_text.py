"""JSON that clients send and get, also what orjson refuses of it."""

import json
from collections.abc import Iterable
from typing import Any

import orjson

from local.appsync.errors import malformed

# AppSync's parser (Jackson) ends at 1,000; our stack, which must write it again, ends before.
DEEPEST = 900


def read(body: bytes) -> Any:
    """Read JSON; raises Refusal if it is none, or nested too deeply."""
    found = _read(body)
    # Brackets may also stand in strings, so their number only tells what needs no closer look.
    if body.count(b"[") + body.count(b"{") > DEEPEST and _too_deep(found):
        raise malformed()
    return found


def _read(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        pass
    try:
        # Python's knows numbers and halves of surrogate pairs that orjson does not, but also NaN.
        given = json.loads(body, parse_constant=_no_json)
        # Half of a pair has no UTF-8; where Java has to write it, it writes a question mark.
        return json.loads(json.dumps(given, ensure_ascii=False).encode(errors="replace"))
    except (ValueError, RecursionError):
        raise malformed() from None


def _no_json(constant: str) -> Any:
    raise ValueError(f"{constant} is not JSON")


def _too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(DEEPEST):
        level = [inner for each in level for inner in _inside(each)]
    return bool(level)


def _inside(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def dumped(value: Any) -> bytes:
    """Write JSON, also what orjson refuses: great depth, half of a surrogate pair."""
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError:
        return json.dumps(value).encode()
