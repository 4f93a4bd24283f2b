"""`/graphql` over HTTP as AppSync serves it: on plain ASGI, since every request goes through it."""

import asyncio
import contextlib
import gzip
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from secrets import token_hex
from typing import Any
from uuid import uuid4

import orjson
from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from local.appsync import json_text
from local.appsync.auth import Sent
from local.appsync.errors import Refusal
from local.appsync.service import Request, checked_request, read_request

Answer = Callable[[Request, Mapping[str, Any]], Awaitable[dict[str, Any]]]

LARGEST_BODY = 10_000_000  # bytes
BODY_SECONDS = 30  # for a body to arrive; an execution has no longer
COMPRESSED = range(1_000, 10_000_001)  # bytes; AppSync compresses objects of this size
CORS = {
    "access-control-allow-origin": "*",
    "access-control-expose-headers": (
        "x-amzn-RequestId,x-amzn-ErrorType,x-amz-user-agent,"
        "x-amzn-ErrorMessage,Date,x-amz-schema-version"
    ),
}
RawHeaders = list[tuple[bytes, bytes]]
EVERY: RawHeaders = [
    (b"content-type", b"application/json;charset=UTF-8"),
    (b"vary", b"accept-encoding"),
    *((name.encode(), value.encode()) for name, value in CORS.items()),
]
CONSUMED = (b"x-amzn-appsync-tokensconsumed", b"1")


class GraphQLEndpoint:
    """`/graphql`."""

    def __init__(self, answer: Answer, patience: float = BODY_SECONDS) -> None:
        """`patience` is for a body to arrive, in seconds."""
        self._answer = answer
        self._patience = patience

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        with contextlib.suppress(ClientDisconnect):  # nobody is left to be answered
            if scope["method"] == "OPTIONS":
                response = preflight(HttpRequest(scope))
            else:
                response = await self._respond(scope, receive)
            await response(scope, receive, send)

    async def _respond(self, scope: Scope, receive: Receive) -> Response:
        try:
            request = await self._read(scope, receive)
            answer = await self._answer(request, client_headers(scope))
        except Refusal as refusal:
            return refused(refusal, scope, CONSUMED)
        return JsonBytes(json_text.dumped(answer), HTTPStatus.OK, scope, CONSUMED)

    async def _read(self, scope: Scope, receive: Receive) -> Request:
        if scope["method"] == "GET":
            return _from_query(scope)
        content = await read_body(receive, self._patience)
        return read_request(content, _sent(scope, content))


class JsonBytes(Response):
    """JSON that is written already; AppSync's headers, and compressed if the client likes."""

    def __init__(
        self, body: bytes, status: int, scope: Scope, *headers: tuple[bytes, bytes]
    ) -> None:
        self.status_code = status
        self.background = None
        self.raw_headers = [(b"x-amzn-requestid", str(uuid4()).encode()), *headers, *EVERY]
        if len(body) in COMPRESSED and _takes_gzip(scope):
            body = gzip.compress(body, compresslevel=1)
            self.raw_headers.append((b"content-encoding", b"gzip"))
        self.raw_headers.append((b"content-length", str(len(body)).encode()))
        self.body = body


def refused(refusal: Refusal, scope: Scope, *headers: tuple[bytes, bytes]) -> JsonBytes:
    """Answer a refusal in AppSync's form, headers and all."""
    why = (b"x-amzn-ErrorType", refusal.error_type.encode())
    if refusal.status == HTTPStatus.REQUEST_TIMEOUT:
        headers = (*headers, (b"connection", b"close"))  # what still comes is no request
    return JsonBytes(jackson(refusal.body), refusal.status, scope, why, *headers)


async def read_body(receive: Receive, patience: float = BODY_SECONDS) -> bytes:
    """Read a request's body within so many seconds; raises Refusal, ClientDisconnect."""
    body = bytearray()
    try:
        async with asyncio.timeout(patience):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise ClientDisconnect
                body += message["body"]
                if len(body) > LARGEST_BODY:
                    raise Refusal(413, "RequestEntityTooLarge", "Request body is too large.")
                if not message["more_body"]:
                    return bytes(body)
    except TimeoutError:
        late = "The request's body did not arrive in time."
        raise Refusal(HTTPStatus.REQUEST_TIMEOUT, "RequestTimeoutException", late) from None


def _sent(scope: Scope, body: bytes) -> Sent:
    return Sent(scope["method"], scope["path"], scope["query_string"].decode("latin-1"), body)


def _from_query(scope: Scope) -> Request:
    given = HttpRequest(scope).query_params
    text = given.get("variables")
    variables = json_text.read(text.encode()) if text else None
    asked = given.get("query"), variables, given.get("operationName")
    return checked_request(*asked, _sent(scope, b""))


def client_headers(scope: Scope) -> dict[str, Any]:
    """Collect the headers as resolvers see them: lower-case, a repeated one a list, no cookie."""
    collected: dict[str, Any] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        if name in collected:
            earlier = collected[name]
            collected[name] = [*earlier, value] if isinstance(earlier, list) else [earlier, value]
        elif name != "cookie":
            collected[name] = value
    forwarded = collected.get("x-forwarded-for", [])
    client = scope["client"][0] if scope["client"] else "127.0.0.1"
    hops = [*forwarded, client] if isinstance(forwarded, list) else [forwarded, client]
    collected["x-forwarded-for"] = ", ".join(hops)
    collected["x-forwarded-proto"] = scope["scheme"]
    collected["x-amzn-trace-id"] = f"Root=1-{int(time.time()):08x}-{token_hex(12)}"
    return collected


def preflight(http: HttpRequest) -> Response:
    """Answer a CORS preflight: everything asked for is allowed."""
    asked = http.headers.get(
        "access-control-request-headers", "content-type,authorization,x-api-key"
    )
    allowed = {"access-control-allow-methods": "POST", "access-control-allow-headers": asked}
    return Response(
        status_code=200, headers={**CORS, **allowed, "access-control-max-age": "172800"}
    )


def _takes_gzip(scope: Scope) -> bool:
    accepted = next((value for name, value in scope["headers"] if name == b"accept-encoding"), b"")
    parts = accepted.decode("latin-1").lower().split(",")
    each = (coding.replace(" ", "").partition(";") for coding in parts)
    weights = {name: weight for name, _, weight in each}
    return "gzip" in weights and re.fullmatch(r"q=0(\.0*)?", weights["gzip"]) is None


def jackson(body: Mapping[str, Any]) -> bytes:
    """Print a refusal as AppSync does: Jackson's pretty printer, not Python's."""
    error = body["errors"][0]
    members = ",\n".join(
        f"    {orjson.dumps(name).decode()} : {orjson.dumps(value).decode()}"
        for name, value in error.items()
    )
    return f'{{\n  "errors" : [ {{\n{members}\n  }} ]\n}}'.encode()
