"""The cases, read and checked."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "cases"
PROVED = ("D", "T", "O", "C")
MARKS = (*PROVED, "E", "unverified")
TWIN, MADE_UP = "twin", "scalars"


@dataclass(frozen=True, slots=True)
class Sent:
    """A request, but for its credentials."""

    method: str = "POST"
    headers: Mapping[str, str | list[str]] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    content: bytes = b""


@dataclass(frozen=True, slots=True)
class Expected:
    """An answer; None where nothing is said."""

    status: int = 200
    headers: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None
    text: Any = None
    calls: list[str] | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """One request and its answer."""

    subject: str
    name: str
    source: str
    mark: str
    request: Sent
    expected: Expected
    who: str = "api_key"
    api: str = TWIN
    functions: Mapping[str, Any] = field(default_factory=dict)
    limits: Mapping[str, Any] = field(default_factory=dict)
    twin_only: str | None = None
    xfail: str | None = None

    @property
    def here_alone(self) -> str | None:
        """Say why this makes no sense on a deployed API; None if it does."""
        if self.api == MADE_UP:
            return "it needs the made-up API"
        return self.twin_only

    @property
    def proved(self) -> bool:
        """Tell whether AppSync is known to answer so."""
        return self.mark in PROVED


def read_cases() -> list[Case]:
    """Read every file."""
    return [case for path in sorted(FOLDER.glob("*.json")) for case in _read_file(path)]


def _read_file(path: Path) -> Iterator[Case]:
    content = json.loads(path.read_text(), object_pairs_hook=_unique)
    for name, given in content["cases"].items():
        try:
            yield _case(path.stem, name, content.get("all", {}) | given)
        except (TypeError, ValueError, KeyError) as error:
            raise ValueError(f"{path.name}, {name}: {error}") from error


def _unique(members: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(members)
    if len(found) != len(members):
        raise ValueError(f"a name twice among {', '.join(name for name, _ in members)}")
    return found


def _case(subject: str, name: str, given: dict[str, Any]) -> Case:
    rest = {key: value for key, value in given.items() if key not in ("from", "note")}
    rest |= {
        "request": _sent(**given.get("request", {})),
        "expected": Expected(**rest.pop("expect")),
    }
    case = Case(subject=subject, name=name, source=given["from"], **rest)
    if case.mark not in MARKS or case.api not in (TWIN, MADE_UP) or "§" not in case.source:
        raise ValueError("its mark, api or source is not one")
    return case


def _sent(
    *, raw: str | None = None, encoding: str = "utf-8", json: Any = None, **given: Any
) -> Sent:
    http = {key: given.pop(key) for key in ("method", "headers", "params") if key in given}
    if raw is not None:
        content = raw.encode(encoding)
    elif "query" in given:
        content = _dumped(given | {"query": _text(given["query"])})
    else:
        content = b"" if json is None else _dumped(json)
    return Sent(content=content, **http)


def _text(query: Any) -> Any:
    if not isinstance(query, dict):
        return query
    part = query["repeat"]
    repeated = "".join(part.replace("%", str(number)) for number in range(query["times"]))
    return f"{query.get('start', '')}{repeated}{query.get('end', '')}"


def _dumped(value: Any) -> bytes:
    return json.dumps(value).encode()
