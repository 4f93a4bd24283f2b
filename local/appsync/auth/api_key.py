"""API keys."""

import hmac
from collections.abc import Mapping
from typing import Any

from local.appsync.auth.identity import Identity
from local.appsync.auth.refusal import Unproved
from resolvers.shared.identity import Mode

HOUR = 3600


class ApiKeys:
    """The keys of an API, each with the time (epoch seconds) it expires."""

    def __init__(self, keys: Mapping[str, float]) -> None:
        # AppSync rounds the expiry down to the hour.
        self._keys = {key.encode(): expires // HOUR * HOUR for key, expires in keys.items()}

    def check(self, given: Any, now: float) -> Identity:
        """Give the identity of who has a key; raises Refusal."""
        if not isinstance(given, str):  # sent twice
            raise Unproved("several API keys")
        encoded = given.encode()
        held = [expires for key, expires in self._keys.items() if hmac.compare_digest(encoded, key)]
        if not held:
            raise Unproved("the API key is unknown")
        if now >= held[0]:
            raise Unproved("the API key has expired")
        return ANYBODY


ANYBODY = Identity(Mode.API_KEY)
