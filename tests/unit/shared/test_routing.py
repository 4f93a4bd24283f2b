"""The edge of a context: bindings, arguments, envelopes and errors."""

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest

from resolvers.shared.errors import Conflict, Forbidden, InternalError, Invalid, NotFound, TooMany
from resolvers.shared.identity import Caller, Mode
from resolvers.shared.observability import logger
from resolvers.shared.routing import Binding, Cache, ContextRouter
from resolvers.shared.selection import Selection
from tests.unit.calls import USER, batch, event, invoke

SECRET = "postgres://ada:lovelace@db"


@dataclass(frozen=True)
class NoteInput:
    """An input type with a keyword, a number and a default."""

    from_: str
    unit_price: Decimal
    tags: tuple[str, ...] = ()


router = ContextRouter("notes")
asked: list[list[Any]] = []


@router.query(cache=Cache(ttl=60, keys=("context.arguments.fromDay",)))
def notes_of_day(from_day: str, from_: int | None = None, in_: str = "x") -> list[Any]:
    return [from_day, from_, in_]


@router.mutation()
def put_note(input: NoteInput, by: Caller) -> dict[str, Any]:
    return {"kept": input, "by": by.username, "mode": by.mode}


@router.query()
def fail(kind: str) -> None:
    errors: dict[str, Exception] = {
        "NotFound": NotFound("There is no note 7."),
        "Invalid": Invalid("kind", "is bad"),
        "Conflict": Conflict("Somebody was faster."),
        "Forbidden": Forbidden("Not yours."),
        "TooMany": TooMany("Slow down."),
        "KeyError": KeyError(SECRET),
    }
    raise errors[kind]


@router.batch("Note", "author", max_batch=50)
def note_author(parents: list[dict[str, Any]], upper: bool = False) -> list[Any]:
    asked.append([parent["id"] for parent in parents])
    known: dict[str, Any] = {
        "1": {"name": "ada", "born": Decimal("1815.5")},
        "2": NotFound("There is no author of 2."),
        "3": None,
        "broken": ValueError(SECRET),
    }
    authors = [known[parent["id"]] for parent in parents if parent["id"] != "lost"]
    return [{"name": "ADA"} if upper and author else author for author in authors]


handler = router.handler()


@pytest.fixture
def log() -> Iterator[StringIO]:
    stream = StringIO()
    listener = logging.StreamHandler(stream)
    listener.setFormatter(logger.registered_formatter)
    logger.addHandler(listener)
    yield stream
    logger._logger.removeHandler(listener)


def test_bindings_are_data() -> None:
    bindings = {binding.coordinate: binding for binding in router.bindings}
    assert list(bindings) == ["Query.notesOfDay", "Mutation.putNote", "Query.fail", "Note.author"]
    assert bindings["Query.notesOfDay"].cache == Cache(60, ("context.arguments.fromDay",))
    assert bindings["Note.author"] == Binding("notes", "Note", "author", note_author, 50)


@pytest.mark.parametrize(
    ("place", "parameters"),
    [(0, ["from_day", "from_", "in_"]), (1, ["input"]), (3, ["upper"])],
)
def test_parameters_are_the_arguments_alone(place: int, parameters: list[str]) -> None:
    assert list(router.bindings[place].parameters) == parameters


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"fromDay": "monday"}, ["monday", None, "x"]),
        ({"fromDay": "monday", "from": 3, "in": "y"}, ["monday", 3, "y"]),
        ({"fromDay": "monday", "from": None}, ["monday", None, "x"]),
    ],
)
def test_arguments_get_python_names(arguments: dict[str, Any], expected: list[Any]) -> None:
    assert invoke(handler, event("Query.notesOfDay", arguments)) == expected


def test_input_becomes_its_dataclass_and_the_answer_json() -> None:
    given = {"from": "here", "unitPrice": 12.99}
    answer = invoke(handler, event("Mutation.putNote", {"input": given}, identity=USER))
    assert answer == {
        "kept": {"from": "here", "unitPrice": 12.99, "tags": []},
        "by": "ada",
        "mode": Mode.USER_POOL.value,
    }


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("NotFound", "There is no note 7."),
        ("Invalid", "kind: is bad"),
        ("Conflict", "Somebody was faster."),
        ("Forbidden", "Not yours."),
        ("TooMany", "Slow down."),
    ],
)
def test_domain_error_passes_under_its_own_name(kind: str, message: str, log: StringIO) -> None:
    with pytest.raises(Exception) as failure:
        invoke(handler, event("Query.fail", {"kind": kind}))
    assert (type(failure.value).__name__, str(failure.value)) == (kind, message)
    assert log.getvalue() == ""


