"""Which subscriptions an event is for, found without looking at all of them.

A group of conditions is filed under the names of its equality conditions, then under their values;
an event is looked up once per distinct set of names. What a group asks beyond equality is checked
afterwards, once for all subscriptions that ask the same.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any, Generic, TypeAlias, TypeVar

from local.realtime.filters import Filter, FilterGroup

K = TypeVar("K", bound=Hashable)
Path: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Check:
    """A condition other than equality; `operand` is a tuple where the operator takes a list."""

    path: Path
    operator: str
    operand: Any

    def fits(self, payload: Mapping[str, Any]) -> bool:
        """Tell whether the payload fulfils it; a field that is null or missing fulfils none."""
        value = _find(payload, self.path)
        return value is not None and OPERATORS[self.operator](value, self.operand)


@dataclass(frozen=True, slots=True)
class Group:
    """Conditions that must all hold: equalities, as paths and their values, and other checks."""

    paths: tuple[Path, ...] = ()
    values: tuple[Hashable, ...] = ()
    checks: frozenset[Check] = frozenset()

    @property
    def names(self) -> list[str]:
        """Name the fields that it looks at."""
        return [path[0] for path in (*self.paths, *(check.path for check in self.checks))]


def basic(arguments: Mapping[str, Any]) -> list[Group]:
    """File a subscription by its arguments: each is an equality on the payload's field.

    None, be it a literal null or an unset variable, asks for the field to be null or missing.
    """
    return [_group([((name,), comparable(value)) for name, value in arguments.items()])]


def enhanced(filter_group: FilterGroup) -> list[Group]:
    """File a subscription by AppSync's filterGroup JSON; an `in` is as many equalities."""
    groups = [element["filters"] for element in filter_group["filterGroup"]]
    return [group for filters in groups for group in _enhanced(filters)]


def _enhanced(filters: list[Filter]) -> Iterator[Group]:
    equalities = [
        [(_path(f), comparable(value)) for value in _alternatives(f)]
        for f in filters
        if f["operator"] in ("eq", "in")
    ]
    checks = frozenset(
        Check(_path(f), f["operator"], _frozen(f["value"]))
        for f in filters
        if f["operator"] not in ("eq", "in")
    )
    for chosen in product(*equalities):
        yield _group(chosen, checks)


def _alternatives(given: Filter) -> list[Any]:
    return given["value"] if given["operator"] == "in" else [given["value"]]


def _path(given: Filter) -> Path:
    return tuple(given["fieldName"].split("."))


def _group(
    equalities: Iterable[tuple[Path, Hashable]], checks: frozenset[Check] = frozenset()
) -> Group:
    ordered = sorted(equalities, key=lambda pair: pair[0])
    return Group(tuple(path for path, _ in ordered), tuple(value for _, value in ordered), checks)


