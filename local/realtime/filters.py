"""A declared filter and a subscription's arguments, made AppSync's filterGroup JSON.

On AWS a few lines of JavaScript do this (infra/local_resolvers.py), then AppSync checks its limits;
tests hold the two equal. Texts of AppSync's limits that nobody has published are ours, and marked.
"""

from collections.abc import Iterable, Mapping, Sequence
from math import prod
from typing import Any, TypeAlias

from local.appsync.errors import FieldError
from resolvers.shared.local_resolvers import Argument, Condition, Identity, Own, Subscription

Filter: TypeAlias = dict[str, Any]  # fieldName, operator, value
FilterGroup: TypeAlias = dict[str, list[dict[str, list[Filter]]]]
Arguments: TypeAlias = Mapping[str, Any]
_Partial: TypeAlias = tuple[list[Filter], list[Mapping[str, Any]]]

MOST_GROUPS = 10
MOST_FIELDS = 5
MOST_LEVELS = 5
LONGEST_STRING = 256
MOST_VALUES = {"in": 5, "notIn": 5, "containsAny": 20}
MOST_NODES = 32  # objects of a filter argument that meet in one group; ours, see `_expanded`
SCALARS = (str, int, float)

COMBINATIONS = f"Filters combination exceed maximum limit {MOST_GROUPS} for subscription."
ATTRIBUTES = f"Filters exceed maximum attributes limit {MOST_FIELDS} for subscription."
REPEATED = "filter uses same fieldName multiple time"
NESTED = "The filter is nested too deep."
SIGNED_IN = "This is for people who have signed in."


class FilterRefused(FieldError):
    """A filter beyond AppSync's limits; its frame says `{"message": …, "errorCode": 400}`."""

    def __init__(self, message: str) -> None:
        super().__init__("BadRequestException", message)


def filter_group(declared: Subscription, arguments: Arguments, identity: Any) -> FilterGroup:
    """Give the filter of a subscription; raises FieldError where AppSync refuses it.

    `arguments` are the coerced ones, `identity` is the event's: a mapping, or None for an API key.
    """
    asked = asked_groups(declared, arguments, identity)
    check(asked)
    return _json(asked)


def asked_groups(declared: Subscription, arguments: Arguments, identity: Any) -> list[list[Filter]]:
    """Give the groups as AppSync's JavaScript makes them, before AppSync looks at its limits."""
    given = arguments.get(declared.replaced_by) if declared.replaced_by else None
    fixed = [
        part
        for condition in declared.filter
        for part in _filters(condition, arguments, identity, replaced=given is not None)
    ]
    groups = [fixed] if given is None else _expanded(given, fixed)
    everything = {"fieldName": declared.filter[0].field, "operator": "ne", "value": ""}
    return [group or [everything] for group in groups]


def invalidation_group(
    declared: Subscription, arguments: Arguments, identity: Any
) -> FilterGroup | None:
    """Give the filter that tells which invalidations end this subscription; None: none does."""
    found = [
        part
        for condition in declared.invalidation
        for part in _filters(condition, arguments, identity, replaced=False)
    ]
    check([found])
    return _json([found]) if found else None


def _filters(
    condition: Condition | Own, arguments: Arguments, identity: Any, *, replaced: bool
) -> list[Filter]:
    if isinstance(condition, Own):
        return _own(condition, arguments, identity, replaced=replaced)
    value: Any = condition.value
    if isinstance(value, Argument):
        value = None if replaced else arguments.get(value.name)
        if value is None:
            return []
    elif isinstance(value, Identity):
        value = _of_caller(identity, value.name)
    elif isinstance(value, tuple):
        value = list(value)
    return [_filter(condition.field, condition.operator, value)]


def _own(own: Own, arguments: Arguments, identity: Any, *, replaced: bool) -> list[Filter]:
    asked = arguments.get(own.field)
    if own.unless and own.unless in ((identity or {}).get("groups") or ()):
        return [] if asked is None or replaced else [_filter(own.field, "eq", asked)]
    person = _of_caller(identity, "sub")
    if asked is not None and asked != person:
        raise FieldError("Forbidden", f"{own.field}: you may subscribe to your own alone")
    return [_filter(own.field, "eq", person)]


