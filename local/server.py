"""The ASGI app: GraphQL over HTTP as AppSync serves it, and the twin's own pages beside it."""

import asyncio
import contextlib
import gzip
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import orjson
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from local.appsync import json_text
from local.appsync.auth import Sent
from local.appsync.errors import Refusal
from local.appsync.service import Request, checked_request, read_request
from local.users import Tokens

Answer = Callable[[Request, Mapping[str, Any]], Awaitable[dict[str, Any]]]

PLAYGROUND = Path(__file__).parent / "playground" / "dist"
LOOPBACK = {"localhost", "127.0.0.1", "::1"}
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


class GraphQLEndpoint:
    """`/graphql`."""

    def __init__(self, answer: Answer, patience: float = BODY_SECONDS) -> None:
        """`patience` is for a body to arrive, in seconds."""
        self._answer = answer
        self._patience = patience

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        http = HttpRequest(scope, receive)
        with contextlib.suppress(ClientDisconnect):  # nobody is left to be answered
            response = preflight(http) if http.method == "OPTIONS" else await self._respond(http)
            await response(scope, receive, send)

    async def _respond(self, http: HttpRequest) -> Response:
        headers = {"x-amzn-requestid": str(uuid4()), "x-amzn-appsync-tokensconsumed": "1", **CORS}
        try:
            request = await self._read(http)
            answer = await self._answer(request, client_headers(http))
        except Refusal as refusal:
            headers["x-amzn-ErrorType"] = refusal.error_type
            if refusal.status == HTTPStatus.REQUEST_TIMEOUT:
                headers["connection"] = "close"  # what still comes is no request
            return _json(jackson(refusal.body), refusal.status, headers, http)
        return _json(json_text.dumped(answer), 200, headers, http)

    async def _read(self, http: HttpRequest) -> Request:
        if http.method == "GET":
            return replace(_from_query(http), sent=_sent(http, b""))
        content = await _body(http, self._patience)
        return replace(read_request(content), sent=_sent(http, content))


async def _body(http: HttpRequest, patience: float = BODY_SECONDS) -> bytes:
    body = bytearray()
    try:
        async with asyncio.timeout(patience):
            async for chunk in http.stream():
                body += chunk
                if len(body) > LARGEST_BODY:
                    raise Refusal(413, "RequestEntityTooLarge", "Request body is too large.")
    except TimeoutError:
        late = "The request's body did not arrive in time."
        raise Refusal(HTTPStatus.REQUEST_TIMEOUT, "RequestTimeoutException", late) from None
    return bytes(body)


def _sent(http: HttpRequest, body: bytes) -> Sent:
    query = http.scope["query_string"].decode("latin-1")
    return Sent(http.method, http.scope["path"], query, body)


def _from_query(http: HttpRequest) -> Request:
    given = http.query_params
    text = given.get("variables")
    variables = json_text.read(text.encode()) if text else None
    return checked_request(given.get("query"), variables, given.get("operationName"))


def client_headers(http: HttpRequest) -> dict[str, Any]:
    """Collect the headers as resolvers see them: lower-case, a repeated one a list, no cookie."""
    collected: dict[str, Any] = {}
    for raw_name, raw_value in http.scope["headers"]:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        if name in collected:
            earlier = collected[name]
            collected[name] = [*earlier, value] if isinstance(earlier, list) else [earlier, value]
        elif name != "cookie":
            collected[name] = value
    client = http.client.host if http.client else "127.0.0.1"
    forwarded = ", ".join(http.headers.getlist("x-forwarded-for"))
    return collected | {
        "x-forwarded-for": f"{forwarded}, {client}" if forwarded else client,
        "x-forwarded-proto": http.url.scheme,
        "x-amzn-trace-id": f"Root=1-{uuid4().hex[:8]}-{uuid4().hex[:24]}",
    }


def preflight(http: HttpRequest) -> Response:
    """Answer a CORS preflight: everything asked for is allowed."""
    asked = http.headers.get(
        "access-control-request-headers", "content-type,authorization,x-api-key"
    )
    allowed = {"access-control-allow-methods": "POST", "access-control-allow-headers": asked}
    return Response(
        status_code=200, headers={**CORS, **allowed, "access-control-max-age": "172800"}
    )


def refused(refusal: Refusal, http: HttpRequest) -> Response:
    """Answer a refusal in AppSync's form, headers and all."""
    headers = {"x-amzn-requestid": str(uuid4()), "x-amzn-ErrorType": refusal.error_type, **CORS}
    return _json(jackson(refusal.body), refusal.status, headers, http)


