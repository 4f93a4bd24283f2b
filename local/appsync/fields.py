"""The bound fields of one request: each goes to its context's Lambda function, alone or in a batch.

Batched fields of one selection travel together: graphql-core resolves all siblings before anything
is awaited, so what has gathered when the event loop comes round is the batch.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import orjson
from graphql import GraphQLSchema

from local.appsync.cache import MISS, CallersCache
from local.appsync.document import Document
from local.appsync.errors import LARGEST_PAYLOAD, FieldError, too_large
from local.appsync.event import Caller, event
from local.appsync.json_text import dumped
from local.appsync.route import Route
from local.resolution import ResolveInfo
from resolvers.shared.local_resolvers import LocalMutation, invalidated

RESPONSE_LIMIT = 5 * 2**20  # bytes of one resolver's value; AppSync's own, for every API
Invoke = Callable[[str, bytes], Awaitable[tuple[bytes, bool]]]
Keep = Callable[[Any], None]
Completed = Callable[[str, Any], None]
Invalidate = Callable[[str, Mapping[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Limits:
    """AppSync's limits on one request; 0 resolvers or levels mean no limit."""

    seconds: float
    resolvers: int
    depth: int
    introspection: bool = True


class RequestFields:
    """The context that graphql-core carries through one request."""

    def __init__(
        self,
        contract: GraphQLSchema,
        routes: Mapping[str, Route | LocalMutation],
        invoke: Invoke,
        limits: Limits,
        caller: Caller,
        document: Document,
        denied: frozenset[tuple[str, str]],
        nulled: frozenset[tuple[str, str]] = frozenset(),
        cache: CallersCache | None = None,
        completed: Completed | None = None,
        invalidate: Invalidate | None = None,
    ) -> None:
        self.contract = contract
        self.completed = completed
        self._invalidate = invalidate
        self.document = document
        self.denied = denied
        self.nulled = nulled
        self.bound = routes.keys()
        self.plans: dict[Any, Any] = {} if document.conditional else document.plans
        self.depth_limit = limits.depth
        self.too_deep = 0 < limits.depth < document.depth
        self._routes = routes
        self._invoke = invoke
        self._limits = limits
        self._caller = caller
        self._cache = cache
        self._loop = asyncio.get_running_loop()
        self._deadline = self._loop.time() + limits.seconds
        self._resolved = 0
        self._waiting: dict[tuple[str, int], list[tuple[dict[str, Any], asyncio.Future[Any]]]] = {}
        self._tasks: set[asyncio.Task[list[Any]]] = set()

    @property
    def evicted(self) -> int | None:
        """Tell how many cached values a mutation evicted; None where none was to."""
        return self._cache.evicted if self._cache else None

    def resolve(
        self, coordinate: str, parent: Any, info: ResolveInfo, arguments: dict[str, Any]
    ) -> Any:
        """Answer a bound field, now or awaited; raises FieldError where its resolver failed."""
        self._resolved += 1
        if 0 < self._limits.resolvers < self._resolved:
            raise FieldError(
                "ResolverExecutionLimitReached",
                f"Resolver execution limit reached. Maximum: {self._limits.resolvers}",
            )
        keep: Keep | None = None
        if self._cache:
            found, keep = self._cache.look_up(coordinate, arguments, parent)
            if found is not MISS:
                return found
        route = self._routes[coordinate]
        if isinstance(route, LocalMutation):
            return self._answer_locally(route, arguments)
        built = event(self._caller, info, self.document, parent, arguments)
        if route.max_batch == 0:
            return self._answer_one(route, built, keep)
        future = self._gather(coordinate, route, built, info)
        if keep:
            future.add_done_callback(partial(_keep, keep))
        return future

    def _answer_locally(self, declared: LocalMutation, arguments: dict[str, Any]) -> Any:
        value = arguments.get(declared.returns) if declared.returns else arguments
        if self._invalidate:
            for field, payload in invalidated(declared, arguments, value):
                self._invalidate(field, payload)
        return value

    async def _answer_one(self, route: Route, built: dict[str, Any], keep: Keep | None) -> Any:
        value, large = await self._answer(route, built)
        if large:
            value = _opened(_within_limit(value))
        if route.evicts:
            value = _opened(_element(value))
            if self._cache:
                self._cache.evict(route.evicts, built["arguments"], value)
        if keep:
            keep(value)
        return value

    async def _answer(self, route: Route, payload: Any) -> tuple[Any, bool]:
        """Invoke the function; gives its answer, and whether it may be larger than allowed."""
        body = _written(payload)
        if len(body) > LARGEST_PAYLOAD:
            raise too_large()
        try:
            async with asyncio.timeout_at(self._deadline):
                answer, failed = await self._invoke(route.function, body)
        except TimeoutError:
            raise FieldError("Lambda:ExecutionTimeoutException", "Execution timed out.") from None
        try:
            value = orjson.loads(answer)
        except orjson.JSONDecodeError:  # Python writes NaN, which is not JSON
            raise FieldError("Lambda:Unhandled", "The response is not valid JSON.") from None
        if failed:
            raise _failure(value, direct=not route.evicts)
        return value, len(answer) > RESPONSE_LIMIT

    def _gather(
        self, coordinate: str, route: Route, built: dict[str, Any], info: ResolveInfo
    ) -> asyncio.Future[Any]:
        place = (coordinate, id(info.field_nodes[0]))
        future = self._loop.create_future()
        waiting = self._waiting.setdefault(place, [])
        waiting.append((built, future))
        if len(waiting) == 1:
            self._loop.call_soon(self._send, place, route)
        return future

    def _send(self, place: tuple[str, int], route: Route) -> None:
        waiting = self._waiting.pop(place)
        for start in range(0, len(waiting), route.max_batch):
            batch = waiting[start : start + route.max_batch]
            payload = [built for built, _ in batch]
            task = self._loop.create_task(self._answer_batch(route, payload))
            futures = [future for _, future in batch]
            task.add_done_callback(partial(_settle, futures))
            self._tasks.add(task)  # the loop itself keeps no strong reference
            task.add_done_callback(self._tasks.discard)

    async def _answer_batch(self, route: Route, payload: list[dict[str, Any]]) -> list[Any]:
        answers, large = await self._answer(route, payload)
        elements = _elements(answers, len(payload))
        return [_within_limit(element) for element in elements] if large else elements


