"""The Lambda authorizer: what it is told, what its answers mean, and for how long."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from local.appsync.auth import Call
from local.appsync.auth.authorizer import LARGEST_CACHED, AuthorizerSettings, LambdaAuthorizer
from local.lambdas import Function
from local.lambdas.service import Lambdas
from resolvers.shared.identity import Mode
from tests.unit.appsync.credentials import NOW, REFUSED, authenticator, identify, refusal

YES = {"isAuthorized": True}
NESTED: Any = json.loads("[" * 500 + "]" * 500)  # deeper than orjson writes


class Authorizer:
    """A function that always answers the same; remembers its events."""

    def __init__(self, answer: Any, *, failed: bool = False) -> None:
        self.events: list[Any] = []
        self._answer = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self._failed = failed

    async def invoke(self, function: str, event: bytes) -> tuple[bytes, bool]:
        assert function == "authorizer"
        self.events.append(json.loads(event))
        return self._answer, self._failed


def lambda_authorizer(
    invoke: Callable[[str, bytes], Awaitable[tuple[bytes, bool]]],
    ttl: int = 300,
    seconds: float = 10,
) -> LambdaAuthorizer:
    settings = AuthorizerSettings("authorizer", ttl, "api", "111122223333", seconds)
    return LambdaAuthorizer(settings, invoke)


def test_authorizer_is_told_what_appsync_tells() -> None:
    function = Authorizer(YES)
    api = authenticator(authorizer=lambda_authorizer(function.invoke))
    headers = {"authorization": "Basic dTpw", "x-other": "1"}
    asyncio.run(api.authenticate(Call(headers, "query A { a }", "A", {"n": NESTED})))
    (event,) = function.events
    assert len(event["requestContext"].pop("requestId")) == 36
    assert event == {
        "authorizationToken": "Basic dTpw",
        "requestContext": {
            "apiId": "api",
            "accountId": "111122223333",
            "queryString": "query A { a }",
            "operationName": "A",
            "variables": {"n": NESTED},
        },
        "requestHeaders": headers,
    }


def test_answer_becomes_the_identity() -> None:
    answer = {
        "isAuthorized": True,
        "resolverContext": {"tenant": "x", "n": 100, "ok": True, "none": None},
        "deniedFields": ["Mutation.put", "arn:aws:appsync:us-east-1:1:apis/ID/types/T/fields/f"],
    }
    api = authenticator(authorizer=lambda_authorizer(Authorizer(answer).invoke))
    identity = asyncio.run(identify(api, "token"))
    assert identity.mode is Mode.LAMBDA
    assert identity.event == {"resolverContext": answer["resolverContext"]}
    assert identity.nulled == {("Mutation", "put"), ("T", "f")}


def test_no_context_is_null() -> None:
    api = authenticator(authorizer=lambda_authorizer(Authorizer(YES).invoke))
    assert asyncio.run(identify(api, "token")).event == {"resolverContext": None}


@pytest.mark.parametrize(
    "answer",
    [
        {"isAuthorized": False},
        {},
        {"isAuthorized": None},
        {"isAuthorized": "true"},
        {"isAuthorized": 1},
        None,
        [],
        "yes",
        True,
        b"",
        b"not json",
        b'{"isAuthorized": NaN}',
        {**YES, "resolverContext": {"nested": {"a": 1}}},
        {**YES, "resolverContext": {"list": [1]}},
        {**YES, "resolverContext": "text"},
        {**YES, "deniedFields": "Query.a"},
        {**YES, "deniedFields": ["Query"]},
        {**YES, "deniedFields": ["arn:aws:s3:::bucket"]},
        {**YES, "deniedFields": [7]},
        {**YES, "ttlOverride": "60"},
        {**YES, "ttlOverride": True},
    ],
)
def test_no_or_garbage_is_401(answer: Any) -> None:
    api = authenticator(authorizer=lambda_authorizer(Authorizer(answer).invoke))
    refused = asyncio.run(refusal(api, Call({"authorization": "token"})))
    assert refused.message == REFUSED


@pytest.mark.parametrize("name", ["throws", "hangs", "dies", "nan", "missing"])
def test_authorizer_that_does_not_answer_is_401(name: str) -> None:
    async def run() -> None:
        lines: list[str] = []
        handler = f"tests.unit.appsync.authorizers.{name}"
        function = Function("authorizer", "authorizer", handler, 5, 128, {})
        lambdas = Lambdas([function], log=lines.append)
        await lambdas.start()

        async def invoke(function: str, event: bytes) -> tuple[bytes, bool]:
            outcome = await lambdas.invoke(function, event)
            return outcome.payload, outcome.failed

        seconds = 0.5 if name == "hangs" else 10
        api = authenticator(authorizer=lambda_authorizer(invoke, seconds=seconds))
        refused = await refusal(api, Call({"authorization": "token"}))
        assert refused.message == REFUSED
        await lambdas.stop()

    asyncio.run(run())


@pytest.mark.parametrize(
    ("answer", "ttl", "seconds"),
    [
        (YES, 300, 300),
        (YES, 0, 0),
        ({**YES, "ttlOverride": 15}, 300, 15),
        ({**YES, "ttlOverride": 0}, 300, 0),
        ({**YES, "ttlOverride": -1}, 300, 0),
        ({**YES, "ttlOverride": 1e9}, 300, 3600),
        ({"isAuthorized": False}, 300, 300),
        ({"isAuthorized": False, "ttlOverride": 5}, 300, 5),
        ({**YES, "resolverContext": {"a": "x" * LARGEST_CACHED}}, 300, 0),
        ({"garbage": True}, 300, 0),
    ],
)
def test_answer_holds_for_its_time(answer: Any, ttl: int, seconds: int) -> None:
    function, now = Authorizer(answer), [NOW]

    async def run() -> None:
        given = lambda_authorizer(function.invoke, ttl)
        api = authenticator(authorizer=given, clock=lambda: now[0])

        async def ask(query: str, **headers: str) -> bool:
            try:
                await api.authenticate(Call({"authorization": "token", **headers}, query))
            except Exception as error:
                assert str(error) == REFUSED
                return False
            return True

        first = await ask("{ a }")
        if seconds:
            now[0] = NOW + seconds - 0.5
            # The token alone is the key: neither the operation nor other headers.
            assert await ask("{ b }", other="x") is first
            assert len(function.events) == 1
            now[0] = NOW + seconds
        assert await ask("{ a }") is first
        assert len(function.events) == 2

    asyncio.run(run())


def test_other_tokens_are_asked_about_and_forgetting_asks_anew() -> None:
    function = Authorizer(YES)

    async def run() -> None:
        api = authenticator(authorizer=lambda_authorizer(function.invoke))
        for text in ("a", "b", "a"):
            await identify(api, text)
        api.forget()
        await identify(api, "a")

    asyncio.run(run())
    assert [event["authorizationToken"] for event in function.events] == ["a", "b", "a"]


@pytest.mark.parametrize("text", ["Bearer token", "bearer token"])
def test_bearer_never_reaches_the_authorizer(text: str) -> None:
    function = Authorizer(YES)
    api = authenticator(authorizer=lambda_authorizer(function.invoke))
    asyncio.run(refusal(api, Call({"authorization": text})))
    assert function.events == []


def test_nor_does_anything_that_looks_like_a_jwt() -> None:
    function = Authorizer(YES)
    api = authenticator(authorizer=lambda_authorizer(function.invoke))
    asyncio.run(refusal(api, Call({"authorization": "eyJhIjoxfQ.eyJhIjoxfQ.x"})))
    assert function.events == []
    asyncio.run(identify(api, "eyJhIjoxfQ.eyJhIjoxfQ.x-suffix.more"))
    assert len(function.events) == 1