class Index(Generic[K]):
    """The subscriptions of one field; a key stands for one subscription, or all that are alike."""

    def __init__(self) -> None:
        self._filed: dict[
            tuple[Path, ...], dict[tuple[Hashable, ...], dict[frozenset[Check], dict[K, None]]]
        ] = {}
        self._groups: dict[K, list[Group]] = {}
        self._names: Counter[str] = Counter()  # of the fields that groups look at

    def __len__(self) -> int:
        return len(self._groups)

    def __contains__(self, key: K) -> bool:
        return key in self._groups

    def add(self, groups: Iterable[Group], key: K) -> None:
        """File a subscription; one that has this key already gives way."""
        self.remove(key)
        self._groups[key] = list(groups)
        for group in self._groups[key]:
            self._names.update(group.names)
            by_values = self._filed.setdefault(group.paths, {})
            by_checks = by_values.setdefault(group.values, {})
            by_checks.setdefault(group.checks, {})[key] = None

    def remove(self, key: K) -> None:
        """Forget a subscription, if it is there."""
        groups = self._groups.pop(key, [])
        for group in groups:
            self._names.subtract(group.names)
        for group in dict.fromkeys(groups):
            by_values = self._filed[group.paths]
            by_checks = by_values[group.values]
            keys = by_checks[group.checks]
            del keys[key]
            if not keys:
                del by_checks[group.checks]
            if not by_checks:
                del by_values[group.values]
            if not by_values:
                del self._filed[group.paths]

    def missing(self, payload: Any) -> list[str]:
        """Name the fields that subscriptions look at and the event does not have at all."""
        fields = payload if isinstance(payload, dict) else {}
        asked = (name for name, count in self._names.items() if count)
        return sorted(name for name in asked if name not in fields)

    def matching(self, payload: Any) -> list[K]:
        """List the keys that an event is for, each once; a list of objects has no fields."""
        fields = payload if isinstance(payload, dict) else {}
        found: list[dict[K, None]] = []
        for paths, by_values in self._filed.items():
            values = tuple([_value(fields, path) for path in paths])
            for checks, keys in by_values.get(values, {}).items():
                if not checks or all(check.fits(fields) for check in checks):
                    found.append(keys)
        if len(found) == 1:
            return list(found[0])
        return list(dict.fromkeys(key for keys in found for key in keys))


def comparable(value: Any) -> Hashable:
    """Give a stand-in for a JSON value, equal exactly where the values are: true is not 1."""
    kind = type(value)
    if kind is bool:
        return ("bool", value)
    if kind is list:
        return ("list", *map(comparable, value))
    if kind is dict:
        return ("dict", frozenset((name, comparable(item)) for name, item in value.items()))
    hashable: Hashable = value
    return hashable


def _value(payload: Mapping[str, Any], path: Path) -> Hashable:
    value = payload.get(path[0]) if len(path) == 1 else _find(payload, path)
    return value if type(value) is str else comparable(value)  # texts are what filters ask most


def _find(payload: Any, path: Path) -> Any:
    """Follow a path; what is not there is None."""
    for name in path:
        if not isinstance(payload, dict):
            return None
        payload = payload.get(name)
    return payload


def _frozen(value: Any) -> Any:
    return tuple(map(comparable, value)) if isinstance(value, list) else value


def _alike(left: Any, right: Any) -> bool:
    """Tell whether two scalars are of one kind: numbers, texts or booleans."""
    return _kind(left) is not None and _kind(left) is _kind(right)


def _kind(value: Any) -> type | None:
    kind = type(value)
    return float if kind is int else kind if kind in (float, str, bool) else None


def _ordered(test: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    return lambda value, operand: (
        _alike(value, operand) and type(value) is not bool and test(value, operand)
    )


def _contains(value: Any, operand: Any) -> bool:
    if isinstance(value, str):
        return isinstance(operand, str) and operand in value
    return isinstance(value, list) and comparable(operand) in map(comparable, value)


def _not_contains(value: Any, operand: Any) -> bool:
    if isinstance(value, str):
        return isinstance(operand, str) and operand not in value
    return isinstance(value, list) and comparable(operand) not in map(comparable, value)


def _differs(value: Any, operand: Any) -> bool:
    return _alike(value, operand) and value != operand


OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "ne": _differs,
    "lt": _ordered(lambda value, operand: value < operand),
    "le": _ordered(lambda value, operand: value <= operand),
    "gt": _ordered(lambda value, operand: value > operand),
    "ge": _ordered(lambda value, operand: value >= operand),
    "between": lambda value, bounds: (
        OPERATORS["ge"](value, bounds[0]) and OPERATORS["le"](value, bounds[1])
    ),
    "contains": _contains,
    "notContains": _not_contains,
    "beginsWith": lambda value, operand: isinstance(value, str) and value.startswith(operand),
    "notIn": lambda value, operands: all(_differs(value, operand) for operand in operands),
    "containsAny": lambda value, operands: (
        isinstance(value, list) and not set(operands).isdisjoint(map(comparable, value))
    ),
}
