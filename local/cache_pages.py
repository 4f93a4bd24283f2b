"""What the twin tells about AppSync's cache, and how to empty it without AWS's FlushApiCache."""

from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from local.appsync.cache import ResolverCache

CORS = {"access-control-allow-origin": "*"}


def cache_pages(cache: ResolverCache | None, log: Callable[[str], None]) -> list[BaseRoute]:
    """Make `GET /local/cache` and `POST /local/cache/flush`; without a cache they say so."""

    async def show(_: Request) -> Response:
        answer: dict[str, Any] = {"caching": cache is not None}
        return JSONResponse(answer | (cache.figures() if cache else {}), headers=CORS)

    async def flush(_: Request) -> Response:
        flushed = cache.flush() if cache else 0
        if cache:
            log(f"{summary(cache)}; flushed {flushed}")
        return JSONResponse({"flushed": flushed}, headers=CORS)

    return [
        Route("/local/cache", show),
        Route("/local/cache/flush", flush, methods=["POST"]),
    ]


def summary(cache: ResolverCache) -> str:
    """Tell in a line how the cache fares."""
    figures = cache.figures()
    return "[cache] " + ", ".join(f"{figures[n]} {n}" for n in ("hits", "misses", "evicted"))
