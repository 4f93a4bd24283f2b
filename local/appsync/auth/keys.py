"""The public keys of an issuer: a JWKS, fetched when a token is signed by a key not seen before."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import cached_property
from typing import Any, Protocol
from urllib.parse import urlsplit

import orjson

from local.appsync.auth.refusal import unverifiable

# Between two fetches, however many tokens name keys that nobody has.
SECONDS_BETWEEN = 10
TIMEOUT = 5
LARGEST = 1_000_000  # bytes
ALGORITHMS = {"RSA": ("RS", "PS"), "EC": ("ES",), "oct": ("HS",)}
Fetch = Callable[[str], Awaitable[Any]]


class PublicKey(Protocol):
    """A key that tells what was signed by its other half."""

    def signed(self, token: str, algorithm: str) -> bool:
        """Tell whether it signed a token."""


class JsonWebKey:
    """One member of a JWKS."""

    def __init__(self, given: dict[str, Any]) -> None:
        self._given = given

    def signed(self, token: str, algorithm: str) -> bool:
        """Tell whether it signed a token by an algorithm that keys of its kind have."""
        from jwt import PyJWS, PyJWTError  # noqa: PLC0415 - 60 ms that few requests need

        fits = algorithm.startswith(ALGORITHMS.get(self._given.get("kty", ""), ()))
        if not fits or self._given.get("alg", algorithm) != algorithm:
            return False
        try:
            PyJWS().decode_complete(token, self._key(algorithm), algorithms=[algorithm])
        except (PyJWTError, ValueError):
            return False
        return True

    def _key(self, algorithm: str) -> Any:
        from jwt import PyJWK  # noqa: PLC0415

        return PyJWK(self._given, algorithm)


class Keys:
    """The keys of one issuer, by id."""

    def __init__(self, locate: Callable[[], Awaitable[str]], fetch: Fetch) -> None:
        """`locate` tells where the JWKS is; `fetch` reads the JSON at an address."""
        self._locate = locate
        self._fetch = fetch
        self._keys: dict[str, PublicKey] = {}
        self._fetched = float("-inf")

    @cached_property
    def _fetching(self) -> asyncio.Lock:
        return asyncio.Lock()

    async def find(self, kid: str, now: float) -> PublicKey:
        """Give the key of an id; raises Refusal if the issuer has none of it."""
        if kid not in self._keys:
            async with self._fetching:
                if kid not in self._keys and now - self._fetched >= SECONDS_BETWEEN:
                    await self._refresh()
                    self._fetched = now
        if kid not in self._keys:
            raise unverifiable("the issuer has no such key")
        return self._keys[kid]

    async def _refresh(self) -> None:
        try:
            document = await self._fetch(await self._locate())
            given = [each for each in document["keys"] if isinstance(each["kid"], str)]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise unverifiable(f"the issuer's keys can't be read: {error}") from error
        self._keys = {each["kid"]: JsonWebKey(each) for each in given}


async def fetch_json(url: str) -> Any:
    """Read the JSON at an address; raises OSError or ValueError."""
    return orjson.loads(await asyncio.to_thread(request, url))


def request(url: str, body: bytes | None = None, **headers: str) -> bytes:
    """Send a request and give the answer; raises OSError. It blocks."""
    import urllib.request as http  # noqa: PLC0415 - heavy

    if urlsplit(url).scheme not in {"http", "https"}:
        raise OSError(f"not an address: {url}")
    # What is on this machine is not behind a proxy.
    proxies = [http.ProxyHandler({})] if url.startswith("http:") else []
    given = http.Request(url, body, headers)  # noqa: S310 - checked above
    with http.build_opener(*proxies).open(given, timeout=TIMEOUT) as answer:
        content: bytes = answer.read(LARGEST)
    return content
