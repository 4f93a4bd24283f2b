"""The API's own GraphQL endpoint, as Lambda code calls it: signed, and with patience."""

import json
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from resolvers.shared import aws, settings
from resolvers.shared.shapes import to_json

# Refusals that the same request may not meet again; so are all of 500 and more.
PASSING: set[int] = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS}
# Refusals that no other request would escape, and what to look at.
HOPELESS: dict[int, str] = {
    HTTPStatus.UNAUTHORIZED: "do the context's `publishes` name what it publishes? They let the "
    "function's role do appsync:GraphQL on those mutations.",
    HTTPStatus.FORBIDDEN: "does a firewall before the API refuse the function?",
    HTTPStatus.NOT_FOUND: "is GRAPHQL_URL the API's address?",
}


class Unavailable(Exception):
    """The endpoint does not answer for the moment; the whole may be tried again later."""


class NotPermitted(Exception):
    """The endpoint will not take our requests; somebody has to mend the deployment."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How one request is retried: this often, after pauses that double, within so many seconds.

    A pause is of random length, up to `pause` seconds the first time. No retry begins later than
    `seconds` after the first attempt did; an attempt takes 5 seconds at most.
    """

    retries: int = 4
    pause: float = 0.1
    seconds: float = 4.0

    def pauses(self) -> Iterator[float]:
        """Give how long to wait before each retry."""
        until = time.monotonic() + self.seconds
        for number in range(self.retries):
            # Random, so that many functions that were refused at once don't come back at once.
            pause = random.uniform(0, self.pause * 2**number)  # noqa: S311
            if time.monotonic() + pause > until:
                return
            yield pause


PATIENCE = Patience()


@dataclass(frozen=True, slots=True)
class Reply:
    """GraphQL's answer, and its size in bytes."""

    answer: dict[str, Any]
    size: int


def ask(document: str, variables: Any, patience: Patience = PATIENCE) -> Reply:
    """Send a GraphQL request; raises Unavailable and NotPermitted."""
    message = {"query": document, "variables": variables}
    body = json.dumps(message, default=to_json, separators=(",", ":")).encode()
    pauses = patience.pauses()
    while True:
        try:
            return _attempt(body)
        except Unavailable:
            if (pause := next(pauses, None)) is None:
                raise
            time.sleep(pause)


def _attempt(body: bytes) -> Reply:
    from botocore.exceptions import ConnectionError, HTTPClientError  # noqa: PLC0415

    try:
        # Signed for each attempt, since a signature is good for five minutes only.
        response = aws.http().send(aws.signed(settings.graphql_url(), body, "appsync"))
        content = response.content
    except (ConnectionError, HTTPClientError) as error:
        raise Unavailable(f"The GraphQL endpoint: {type(error).__name__}") from error
    return _reply(response.status_code, content)


def _reply(status: int, content: bytes) -> Reply:
    if status in PASSING or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise Unavailable(f"The GraphQL endpoint answers {status}")
    answer = _parsed(content)
    if status in HOPELESS:
        said = _first_error(answer)
        raise NotPermitted(f"The GraphQL endpoint answers {status} ({said}): {HOPELESS[status]}")
    if answer is None and status == HTTPStatus.OK:
        raise Unavailable("The GraphQL endpoint answers something else than JSON")
    return Reply(answer or {"errors": [{"errorType": f"HTTP {status}"}]}, len(content))


def _parsed(content: bytes) -> dict[str, Any] | None:
    try:
        answer = json.loads(content)
    except ValueError:
        return None
    return answer if isinstance(answer, dict) else None


def _first_error(answer: dict[str, Any] | None) -> str:
    errors = (answer or {}).get("errors")
    if not errors:
        return "without a reason"
    return f"{errors[0].get('errorType')}: {errors[0].get('message')}"
