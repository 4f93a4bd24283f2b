"""What MiniStack's DynamoDB does for every item of an answer, done quicker: run in its process.

Nothing is decided otherwise: what is not plain is left to MiniStack's own functions.
"""

import operator
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import orjson

CONTENT = "application/x-amz-json-1.0"
PAGE_BYTES = 2**20  # of items a Query or Scan reads at most
MANY = 1000  # items; more are measured one by one, up to where the page ends
CLAUSE = re.compile(r"\s*([#\w]+)\s*([<>=])\s*(:\w+)\s*", re.ASCII)
NAME = re.compile(r"\w+", re.ASCII)
TESTS = {"=": operator.eq, "<": operator.lt, ">": operator.gt}
KEYS = "KeyConditionExpression"

Item = dict[str, Any]


def install(dynamodb: Any) -> None:
    """Take the place of MiniStack's functions."""
    dynamodb.json_response = _writing(dynamodb.json_response)
    dynamodb._paginate_evaluated_items = _measuring(dynamodb._paginate_evaluated_items)
    dynamodb._evaluate_condition = _testing(dynamodb._evaluate_condition)
    dynamodb._project_item = _projecting(dynamodb._project_item)
    _spare_counting(dynamodb)


def _writing(stock: Callable[..., Any]) -> Callable[..., Any]:
    def json_response(data: Any, status: int = 200, *, content_type: str = CONTENT) -> Any:
        try:
            return status, {"Content-Type": content_type}, orjson.dumps(data)
        except TypeError:  # such as an integer of more than 64 bits
            return stock(data, status, content_type=content_type)

    return json_response


def _measuring(stock: Callable[..., Any]) -> Callable[..., Any]:
    def paginate(items: Any, limit: Any, table: Any, index_name: Any = None) -> Any:
        if isinstance(items, list):
            most = int(limit) if limit else len(items)
            if most <= MANY and _below_a_page(page := items[:most]):
                return page, limit is not None and len(page) == most
        return stock(items, limit, table, index_name)

    return paginate


def _below_a_page(items: list[Item]) -> bool:
    try:
        # The JSON of an item is never shorter than what the item counts for.
        return len(orjson.dumps(items)) < PAGE_BYTES
    except TypeError:
        return False


def _testing(stock: Callable[..., Any]) -> Callable[..., Any]:
    sound = set[str]()  # key conditions that MiniStack has found nothing wrong with

    def evaluate(
        expr: Any, item: Item, values: Any, names: Any, slot: str = "ConditionExpression"
    ) -> Any:
        if slot == KEYS and expr in sound and _holds(expr, item, values, names):
            return True
        found = stock(expr, item, values, names, slot)
        if slot == KEYS and len(sound) < MANY and _clauses(expr):
            sound.add(expr)
        return found

    return evaluate


def _projecting(stock: Callable[..., Any]) -> Callable[..., Any]:
    def project(item: Item, expression: str, names: dict[str, str] | None) -> Item:
        wanted = _attributes(expression, *(names or {}).items())
        if wanted:
            return {name: item[name] for name in wanted if name in item}
        projected: Item = stock(item, expression, names)
        return projected

    return project


@lru_cache(1024)
def _attributes(expression: str, *names: tuple[str, str]) -> list[str]:
    """Read a projection such as `#a, #b`; any other, or one that may be refused, names none."""
    known = dict(names)
    wanted = [known.get(each.strip(), "") for each in expression.split(",")]
    plain = all(map(NAME.fullmatch, wanted)) and len(set(wanted)) == len(wanted)
    return wanted if plain else []


def _spare_counting(dynamodb: Any) -> None:
    """Count what a batch or a transaction writes to indexes only if that is asked for."""
    count, spared = dynamodb._index_write_units, False

    def units(*arguments: Any) -> Any:
        return 0.0 if spared else count(*arguments)

    def telling(write: Callable[..., Any]) -> Callable[..., Any]:
        def told(data: Any) -> Any:
            nonlocal spared
            spared = data.get("ReturnConsumedCapacity", "NONE") == "NONE"
            try:
                return write(data)
            finally:
                spared = False

        return told

    dynamodb._index_write_units = units
    for name in ("_transact_write_items", "_batch_write_item"):
        setattr(dynamodb, name, telling(getattr(dynamodb, name)))


def _holds(condition: str, item: Item, values: Any, names: Any) -> bool:
    """Tell whether it surely holds: what compares strings, and nothing else."""
    for name, test, reference in _clauses(condition):
        left, right = item.get(names.get(name, name), {}), values.get(reference, {})
        if not ("S" in left and "S" in right and test(left["S"], right["S"])):
            return False
    return True


@lru_cache(1024)
def _clauses(condition: str) -> list[tuple[str, Callable[[Any, Any], bool], str]]:
    """Read a condition such as `#p = :p AND #s > :s`; any other has no clauses."""
    found = [CLAUSE.fullmatch(each) for each in re.split(r"\sAND\s", condition)]
    clauses = [(each[1], TESTS[each[2]], each[3]) for each in found if each]
    return clauses if len(clauses) == len(found) else []
