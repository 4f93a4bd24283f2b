"""What a connection's request says of its caller: in a subprotocol, in its query, or in headers."""

from base64 import b64decode
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from local.appsync import json_text
from local.appsync.errors import Refusal
from local.realtime.socket import Upgrade

CARRIER = "header-"
# A plus sign stands for a space in a query, yet clients send base64 there as it is; and some write
# it for URLs.
STANDARD = str.maketrans(" -_", "++/")
Headers = dict[str, Any]


class Unreadable(ValueError):
    """Credentials that are not base64 of a JSON object."""


def connection_headers(upgrade: Upgrade) -> Headers | None:
    """Give the headers that a connection is to be judged by, or None if it carries none.

    Those of the request itself are the last resort: a browser can't set them. Raises Unreadable.
    """
    given = _carried(upgrade)
    if given is not None:
        return decoded(given) | transport_headers(upgrade)
    plain = request_headers(upgrade)
    return plain if {"x-api-key", "authorization"} & plain.keys() else None


def request_headers(upgrade: Upgrade) -> Headers:
    """Give the headers of the request itself."""
    return {n: v for n, v in upgrade.headers if n != "cookie"} | transport_headers(upgrade)


def transport_headers(upgrade: Upgrade) -> Headers:
    """Give what is known of a caller without asking it."""
    return {"x-forwarded-for": upgrade.client}


def lowered(given: Mapping[str, Any]) -> Headers:
    """Give headers by lower-case names, as resolvers see them; what is no text is none."""
    return {name.lower(): value for name, value in given.items() if isinstance(value, str)}


def decoded(text: str) -> Headers:
    """Read base64 of a JSON object, in any of the ways that clients write it; or Unreadable."""
    standard = text.translate(STANDARD).rstrip("=")
    try:
        given = json_text.read(b64decode(standard + "=" * (-len(standard) % 4), validate=True))
    except (ValueError, Refusal):
        raise Unreadable from None
    if not isinstance(given, dict):
        raise Unreadable
    return lowered(given)


def _carried(upgrade: Upgrade) -> str | None:
    carriers = [name for name in upgrade.subprotocols if name.startswith(CARRIER)]
    if carriers:
        return carriers[0].removeprefix(CARRIER)
    return next(_values(upgrade.query, "header"), None)


def _values(query: str, name: str) -> Iterator[str]:
    for pair in query.split("&"):
        key, _, value = pair.partition("=")
        if key == name:
            yield unquote(value)