def _json(body: bytes, status: int, headers: dict[str, str], http: HttpRequest) -> Response:
    headers["vary"] = "accept-encoding"
    if len(body) in COMPRESSED and _takes_gzip(http.headers.get("accept-encoding", "")):
        body = gzip.compress(body, compresslevel=1)
        headers["content-encoding"] = "gzip"
    return Response(body, status, headers, media_type="application/json;charset=UTF-8")


def _takes_gzip(accepted: str) -> bool:
    each = (coding.replace(" ", "").partition(";") for coding in accepted.lower().split(","))
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


class Pages:
    """What the twin serves beside GraphQL."""

    def __init__(
        self,
        aws: str,
        mqtt_port: int | None,
        outputs: Callable[[str], Awaitable[dict[str, Any]]],
        reset: Callable[[], Awaitable[None]],
        sign_in: Callable[[Any], Awaitable[Tokens]],
    ) -> None:
        self._aws = aws
        self._mqtt_port = mqtt_port
        self._outputs = outputs
        self._reset = reset
        self._sign_in = sign_in

    async def health(self, _http: HttpRequest) -> Response:
        """Tell that the twin answers, where its AWS is, and at which port devices come in."""
        found = {"status": "ok", "aws": self._aws, "mqtt": self._mqtt_port}
        return JSONResponse(found, headers=CORS)

    async def amplify_outputs(self, http: HttpRequest) -> Response:
        """Give Amplify's configuration, with the address that the client itself came by."""
        return JSONResponse(await self._outputs(str(http.base_url)), headers=CORS)

    async def reset(self, http: HttpRequest) -> Response:
        """Go back to the seeds; not for a page from elsewhere that happens to be open."""
        origin = http.headers.get("origin")
        if origin and urlsplit(origin).hostname not in LOOPBACK:
            return refused(Refusal(403, "ForbiddenException", f"{origin} may not do this."), http)
        await self._reset()
        return JSONResponse({"status": "reset"}, headers=CORS)

    async def token(self, http: HttpRequest) -> Response:
        """Sign a seeded user in: `{"user": "alice"}`."""
        if http.method == "OPTIONS":
            return preflight(http)
        try:
            tokens = await self._sign_in(await _user(http))
        except Refusal as refusal:
            headers = {"x-amzn-ErrorType": refusal.error_type, **CORS}
            return _json(jackson(refusal.body), refusal.status, headers, http)
        answer = {
            "idToken": tokens.id_token,
            "accessToken": tokens.access_token,
            "expiresIn": tokens.expires_in,
        }
        return JSONResponse(answer, headers={**CORS, "cache-control": "no-store"})

    async def playground(self, _http: HttpRequest) -> Response:
        """Serve the playground's page, or say how to build it."""
        page = PLAYGROUND / "index.html"
        if not page.is_file():
            return PlainTextResponse("The playground is not built yet: run `make setup`.", 503)
        return FileResponse(page, headers={"cache-control": "no-cache"})


async def _user(http: HttpRequest) -> Any:
    try:
        given = orjson.loads(await _body(http))
    except orjson.JSONDecodeError:
        given = None
    return given.get("user") if isinstance(given, dict) else None


class _Immutable(StaticFiles):
    """Files whose names change with their content: kept by browsers for ever."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers["cache-control"] = "public, max-age=31536000, immutable"
        return response


def app(answer: Answer, pages: Pages, more: Iterable[BaseRoute] = ()) -> Starlette:
    """Put the app together."""
    return Starlette(
        exception_handlers={HTTPException: _no_such_page, Exception: _broken},
        routes=[
            Route("/graphql", GraphQLEndpoint(answer), methods=["GET", "POST", "OPTIONS"]),
            Route("/health", pages.health),
            Route("/amplify_outputs.json", pages.amplify_outputs),
            Route("/local/reset", pages.reset, methods=["POST"]),
            Route("/local/token", pages.token, methods=["POST", "OPTIONS"]),
            *more,
            Route("/", pages.playground),
            Mount("/assets", _Immutable(directory=PLAYGROUND / "assets", check_dir=False)),
        ],
    )


def _no_such_page(http: HttpRequest, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    refusal = Refusal(error.status_code, f"{error.detail.replace(' ', '')}Exception", error.detail)
    return refused(refusal, http)


def _broken(http: HttpRequest, _error: Exception) -> Response:
    return refused(Refusal(500, "InternalFailure", "An internal error occurred."), http)
