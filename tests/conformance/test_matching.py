"""The comparison itself: a case can fail only if this can."""

from typing import Any

import pytest

from tests.conformance.matching import differences

INVALID = {
    "path": None,
    "locations": [{"line": 1, "column": 3, "sourceName": None}],
    "message": "m",
}
FAILED = {
    "path": ["a"],
    "data": None,
    "errorType": "T",
    "errorInfo": None,
    "locations": [],
    "message": "m",
}
ERROR = {"$error": "m", "type": "T", "path": ["a"], "at": []}
COMPLETION = {"path": ["a"], "locations": None, "message": "m"}
ALIKE: list[tuple[Any, Any]] = [
    ({"a": [1, None]}, {"a": [1, None]}),
    ({"$any": True}, 0),
    ({"$match": "a.c"}, "a\nc"),
    ({"$contains": [1]}, [2, 1]),
    ({"$contains": ["b", "a"]}, "abc"),
    ({"$has": {"a": 1}}, {"b": 2, "a": 1}),
    ({"$each": {"a": {"$any": True}}}, [{"a": 1}, {"a": 2}]),
    ({"$json": {"a": 1, "b": 2}}, '{"b": 2, "a": 1}'),
    ({"$invalid": "m", "at": [[1, 3]]}, INVALID),
    ({"$completion": "m", "path": ["a"]}, COMPLETION),
    (ERROR, FAILED),
]
DIFFERENT: list[tuple[Any, Any]] = [
    (1, True),
    (False, 0),
    (None, 0),
    ({"a": 1}, {"a": 1, "b": 2}),
    ({"a": 1, "b": 2}, {"a": 1}),
    ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
    ({}, []),
    ([1], [1, 2]),
    ([1, 2], [2, 1]),
    ([], {}),
    ({"$any": True}, None),
    ({"$match": "a"}, "ab"),
    ({"$match": ".*"}, None),
    ({"$contains": [3]}, [2, 1]),
    ({"$contains": ["d"]}, "abc"),
    ({"$contains": ["d"]}, None),
    ({"$has": {"a": None}}, {}),
    ({"$has": {"a": 1}}, {"a": 2}),
    ({"$each": 1}, []),
    ({"$each": 1}, [1, 2]),
    ({"$json": 1}, 1.5),
    ({"$json": {"a": 1}}, '{"a": 2}'),
    ({"$invalid": "m", "at": [[1, 4]]}, INVALID),
    ({"$invalid": "m", "at": [[1, 3]]}, INVALID | {"errorType": "ValidationError"}),
    ({"$invalid": "m", "at": None}, INVALID),
    ({"$completion": "m", "path": ["a"]}, COMPLETION | {"locations": []}),
    (ERROR, dict(reversed(FAILED.items()))),
    (ERROR, FAILED | {"extensions": {}}),
    (ERROR, FAILED | {"data": {}}),
]


@pytest.mark.parametrize(("expected", "got"), ALIKE)
def test_answer_that_is_expected_has_no_differences(expected: Any, got: Any) -> None:
    assert [*differences(expected, got, "body")] == []


@pytest.mark.parametrize(("expected", "got"), DIFFERENT)
def test_answer_that_is_not_expected_has_some(expected: Any, got: Any) -> None:
    assert [*differences(expected, got, "body")] != []


def test_order_of_a_refusal_does_not_matter() -> None:
    assert [*differences({"a": 1, "b": 2}, {"b": 2, "a": 1}, "body", ordered=False)] == []
