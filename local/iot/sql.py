"""The part of AWS IoT's SQL that the declared rules use; anything else is refused at the start."""

import base64
import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4


@dataclass(frozen=True, slots=True)
class Message:
    """What a rule sees of a message; `received` is in epoch milliseconds."""

    topic: str
    payload: bytes
    client: str
    received: int


class RuleError(Exception):
    """A rule is not understood, or a message is none that its rule can work on."""


Expression = Callable[[Message], Any]
ITEM = re.compile(r"(?P<expression>.+?)(?:\s+AS\s+(?P<alias>\w+))?", re.IGNORECASE | re.DOTALL)
CALL = re.compile(r"(\w+)\((.*)\)", re.DOTALL)
PATH = re.compile(r"[A-Za-z_]\w*(\.\w+)*")
NUMBER = re.compile(r"-?\d+(\.\d+)?")
TEXT = re.compile(r"'([^']*)'")
HOLE = re.compile(r"\$\{([^}]*)\}")


def selection(select: str) -> Callable[[Message], bytes]:
    """Compile what is selected; what it makes of a message is JSON. Raises RuleError."""
    items = [_item(text) for text in _split(select)]
    every = any(name is None for name, _ in items)
    named = [(name, compute) for name, compute in items if name is not None]

    def shape(message: Message) -> bytes:
        found = dict(_object(message)) if every else {}
        found.update({name: compute(message) for name, compute in named})
        return json.dumps(found, ensure_ascii=False, separators=(",", ":")).encode()

    return shape


def template(text: str) -> Callable[[Message], str]:
    """Compile a text with `${…}` in it; raises RuleError."""
    holes = {found: _expression(found) for found in HOLE.findall(text)}
    return lambda message: HOLE.sub(lambda hole: str(holes[hole[1]](message)), text)


def _item(text: str) -> tuple[str | None, Expression]:
    found = ITEM.fullmatch(text)
    if found is None:
        raise RuleError(f"{text!r} is not understood")
    expression, alias = found["expression"], found["alias"]
    if expression == "*" and alias is None:
        return None, _object
    return alias or expression, _expression(expression)


def _expression(text: str) -> Expression:
    if literal := TEXT.fullmatch(text):
        return lambda _: literal[1]
    if NUMBER.fullmatch(text):
        number = json.loads(text)
        return lambda _: number
    if call := CALL.fullmatch(text):
        return _call(call[1].lower(), list(_split(call[2])))
    if PATH.fullmatch(text):
        return lambda message: _at(text, message)
    raise RuleError(f"{text!r} is not understood")


def _call(name: str, arguments: list[str]) -> Expression:
    match name, arguments:
        case "topic", []:
            return lambda message: message.topic
        case "topic", [position] if position.isdigit() and int(position):
            return lambda message: _level(message.topic, int(position))
        case "timestamp", []:
            return lambda message: message.received
        case "clientid", []:
            return lambda message: message.client
        case "newuuid", []:
            return lambda _: str(uuid4())
        case "encode", [value, "'base64'"]:
            return _encoded(value)
    raise RuleError(f"{name}({', '.join(arguments)}) is not understood")


def _encoded(value: str) -> Expression:
    if value == "*":
        return lambda message: base64.b64encode(message.payload).decode()
    inner = _expression(value)
    return lambda message: base64.b64encode(str(inner(message)).encode()).decode()


def _level(topic: str, position: int) -> str | None:
    levels = topic.split("/")
    return levels[position - 1] if position <= len(levels) else None


def _object(message: Message) -> dict[str, Any]:
    try:
        found = json.loads(message.payload)
    except ValueError:
        raise RuleError("the payload is no JSON") from None
    if not isinstance(found, dict):
        raise RuleError("the payload is no JSON object")
    return found


def _at(path: str, message: Message) -> Any:
    value: Any = _object(message)
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _split(text: str) -> Iterator[str]:
    """Cut at the commas that are neither within parentheses nor within quotes."""
    depth, quoted, start = 0, False, 0
    for index, letter in enumerate(text):
        quoted ^= letter == "'"
        if not quoted:
            depth += {"(": 1, ")": -1}.get(letter, 0)
            if letter == "," and not depth:
                yield text[start:index].strip()
                start = index + 1
    if last := text[start:].strip():
        yield last


def now() -> int:
    """Give the time in epoch milliseconds."""
    return time.time_ns() // 1_000_000
