"""The Lambda side of a mutation that evicts: its answer, and its refusals, in an envelope."""

from typing import Any

import pytest

from resolvers.shared.errors import Conflict, InternalError
from resolvers.shared.routing import ContextRouter, Eviction
from tests.unit.calls import event, invoke

router = ContextRouter("shelf")
EVICTION = Eviction("Query.book", {"context.arguments.id": "context.arguments.id"})


@router.mutation(evicts=(EVICTION,))
def put_book(id: str) -> dict[str, Any]:
    if id == "old":
        raise Conflict("somebody else was faster", {"id": id, "version": 2})
    return {"id": id, "pages": 1 // len(id)}


handler = router.handler()


def put(id: str) -> Any:
    return invoke(handler, event("Mutation.putBook", {"id": id}))


def test_value_is_in_an_envelope() -> None:
    assert put("1") == {"data": {"id": "1", "pages": 1}}


def test_refusal_keeps_its_class_and_its_data() -> None:
    assert put("old") == {
        "data": {"id": "old", "version": 2},
        "errorMessage": "somebody else was faster",
        "errorType": "Conflict",
    }


def test_the_unexpected_stays_inside() -> None:
    with pytest.raises(InternalError, match="request-1"):
        put("")


def test_binding_says_what_it_evicts() -> None:
    (binding,) = router.bindings
    assert (binding.coordinate, binding.evicts) == ("Mutation.putBook", (EVICTION,))
