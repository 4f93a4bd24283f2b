"""The tokens of a Cognito user pool."""

from typing import Any

from local.appsync.auth.identity import Identity
from local.appsync.auth.keys import Fetch, Keys
from local.appsync.auth.refusal import unverifiable
from local.appsync.auth.tokens import Claims
from resolvers.shared.identity import Mode

# The claim that names the client, and the one that names the user, by what a token is for.
CLIENT = {"id": "aud", "access": "client_id"}
USERNAME = {"id": "cognito:username", "access": "username"}


class UserPool:
    """A user pool as an issuer: its id and access tokens, made for one client."""

    algorithms = frozenset({"RS256"})
    mode = Mode.USER_POOL

    def __init__(self, pool_id: str, client_id: str, endpoint_url: str, fetch: Fetch) -> None:
        """`endpoint_url` is where Cognito answers, for its keys; tokens name the real address."""
        self.pool_id = pool_id
        self.client_id = client_id
        region = pool_id.partition("_")[0]
        self.url = f"https://cognito-idp.{region}.amazonaws.com/{pool_id}"
        self._keys_url = f"{endpoint_url}/{pool_id}/.well-known/jwks.json"
        self.keys = Keys(self._locate, fetch)

    async def _locate(self) -> str:
        return self._keys_url

    def identity(self, claims: Claims) -> Identity:
        """Make the identity of a user; raises Refusal for a token not meant for this API."""
        use = claims.get("token_use")
        if use not in CLIENT:
            raise unverifiable("neither an id nor an access token")
        if claims.get(CLIENT[use]) != self.client_id:
            raise unverifiable("the token is for another client")
        groups = claims.get("cognito:groups")
        event: dict[str, Any] = {
            "sub": claims.get("sub"),
            "issuer": self.url,
            "username": claims.get(USERNAME[use]),
            "claims": claims,
            "sourceIp": [],
            "defaultAuthStrategy": "ALLOW",
            "groups": groups,
        }
        return Identity(self.mode, event, frozenset(groups or ()))