def _written(payload: Any) -> bytes:
    try:
        return orjson.dumps(payload)
    except orjson.JSONEncodeError:  # AWSJSON may hold longer numbers than orjson writes, or deeper
        several = isinstance(payload, list)
        written = [
            each | {name: orjson.Fragment(dumped(each[name])) for name in ("arguments", "source")}
            for each in (payload if several else [payload])
        ]
        return orjson.dumps(written if several else written[0])


def _settle(futures: list[asyncio.Future[Any]], batch: asyncio.Task[list[Any]]) -> None:
    """Give each parent its value, or all of them what befell the batch."""
    failure = asyncio.CancelledError() if batch.cancelled() else batch.exception()
    values = [failure] * len(futures) if failure else batch.result()
    for future, value in zip(futures, values, strict=True):
        if future.done():  # cancelled: a sibling's failure already took the parent away
            continue
        if isinstance(value, BaseException):
            future.set_exception(value)
            future.exception()  # graphql-core may have stopped listening; asyncio must not complain
        else:
            future.set_result(value)


def _elements(answers: Any, expected: int) -> list[Any]:
    """Read BatchInvoke's list: envelopes are opened, anything that is not an object is a value."""
    if not isinstance(answers, list) or len(answers) != expected:
        found = len(answers) if isinstance(answers, list) else "no list"
        raise FieldError(
            "BatchSizeMismatch", f"The batch response has {found} elements, expected {expected}"
        )
    return [_element(answer) for answer in answers]


def _element(answer: Any) -> Any:
    if not isinstance(answer, dict):
        return answer
    if answer.get("errorMessage") is not None:
        return FieldError(
            answer.get("errorType") or "Lambda:Unhandled",
            answer["errorMessage"],
            answer.get("data"),
        )
    return answer.get("data")


def _within_limit(value: Any) -> Any:
    """Give a value, or the error that stands for one that is too large."""
    if isinstance(value, FieldError) or len(dumped(value)) <= RESPONSE_LIMIT:
        return value
    return FieldError("MappingTemplate", "Transformation too large")


def _opened(value: Any) -> Any:
    if isinstance(value, FieldError):
        raise value
    return value


def _keep(keep: Keep, answered: asyncio.Future[Any]) -> None:
    if not answered.cancelled() and answered.exception() is None:
        keep(answered.result())


def _failure(report: Any, *, direct: bool) -> FieldError:
    # Only a direct resolver passes on the exception's class.
    error_type = (direct and report.get("errorType")) or "Lambda:Unhandled"
    if error_type == "UnauthorizedException":
        return FieldError(error_type, "You are not authorized to make this call.")
    return FieldError(error_type, report.get("errorMessage") or "")
