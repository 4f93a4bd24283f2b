"""The edge's HTTP: whole files, parts of them, and what has not changed."""

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from local.cloud.client import Answer, Client
from local.edge.cache import MANIFEST_SECONDS, MANIFESTS, OK, Cache, Entry
from local.edge.keys import Allows

# Places of up to 18 digits: no file is larger, and Python reads a few thousand digits at most.
RANGE = re.compile(r"bytes=(?:(\d{1,18})-(\d{0,18})|-(\d{1,18}))")
PASSED_ON = ("etag", "last-modified", "content-type")
CORS = {
    "access-control-allow-origin": "*",
    "access-control-expose-headers": "ETag, Content-Range, X-Cache",
}
DENIED = b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"


def origin(client: Client, bucket: str) -> Callable[[str, str | None], Any]:
    """Make what asks a bucket for an object."""

    async def fetch(key: str, etag: str | None) -> Answer:
        headers = {"if-none-match": etag} if etag else {}
        return await client.send("s3", "GET", f"/{bucket}/{quote(key)}", b"", headers)

    return fetch


def edge_routes(caches: Mapping[str, Cache], allows: Mapping[str, Allows]) -> list[BaseRoute]:
    """Make `GET /edge/<name>/<key>` for each of the caches by their names."""

    async def serve(request: Request) -> Response:
        name, key = request.path_params["name"], request.path_params["key"]
        cache = caches.get(name)
        if cache is None or not await allows[name](key, request.query_params):
            return _error(Answer(status=403))
        entry, hit = await cache.get(key)
        if entry.answer.status != OK:
            return _error(entry.answer)
        seen = f"{'Hit' if hit else 'Miss'} from cloudfront"
        return _response(request, key, entry, {"x-cache": seen, "age": str(cache.age(entry))})

    return [Route("/edge/{name}/{key:path}", serve, methods=["GET", "HEAD"])]


def _error(answer: Answer) -> Response:
    # S3 says of what is not there, to those who may not list it, that they may not have it.
    status = 502 if answer.status >= 500 else 403  # noqa: PLR2004
    headers = {**CORS, "x-cache": "Error from cloudfront"}
    return Response(DENIED if status == 403 else b"", status, headers, "application/xml")  # noqa: PLR2004


def _response(request: Request, key: str, entry: Entry, seen: dict[str, str]) -> Response:
    found = entry.answer
    known = {name: found.headers[name] for name in PASSED_ON if name in found.headers}
    seconds = f"{MANIFEST_SECONDS}" if key.startswith(MANIFESTS) else "31536000, immutable"
    headers = {
        **CORS,
        **known,
        **seen,
        "accept-ranges": "bytes",
        "cache-control": f"public, max-age={seconds}",
    }
    tags = [each.strip() for each in request.headers.get("if-none-match", "").split(",")]
    if entry.etag in tags or "*" in tags:
        return Response(None, 304, headers)
    return _body(request, entry, headers)


def _body(request: Request, entry: Entry, headers: dict[str, str]) -> Response:
    body = entry.answer.body
    fresh = request.headers.get("if-range", entry.etag) == entry.etag
    wanted = RANGE.fullmatch(request.headers.get("range", "")) if fresh else None
    if wanted is None or _backward(wanted):  # no range, or none that has to be understood
        return Response(_unless_head(request, body), 200, _sized(headers, len(body)))
    start, end = _span(wanted, len(body))
    if start >= end:
        return Response(None, 416, {**headers, "content-range": f"bytes */{len(body)}"})
    headers["content-range"] = f"bytes {start}-{end - 1}/{len(body)}"
    return Response(_unless_head(request, body[start:end]), 206, _sized(headers, end - start))


def _backward(wanted: re.Match[str]) -> bool:
    """Say whether a range ends before it begins: it is no range, and S3 gives all."""
    first, last, _ = wanted.groups()
    return bool(last) and int(last) < int(first)


def _span(wanted: re.Match[str], size: int) -> tuple[int, int]:
    first, last, final = wanted.groups()
    if final is not None:
        return max(0, size - int(final)), size
    return int(first), min(size, int(last) + 1) if last else size


def _unless_head(request: Request, body: bytes) -> bytes | None:
    return None if request.method == "HEAD" else body


def _sized(headers: dict[str, str], size: int) -> dict[str, str]:
    return {**headers, "content-length": str(size)}
