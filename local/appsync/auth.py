"""Credentials: which of AppSync's modes a request uses, and whether they hold."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local.appsync.errors import unauthorized
from resolvers.shared.identity import Mode


@dataclass(frozen=True, slots=True)
class Identity:
    """A caller whose credentials hold.

    `event` is what resolvers get as `identity`; null for an API key.
    """

    mode: Mode
    event: Mapping[str, Any] | None = None
    groups: frozenset[str] = frozenset()


class Authenticator:
    """The API's own modes."""

    def __init__(self, api_key: str) -> None:
        self._api_key = api_key.encode()

    def authenticate(self, headers: Mapping[str, Any]) -> Identity:
        """Give the caller's identity, or raise Refusal (401)."""
        key = headers.get("x-api-key")
        if key is not None:
            if not isinstance(key, str) or not hmac.compare_digest(key.encode(), self._api_key):
                raise unauthorized()
            return Identity(Mode.API_KEY)
        raise unauthorized("Valid authorization header not provided.")
