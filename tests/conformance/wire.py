"""A case's request sent, and its answer compared."""

from collections.abc import Iterator
from dataclasses import dataclass

import httpx

from tests.conformance import made_up
from tests.conformance.callers import Callers
from tests.conformance.cases import MADE_UP, Case, Expected
from tests.conformance.matching import differences


@dataclass(frozen=True, slots=True)
class Api:
    """An API reached over HTTP."""

    client: httpx.Client
    callers: Callers

    def ask(self, case: Case) -> httpx.Response:
        """Send a case's request."""
        sent = case.request
        return self.client.request(
            sent.method,
            "/graphql",
            headers=_with_type(self.callers.headers(case)),
            params=sent.params,
            content=sent.content,
        )


def compare(case: Case, api: Api) -> list[str]:
    """Say what is different in the answer to a case's request."""
    if case.api == MADE_UP:
        headers = _with_type(Callers(made_up.KEY).headers(case))
        answer, calls = made_up.ask(case, headers)
    else:
        answer, calls = api.ask(case), []
    found = [*_compare(case.expected, answer)]
    if case.expected.calls is not None and case.expected.calls != calls:
        found.append(f"calls: expected {case.expected.calls}, got {calls}")
    return found


def _with_type(headers: httpx.Headers) -> httpx.Headers:
    headers.setdefault("content-type", "application/json")
    return headers


def _compare(expected: Expected, answer: httpx.Response) -> Iterator[str]:
    if answer.status_code != expected.status:
        yield f"status: expected {expected.status}, got {answer.status_code}: {answer.text[:500]}"
    for name, value in expected.headers.items():
        got = answer.headers.get(name)
        if value is not None or got is not None:
            yield from differences(value, got, f"header {name}")
    if expected.body is not None:
        ordered = answer.status_code == httpx.codes.OK
        try:
            yield from differences(expected.body, answer.json(), "body", ordered=ordered)
        except ValueError:
            yield f"body: expected JSON, got {answer.text[:500]!r}"
    if expected.text is not None:
        yield from differences(expected.text, answer.text, "text")