def _of_caller(identity: Any, name: str) -> Any:
    value = (identity or {}).get(name)
    if value is None:
        raise FieldError("Forbidden", SIGNED_IN)
    return value


def _expanded(given: Mapping[str, Any], fixed: list[Filter]) -> list[list[Filter]]:
    """Spread and/or into groups of conditions.

    In rounds, each of which takes one object of every unfinished group: AppSync's JavaScript, which
    must do the same, knows neither recursion nor `while`.
    """
    partials: list[_Partial] = [(fixed, [given])]
    for _ in range(MOST_NODES):
        partials = [forked for partial in partials for forked in _forked(partial)]
        if len(partials) > MOST_GROUPS:
            break  # more than AppSync takes, whatever the rest is
    if len(partials) <= MOST_GROUPS and any(waiting for _, waiting in partials):
        raise FieldError("BadRequestException", NESTED)
    return [done for done, _ in partials]


def _forked(partial: _Partial) -> list[_Partial]:
    done, waiting = partial
    if not waiting:
        return [partial]
    first, *others = waiting
    done = [*done, *_conditions(first)]
    waiting = [*others, *(first.get("and") or ())]
    choices = first.get("or") or ()
    return [(done, [*waiting, choice]) for choice in choices] or [(done, waiting)]


def _conditions(given: Mapping[str, Any]) -> Iterable[Filter]:
    for name, operators in given.items():
        if name not in ("and", "or"):
            wanted = operators if isinstance(operators, Mapping) else {"eq": operators}
            for operator, value in wanted.items():
                if value is not None:
                    yield _filter(name, operator, value)


def _filter(name: str, operator: str, value: Any) -> Filter:
    return {"fieldName": name, "operator": operator, "value": value}


def _json(groups: list[list[Filter]]) -> FilterGroup:
    return {"filterGroup": [{"filters": group} for group in groups]}


def check(groups: Sequence[list[Filter]]) -> None:
    """Raise FilterRefused where AppSync's limits do not allow a filter."""
    if len(groups) > MOST_GROUPS:
        raise FilterRefused(COMBINATIONS)
    for group in groups:
        _check_names([each["fieldName"] for each in group])
        for each in group:
            _check_value(each["operator"], each["value"])
    # AppSync makes a group of every value of an `in`.
    chosen = [[len(f["value"]) for f in group if f["operator"] == "in"] for group in groups]
    if sum(map(prod, chosen)) > MOST_GROUPS:
        raise FilterRefused(COMBINATIONS)


def _check_names(names: list[str]) -> None:
    if len(set(names)) > MOST_FIELDS:
        raise FilterRefused(ATTRIBUTES)
    if len(set(names)) < len(names):
        raise FilterRefused(REPEATED)
    if any(name.count(".") >= MOST_LEVELS for name in names):  # the text is ours
        raise FilterRefused(f"fieldName exceeds maximum nesting {MOST_LEVELS} for subscription.")


def _check_value(operator: str, value: Any) -> None:
    values = value if isinstance(value, list) else [value]
    if len(values) > (most := MOST_VALUES.get(operator, len(values))):
        raise FilterRefused(
            f"subscription exceeds maximum value limit {most} for operator `{operator}`."
        )
    if any(isinstance(each, str) and len(each) > LONGEST_STRING for each in values):  # ours
        raise FilterRefused(f"value exceeds maximum length {LONGEST_STRING} for subscription.")
    if not _fits(operator, value, values):  # ours
        raise FilterRefused(f"invalid value for operator `{operator}`.")


def _fits(operator: str, value: Any, values: list[Any]) -> bool:
    """Tell whether an operator takes such values."""
    if isinstance(value, list) is not (operator in (*MOST_VALUES, "between")):
        return False
    if operator == "between" and len(values) != len(("low", "high")):
        return False
    if operator == "beginsWith":
        return isinstance(value, str)
    may_be_bool = operator in ("eq", "ne", "contains", "notContains", "containsAny")
    return bool(values) and all(
        isinstance(each, SCALARS) and (may_be_bool or not isinstance(each, bool)) for each in values
    )
