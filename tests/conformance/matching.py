"""Whether an answer is the one expected; README.md tells what may stand in place of a value."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

Differences = Iterator[str]


def differences(expected: Any, got: Any, where: str, *, ordered: bool = True) -> Differences:
    """Say where an answer is not what was expected."""
    if isinstance(expected, dict):
        name = next(iter(expected), "")
        if name in SHAPES:
            yield from differences(SHAPES[name](expected), got, where)
        elif name in MATCHERS:
            yield from MATCHERS[name](expected[name], got, where)
        else:
            yield from _members(expected, got, where, ordered)
    elif isinstance(expected, list):
        yield from _elements(expected, got, where, ordered)
    elif not _same(expected, got):
        yield f"{where}: expected {json.dumps(expected)}, got {json.dumps(got)}"


def _same(expected: Any, got: Any) -> bool:
    # To Python 1, 1.0 and True are equal; JSON tells at least the last apart.
    return bool(expected == got) and isinstance(expected, bool) == isinstance(got, bool)


def _members(expected: dict[str, Any], got: Any, where: str, ordered: bool) -> Differences:
    names = list(got) if isinstance(got, dict) else None
    if names is None or set(names) != set(expected):
        yield f"{where}: expected the members {list(expected)}, got {json.dumps(got)}"
        return
    if ordered and names != list(expected):
        yield f"{where}: expected the order {list(expected)}, got {names}"
    for name, value in expected.items():
        yield from differences(value, got[name], f"{where}.{name}", ordered=ordered)


def _elements(expected: list[Any], got: Any, where: str, ordered: bool) -> Differences:
    if not isinstance(got, list) or len(got) != len(expected):
        yield f"{where}: expected {len(expected)} elements, got {json.dumps(got)}"
        return
    for index, value in enumerate(expected):
        yield from differences(value, got[index], f"{where}[{index}]", ordered=ordered)


def _any(_: Any, got: Any, where: str) -> Differences:
    if got is None:
        yield f"{where}: expected anything but null"


def _match(pattern: str, got: Any, where: str) -> Differences:
    if not isinstance(got, str) or not re.fullmatch(pattern, got, re.DOTALL):
        yield f"{where}: expected to match {pattern}, got {json.dumps(got)}"


def _contains(parts: list[Any], got: Any, where: str) -> Differences:
    for part in parts:
        if isinstance(got, str):
            found = part in got
        else:
            found = isinstance(got, list) and any(not [*differences(part, g, "")] for g in got)
        if not found:
            yield f"{where}: expected to contain {json.dumps(part)}, got {json.dumps(got)}"


def _has(members: dict[str, Any], got: Any, where: str) -> Differences:
    for name, value in members.items():
        if not isinstance(got, dict) or name not in got:
            yield f"{where}: expected a member {name}, got {json.dumps(got)}"
        else:
            yield from differences(value, got[name], f"{where}.{name}")


def _each(expected: Any, got: Any, where: str) -> Differences:
    if not isinstance(got, list) or not got:
        yield f"{where}: expected a list, not empty, got {json.dumps(got)}"
        return
    for index, value in enumerate(got):
        yield from differences(expected, value, f"{where}[{index}]")


def _json(expected: Any, got: Any, where: str) -> Differences:
    try:
        held = json.loads(got)
    except (TypeError, ValueError):
        yield f"{where}: expected a text that holds JSON, got {json.dumps(got)}"
        return
    yield from differences(expected, held, where, ordered=False)


def _invalid(given: dict[str, Any]) -> dict[str, Any]:
    at = given["at"]
    locations = None if at is None else _places(at)
    return {"path": None, "locations": locations, "message": given["$invalid"]}


def _completion(given: dict[str, Any]) -> dict[str, Any]:
    return {"path": given["path"], "locations": None, "message": given["$completion"]}


def _error(given: dict[str, Any]) -> dict[str, Any]:
    return {
        "path": given["path"],
        "data": given.get("data"),
        "errorType": given["type"],
        "errorInfo": None,
        "locations": _places(given["at"]),
        "message": given["$error"],
    }


def _places(at: list[list[int]] | dict[str, Any]) -> Any:
    if isinstance(at, dict):  # a matcher
        return at
    return [{"line": line, "column": column, "sourceName": None} for line, column in at]


MATCHERS: dict[str, Callable[[Any, Any, str], Differences]] = {
    "$any": _any,
    "$match": _match,
    "$contains": _contains,
    "$has": _has,
    "$each": _each,
    "$json": _json,
}
SHAPES: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "$invalid": _invalid,
    "$completion": _completion,
    "$error": _error,
}
