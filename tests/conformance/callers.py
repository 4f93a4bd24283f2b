"""Credentials: of the caller of a case, and of the placeholders in its headers."""

import base64
import json
import re
from functools import cache

import httpx

from tests.conformance.cases import Case

WRONG_KEY = "da2-" + "w" * 26
PLACEHOLDER = re.compile(r"\{(key|id|access|flipped|unsigned)(?::(\w+))?\}")


class Callers:
    """Who may call an API: whoever has its key, and the users it signs in itself."""

    def __init__(self, key: str, client: httpx.Client | None = None) -> None:
        self._key = key
        self._client = client
        self._tokens = cache(self._sign_in)

    def headers(self, case: Case) -> httpx.Headers:
        """Give a request's headers."""
        given = self._credentials(case.who)
        for name, value in case.request.headers.items():
            values = value if isinstance(value, list) else [value]
            given += [(name, PLACEHOLDER.sub(self._filled, each)) for each in values]
        return httpx.Headers(given)

    def _credentials(self, who: str) -> list[tuple[str, str]]:
        keys = {"api_key": self._key, "wrong_key": WRONG_KEY}
        if who == "none":
            return []
        if who in keys:
            return [("x-api-key", keys[who])]
        return [("authorization", self._tokens(who)["idToken"])]

    def _filled(self, found: re.Match[str]) -> str:
        kind, user = found.groups()
        if kind == "key":
            return self._key
        tokens = self._tokens(user)
        if kind == "access":
            return tokens["accessToken"]
        return {"id": _same, "flipped": _flipped, "unsigned": _unsigned}[kind](tokens["idToken"])

    def _sign_in(self, user: str) -> dict[str, str]:
        assert self._client is not None, "this API has no users"
        answer = self._client.post("/local/token", json={"user": user})
        assert answer.status_code == 200, answer.text
        tokens: dict[str, str] = answer.json()
        return tokens


def _same(token: str) -> str:
    return token


def _flipped(token: str) -> str:
    """Change the signature."""
    head, body, signature = token.split(".")
    middle = len(signature) // 2
    other = "A" if signature[middle] != "A" else "B"
    return f"{head}.{body}.{signature[:middle]}{other}{signature[middle + 1 :]}"


def _unsigned(token: str) -> str:
    """Say that there is no signature, and leave it out."""
    header = json.dumps({"alg": "none", "typ": "JWT"}).encode()
    return f"{base64.urlsafe_b64encode(header).decode().rstrip('=')}.{token.split('.')[1]}."