@pytest.mark.parametrize(
    "payload",
    [
        event("Query.fail", {"kind": "KeyError"}),
        event("Query.unknown", {}),
        event("Query.notesOfDay", {"fromDay": "monday", "unheardOf": 1}),
        batch("Note.author", [{"id": "1"}, {"id": "broken"}]),
        batch("Note.author", [{"id": "1"}, {"id": "lost"}]),
        batch("Note.unknown", [{"id": "1"}]),
        [],
        {},
    ],
    ids=[
        "raised",
        "unknown field",
        "unknown argument",
        "broken element",
        "too few elements",
        "unknown batch field",
        "empty batch",
        "no event",
    ],
)
def test_unexpected_error_goes_to_the_log_and_not_to_the_client(
    payload: Any, log: StringIO
) -> None:
    with pytest.raises(InternalError) as failure:
        invoke(handler, payload)
    assert str(failure.value) == "Something went wrong on our side. Request id: request-1"
    assert failure.value.__suppress_context__
    (line,) = [json.loads(line) for line in log.getvalue().splitlines()]
    assert (line["level"], line["request_id"]) == ("ERROR", "request-1")
    assert "Traceback" in line["exception"]


def test_batch_wraps_each_element_and_fails_only_its_own() -> None:
    parents = [{"id": id} for id in ("2", "1", "3")]
    assert invoke(handler, batch("Note.author", parents)) == [
        {"data": None, "errorMessage": "There is no author of 2.", "errorType": "NotFound"},
        {"data": {"name": "ada", "born": 1815.5}},
        {"data": None},
    ]


def test_selection_is_supplied_and_no_argument() -> None:
    library = ContextRouter("library")

    @library.query()
    def book(asked: Selection, id: str) -> list[str]:
        return [id, *sorted(asked.of(NoteInput) or ())]

    @library.batch("NoteInput", "tags", max_batch=9, reads=("from", "unitPrice"))
    def note_input_tags(parents: list[dict[str, Any]], asked: Selection) -> list[list[str]]:
        return [sorted(asked.of(NoteInput) or ())] * len(parents)

    def selecting(event: dict[str, Any], *names: str) -> dict[str, Any]:
        told = {"selectionSetList": names, "selectionSetGraphQL": f"{{ {' '.join(names)} }}"}
        return event | {"info": event["info"] | told}

    assert [list(each.parameters) for each in library.bindings] == [["id"], []]
    sent = selecting(event("Query.book", {"id": "7"}), "tags")
    assert invoke(library.handler(), sent) == ["7", "from", "unitPrice"]
    parents = [event("NoteInput.tags", {}, {"from": "x"}) for _ in range(2)]
    mixed = [selecting(parents[0], "from"), selecting(parents[1], "unitPrice")]
    assert invoke(library.handler(), mixed) == [{"data": ["from", "unitPrice"]}] * 2


def test_answer_that_is_kept_or_published_knows_no_selection() -> None:
    library = ContextRouter("library")

    def book(asked: Selection) -> None: ...

    for bind in (
        library.query(cache=Cache(60)),
        library.mutation(),
        library.mutation(envelope=True),
    ):
        with pytest.raises(TypeError, match="must give everything"):
            bind(book)
    with pytest.raises(TypeError, match=r"^Note\.book must give everything"):
        library.batch("Note", "book", max_batch=9, cache=Cache(60))(book)


def test_batch_asks_once_for_parents_with_the_same_arguments() -> None:
    asked.clear()
    plain, loud = {"upper": False}, {"upper": True}
    mixed = [
        event("Note.author", arguments, source={"id": id})
        for arguments, id in [(plain, "1"), (loud, "1"), (plain, "3"), (loud, "1"), ({}, "1")]
    ]
    answer = invoke(handler, mixed)
    assert asked == [["1", "3"], ["1", "1"], ["1"]]
    names = [element["data"] and element["data"]["name"] for element in answer]
    assert names == ["ada", "ADA", None, "ADA", "ada"]
