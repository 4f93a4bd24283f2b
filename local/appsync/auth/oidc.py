"""The tokens of an OpenID Connect issuer, found by discovery."""

import re

from infra.settings import Oidc
from local.appsync.auth.identity import Identity
from local.appsync.auth.keys import Fetch, Keys
from local.appsync.auth.refusal import unverifiable
from local.appsync.auth.tokens import Claims
from resolvers.shared.identity import Mode

FAMILIES = ("RS", "PS", "HS", "ES")
SIZES = ("256", "384", "512")


class OidcIssuer:
    """An issuer whose discovery document tells where its keys are."""

    algorithms = frozenset(family + size for family in FAMILIES for size in SIZES)
    mode = Mode.OIDC

    def __init__(self, settings: Oidc, fetch: Fetch) -> None:
        self.url = settings.issuer
        self._client = re.compile(settings.client_id) if settings.client_id else None
        self._fetch = fetch
        self.keys = Keys(self._locate, fetch)

    async def _locate(self) -> str:
        document = await self._fetch(f"{self.url.rstrip('/')}/.well-known/openid-configuration")
        if document["issuer"] != self.url:
            raise ValueError("its discovery document names another issuer")
        where: str = document["jwks_uri"]
        return where

    def identity(self, claims: Claims) -> Identity:
        """Make the identity of who has the token; raises Refusal for one not meant for this API."""
        if self._client and not any(map(self._client.fullmatch, _audience(claims))):
            raise unverifiable("the token is for another client")
        event = {"claims": claims, "issuer": self.url, "sub": claims.get("sub")}
        return Identity(self.mode, event)


def _audience(claims: Claims) -> list[str]:
    audience = claims.get("aud")
    named = [*(audience if isinstance(audience, list) else [audience]), claims.get("azp")]
    return [each for each in named if isinstance(each, str)]
