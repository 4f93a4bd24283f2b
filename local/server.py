"""The ASGI app: GraphQL's endpoint, and the twin's own pages beside it."""

import contextlib
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request as HttpRequest
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from local.appsync.errors import Refusal
from local.endpoint import CORS, Answer, GraphQLEndpoint, preflight, read_body, refused
from local.users import Tokens

PLAYGROUND = Path(__file__).parent / "playground" / "dist"
LOOPBACK = {"localhost", "127.0.0.1", "::1"}
GRAPHQL = "/graphql"


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
            refusal = Refusal(403, "ForbiddenException", f"{origin} may not do this.")
            return refused(refusal, http.scope)
        await self._reset()
        return JSONResponse({"status": "reset"}, headers=CORS)

    async def token(self, http: HttpRequest) -> Response:
        """Sign a seeded user in: `{"user": "alice"}`."""
        if http.method == "OPTIONS":
            return preflight(http)
        try:
            tokens = await self._sign_in(await _user(http))
        except Refusal as refusal:
            return refused(refusal, http.scope)
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
        given = orjson.loads(await read_body(http.receive))
    except orjson.JSONDecodeError:
        given = None
    return given.get("user") if isinstance(given, dict) else None


class _Immutable(StaticFiles):
    """Files whose names change with their content: kept by browsers for ever."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers["cache-control"] = "public, max-age=31536000, immutable"
        return response


def app(answer: Answer, pages: Pages, more: Iterable[BaseRoute] = ()) -> ASGIApp:
    """Put the app together."""
    endpoint = GraphQLEndpoint(answer)
    routed = Starlette(
        exception_handlers={HTTPException: _no_such_page, Exception: _broken},
        routes=[
            Route(GRAPHQL, endpoint, methods=["GET", "POST", "OPTIONS"]),
            Route("/health", pages.health),
            Route("/amplify_outputs.json", pages.amplify_outputs),
            Route("/local/reset", pages.reset, methods=["POST"]),
            Route("/local/token", pages.token, methods=["POST", "OPTIONS"]),
            *more,
            Route("/", pages.playground),
            Mount("/assets", _Immutable(directory=PLAYGROUND / "assets", check_dir=False)),
        ],
    )

    async def served(scope: Scope, receive: Receive, send: Send) -> None:
        # What nearly every request is need not go through Starlette, which takes as long again.
        if scope["type"] != "http" or scope["path"] != GRAPHQL or scope["method"] != "POST":
            await routed(scope, receive, send)
            return
        try:
            await endpoint(scope, receive, send)
        except Exception:
            with contextlib.suppress(RuntimeError):  # an answer had begun, and nobody takes it
                await _broken(HttpRequest(scope), None)(scope, receive, send)
            raise  # for the log

    return served


def _no_such_page(http: HttpRequest, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    refusal = Refusal(error.status_code, f"{error.detail.replace(' ', '')}Exception", error.detail)
    return refused(refusal, http.scope)


def _broken(http: HttpRequest, _error: Exception | None) -> Response:
    refusal = Refusal(500, "InternalFailure", "An internal error occurred.")
    return refused(refusal, http.scope)
