"""AppSync's limits on one request: time, depth, resolvers, tokens, sizes, introspection."""

import asyncio
from typing import Any

import pytest

from local.appsync.document import QUERY_TOKEN_LIMIT
from local.appsync.errors import Refusal
from local.appsync.fields import RESPONSE_LIMIT, Limits
from tests.unit.appsync.api import Api

LARGE = {"id": "1", "title": "x" * RESPONSE_LIMIT}
TOO_LARGE = ("MappingTemplate", "Transformation too large")


def errors(answer: dict[str, Any]) -> list[tuple[str, str]]:
    return [(error["errorType"], error["message"]) for error in answer["errors"]]


def test_late_resolver_fails_and_the_others_keep_their_data() -> None:
    async def link(event: Any) -> Any:
        if event["source"]:
            await asyncio.Event().wait()
        return {"id": "1"}

    api = Api(Limits(0.3, 100, 20), book=link, next=link)
    answer = api.ask("{ book(id: 1) { id next { id } } }")
    assert answer["data"] == {"book": {"id": "1", "next": None}}
    assert errors(answer) == [("Lambda:ExecutionTimeoutException", "Execution timed out.")]


def test_time_is_for_the_request_as_a_whole() -> None:
    async def hang(_: Any) -> Any:
        await asyncio.Event().wait()

    answer = Api(Limits(0.1, 100, 20), drop=hang).ask(
        "mutation { a: dropBook(id: 1) { id } b: dropBook(id: 2) { id } }"
    )
    assert answer["data"] == {"a": None, "b": None}
    assert len(errors(answer)) == 2


def test_resolvers_beyond_the_limit_fail_and_the_others_keep_their_data() -> None:
    api = Api(Limits(30, 2, 20), me=lambda _: "me")
    answer = api.ask("{ a: me b: me c: me }")
    assert answer["data"] == {"a": "me", "b": "me", "c": None}
    assert [kind for kind, _ in errors(answer)] == ["ResolverExecutionLimitReached"]


def test_fields_beyond_the_depth_fail_and_the_others_keep_their_data() -> None:
    api = Api(Limits(30, 100, 2), book=lambda _: {"id": "1"}, next=lambda _: {"id": "2"})
    answer = api.ask("{ book(id: 1) { id next { id title } } }")
    assert answer["data"] == {"book": {"id": "1", "next": None}}
    assert {kind for kind, _ in errors(answer)} == {"QueryDepthLimitReached"}


def test_no_limit_is_zero() -> None:
    api = Api(Limits(30, 0, 0), me=lambda _: "me")
    query = "{" + " ".join(f"a{n}: me" for n in range(200)) + "}"
    assert len(api.ask(query)["data"]) == 200


def test_tokens_are_limited() -> None:
    api = Api(me=lambda _: "me")
    most = "{ " + "me " * (QUERY_TOKEN_LIMIT - 2) + "}"
    assert api.ask(most) == {"data": {"me": "me"}}
    with pytest.raises(Refusal, match="Maximum char length exceeded") as refused:
        api.ask(most + " query B { me }")
    assert refused.value.status == 400


def test_value_over_five_megabytes_is_an_error() -> None:
    api = Api(book=lambda _: LARGE)
    answer = api.ask("{ book(id: 1) { id } }")
    assert (answer["data"], errors(answer)) == ({"book": None}, [TOO_LARGE])


def test_value_just_within_the_limit_passes() -> None:
    """Lambda's JSON may be longer than the value: it escapes what is not ASCII."""
    title = "é" * (RESPONSE_LIMIT // 2 - 20)
    answer = Api(book=lambda _: {"title": title}).ask("{ book(id: 1) { title } }")
    assert answer == {"data": {"book": {"title": title}}}


def test_large_element_of_a_batch_fails_alone() -> None:
    answers = [{"data": "x" * RESPONSE_LIMIT}, {"data": "short"}]
    api = Api(books=lambda _: [{"id": "1"}, {"id": "2"}], notes=lambda _: answers)
    answer = api.ask("{ books { notes } }")
    assert answer["data"] == {"books": [{"notes": None}, {"notes": "short"}]}
    assert errors(answer) == [TOO_LARGE]


@pytest.mark.parametrize(
    "field", ["__schema { queryType { name } }", '__type(name: "Book") { name }']
)
def test_introspection_can_be_off(field: str) -> None:
    name = field[: 8 if field.startswith("__schema") else 6]
    query = f"{{ me {field} }}"
    assert "errors" not in Api(me=lambda _: "me").ask(query)
    answer = Api(Limits(30, 100, 20, introspection=False)).ask(query)
    undefined = f"Validation error of type FieldUndefined: Field '{name}' in type 'Query'"
    assert answer["data"] is None
    (error,) = answer["errors"]
    assert error["message"] == f"{undefined} is undefined @ '{name}'"


def test_typename_works_without_introspection() -> None:
    api = Api(Limits(30, 100, 20, introspection=False), book=lambda _: {"id": "1"})
    answer = api.ask("{ __typename book(id: 1) { __typename } }")
    assert answer == {"data": {"__typename": "Query", "book": {"__typename": "Book"}}}


def doubling(links: str) -> str:
    """Write fragments of which each has its next one twice; `links` has two places for it."""
    chain = (f"fragment F{n} on Book {{ {links.replace('?', f'...F{n + 1}')} }}" for n in range(60))
    return " ".join((*chain, "fragment F60 on Book { id }"))


@pytest.mark.parametrize("links", ["? ?", "next { ? } next { ? }"], ids=["flat", "merged"])
def test_fragments_that_double_are_listed_once(links: str) -> None:
    api = Api(Limits(30, 100, 0), book=lambda _: {"id": "1"}, next=lambda _: None)
    assert "errors" not in api.ask("{ book(id: 1) { ...F0 } } " + doubling(links))
    listed = api.calls[0][1]["info"]["selectionSetList"]
    assert listed[-1].endswith("id") and len(listed) == len(set(listed)) <= 61


def test_fragments_that_double_below_aliases_are_more_than_lambda_takes() -> None:
    api = Api(book=lambda _: {"id": "1"})
    answer = api.ask("{ book(id: 1) { ...F0 } } " + doubling("a: next { ? } b: next { ? }"))
    assert [kind for kind, _ in errors(answer)] == ["Lambda:RequestTooLargeException"]
    assert api.calls == []


def test_fragments_that_double_select_of_an_errors_data_once() -> None:
    failed = {"errorType": "Conflict", "errorMessage": "no", "data": {"id": "1", "title": "x"}}
    answer = Api(put=lambda _: failed).ask(
        "mutation { putBook(id: 1) { ...F0 } } " + doubling("? ?")
    )
    assert answer["errors"][0]["data"] == {"id": "1"}
