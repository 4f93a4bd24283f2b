"""The Lambda authorizer: a function that knows what a token is worth."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import orjson

from local.appsync.auth.call import Call
from local.appsync.auth.identity import Identity, Place
from local.appsync.auth.memory import Memory
from local.appsync.auth.refusal import Unproved
from local.appsync.json_text import dumped
from resolvers.shared.identity import Mode

SECONDS = 10.0  # AppSync's own
LONGEST_TTL = 3600
LARGEST_CACHED = 1_048_576  # bytes
FIELD = re.compile(
    r"(?:arn:aws[\w-]*:appsync:[\w-]*:\d*:apis/[\w-]+/types/(\w+)/fields/(\w+))|(?:(\w+)\.(\w+))"
)
FLAT = (str, int, float, bool, type(None))
Invoke = Callable[[str, bytes], Awaitable[tuple[bytes, bool]]]


@dataclass(frozen=True, slots=True)
class AuthorizerSettings:
    """The function, for how long (seconds) its answers hold, and the API it is asked about."""

    function: str
    ttl: int
    api_id: str
    account: str
    seconds: float = SECONDS


class LambdaAuthorizer:
    """Asks the function once per token, and again when its answer has ended."""

    def __init__(self, settings: AuthorizerSettings, invoke: Invoke) -> None:
        self._settings = settings
        self._invoke = invoke
        self._answers: Memory[Identity | Unproved] = Memory()

    async def check(self, token: str, call: Call, now: float) -> Identity:
        """Give the identity behind a token; raises Refusal."""
        found = self._answers.recall(token, now)
        if found is None:
            found = await self._ask(token, call, now)
        if isinstance(found, Unproved):
            raise Unproved(found.reason)  # a new one: what is raised gathers a traceback
        return found

    def forget(self) -> None:
        """Ask about every token anew."""
        self._answers.clear()

    async def _ask(self, token: str, call: Call, now: float) -> Identity | Unproved:
        event = dumped(self._event(token, call))
        try:
            async with asyncio.timeout(self._settings.seconds):
                payload, failed = await self._invoke(self._settings.function, event)
        except TimeoutError:
            raise Unproved("the authorizer took too long") from None
        if failed:
            raise Unproved("the authorizer failed")
        answer = _read(payload)
        decision = _decide(answer)
        ttl = _ttl(answer, self._settings.ttl)
        if ttl > 0 and len(payload) < LARGEST_CACHED:
            self._answers.keep(token, decision, now + ttl)
        return decision

    def _event(self, token: str, call: Call) -> dict[str, Any]:
        return {
            "authorizationToken": token,
            "requestContext": {
                "apiId": self._settings.api_id,
                "accountId": self._settings.account,
                "requestId": str(uuid4()),
                "queryString": call.query,
                "operationName": call.operation_name,
                "variables": call.variables,
            },
            "requestHeaders": call.headers,
        }


def _read(payload: bytes) -> Mapping[str, Any]:
    try:
        answer = orjson.loads(payload)
    except orjson.JSONDecodeError:  # Python writes NaN, which is not JSON
        raise _garbage("no JSON") from None
    if not isinstance(answer, dict) or not isinstance(answer.get("isAuthorized"), bool):
        raise _garbage("no isAuthorized")
    return answer


def _decide(answer: Mapping[str, Any]) -> Identity | Unproved:
    context = answer.get("resolverContext")
    if not _is_flat(context):
        raise _garbage("a resolverContext that is not flat")
    nulled = frozenset(map(_place, _denied(answer)))
    if not answer["isAuthorized"]:
        return Unproved("the authorizer said no")
    return Identity(Mode.LAMBDA, {"resolverContext": context}, nulled=nulled)


def _is_flat(context: Any) -> bool:
    if context is None:
        return True
    return isinstance(context, dict) and all(isinstance(each, FLAT) for each in context.values())


def _denied(answer: Mapping[str, Any]) -> list[Any]:
    denied = answer.get("deniedFields")
    if not isinstance(denied, (list, type(None))):
        raise _garbage("deniedFields that are no list")
    return denied or []


def _place(denied: Any) -> Place:
    """Read `Type.field` or a field's ARN. What can't be read is not taken for permission."""
    found = FIELD.fullmatch(denied) if isinstance(denied, str) else None
    if found is None:
        raise _garbage("deniedFields that name no field")
    kind, name = found.group(1) or found.group(3), found.group(2) or found.group(4)
    return kind, name


def _ttl(answer: Mapping[str, Any], otherwise: int) -> float:
    ttl = answer.get("ttlOverride")
    if ttl is None:
        return otherwise
    if isinstance(ttl, bool) or not isinstance(ttl, (int, float)):
        raise _garbage("a ttlOverride that is no number")
    return min(max(ttl, 0), LONGEST_TTL)


def _garbage(what: str) -> Unproved:
    return Unproved(f"the authorizer answered {what}")
