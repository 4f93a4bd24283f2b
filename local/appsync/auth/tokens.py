"""JSON Web Tokens: read without trust, then checked against the keys of their issuer."""

import binascii
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import orjson

from local.appsync.auth.identity import Identity
from local.appsync.auth.keys import Keys
from local.appsync.auth.refusal import Unproved, unverifiable

SEGMENTS = 3
Claims = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Token:
    """A token as it says of itself; nothing of it is proved."""

    text: str
    header: Mapping[str, Any]
    claims: Claims


class Issuer(Protocol):
    """Somebody whose tokens are taken."""

    keys: Keys

    @property
    def url(self) -> str:
        """Give what its tokens have as `iss`."""

    @property
    def algorithms(self) -> frozenset[str]:
        """Name the algorithms that its tokens may be signed with."""

    def identity(self, claims: Claims) -> Identity:
        """Make the identity of who has a token with these claims; raises Refusal."""


def read_token(text: str) -> Token | None:
    """Read a token, or give None if the text is none."""
    segments = text.split(".")
    if len(segments) != SEGMENTS:
        return None
    header, claims = _object(segments[0]), _object(segments[1])
    if header is None or claims is None:
        return None
    return Token(text, header, claims)


async def verify(token: Token, issuer: Issuer, now: float) -> tuple[Identity, float]:
    """Prove a token; gives the identity and when it expires, or raises Refusal."""
    algorithm, kid = token.header.get("alg"), token.header.get("kid")
    if not isinstance(algorithm, str) or algorithm not in issuer.algorithms:
        raise unverifiable("the algorithm is not one of the issuer's")
    if not isinstance(kid, str):
        raise unverifiable("the token names no key")
    key = await issuer.keys.find(kid, now)
    if not key.signed(token.text, algorithm):
        raise unverifiable("the signature does not match")
    expires = _times(token.claims, now)
    return issuer.identity(token.claims), expires


def _times(claims: Claims, now: float) -> float:
    expires, _ = _time(claims, "exp"), _time(claims, "iat")
    if now >= expires:
        raise Unproved("the token has expired", "Token has expired.")
    if "nbf" in claims and now < _time(claims, "nbf"):
        raise unverifiable("the token is not valid yet")
    return expires


def _time(claims: Claims, name: str) -> float:
    value = claims.get(name)
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise unverifiable(f"the token's {name} is no time")
    return value


def _object(segment: str) -> dict[str, Any] | None:
    try:
        found = orjson.loads(urlsafe_b64decode(segment + "=" * (-len(segment) % 4)))
    except (binascii.Error, ValueError):
        return None
    return found if isinstance(found, dict) else None
