"""Issuers, keys and tokens for the tests of authorisation; the clock stands at NOW."""

import json
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from infra.settings import Oidc
from local.appsync.auth import Authenticator, Call, Identity
from local.appsync.auth.iam import Iam, RoleKeys
from local.appsync.auth.identity import Policy
from local.appsync.auth.modes import Modes
from local.appsync.auth.oidc import OidcIssuer
from local.appsync.auth.refusal import Unproved
from local.appsync.auth.tokens import Issuer
from local.appsync.auth.user_pool import UserPool

NOW = 1_800_000_000.0
KEY = "da2-" + "k" * 26
POOL, CLIENT = "us-east-1_Pool00001", "client0000000000000000000"
POOL_URL = f"https://cognito-idp.us-east-1.amazonaws.com/{POOL}"
OIDC_URL = "https://id.example.com"
NOT_VALID = "Valid authorization header not provided."
REFUSED = "You are not authorized to make this call."
EXPIRED = "Token has expired."

ROLE = RoleKeys(
    access_key="ASIAROLE000000000000",
    secret_key="secret",  # noqa: S106 - made up
    session_token="session",  # noqa: S106 - made up
    account="111122223333",
    role="publisher",
    role_id="AROAROLE0000000000000",
    session="stream",
    policy=Policy(("Mutation.publish*",)),
)
ROLE_KEYS = {
    "accessKeyId": ROLE.access_key,
    "secretAccessKey": ROLE.secret_key,
    "sessionToken": ROLE.session_token,
}


@cache
def private_key(name: str) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def jwks(*names: str, **extra: str) -> dict[str, Any]:
    keys = [json.loads(RSAAlgorithm.to_jwk(private_key(name).public_key())) for name in names]
    return {"keys": [{**key, "kid": name, **extra} for name, key in zip(names, keys, strict=True)]}


def token(claims: dict[str, Any], key: str = "pool", **changed: Any) -> str:
    """Sign claims; a claim changed to None is left out."""
    said = {name: value for name, value in (claims | changed).items() if value is not None}
    return jwt.encode(said, private_key(key), "RS256", {"kid": key})


ID_CLAIMS = {
    "sub": "8f14e45f-ceea-467f-a1d2-000000000001",
    "iss": POOL_URL,
    "token_use": "id",
    "aud": CLIENT,
    "iat": 1_700_000_000,
    "auth_time": 1_700_000_000,
    "exp": 4_000_000_000,
    "cognito:username": "ada",
    "cognito:groups": ["admin"],
    "email": "ada@example.com",
}
ACCESS_CLAIMS = {
    "sub": "8f14e45f-ceea-467f-a1d2-000000000002",
    "iss": POOL_URL,
    "token_use": "access",
    "client_id": CLIENT,
    "iat": 1_700_000_000,
    "exp": 4_000_000_000,
    "username": "bob",
    "scope": "aws.cognito.signin.user.admin",
}
OIDC_CLAIMS = {
    "sub": "someone",
    "iss": OIDC_URL,
    "aud": "web",
    "iat": 1_700_000_000,
    "exp": 4_000_000_000,
}


class Documents:
    """What is at which address; counts the fetches."""

    def __init__(self, **changed: Any) -> None:
        self.fetched: list[str] = []
        self.documents: dict[str, Any] = {
            f"http://aws/{POOL}/.well-known/jwks.json": jwks("pool"),
            f"{OIDC_URL}/.well-known/openid-configuration": {
                "issuer": OIDC_URL,
                "jwks_uri": f"{OIDC_URL}/keys",
            },
            f"{OIDC_URL}/keys": jwks("oidc"),
            **changed,
        }

    async def fetch(self, url: str) -> Any:
        self.fetched.append(url)
        try:
            return self.documents[url]
        except KeyError:
            raise OSError("no such host") from None


def issuers(
    documents: Documents, client_id: str | None = "web|app"
) -> Callable[[], Awaitable[Iterable[Issuer]]]:
    """Give the pool and the OpenID Connect issuer, whose keys are in `documents`."""
    pool = UserPool(POOL, CLIENT, "http://aws", documents.fetch)
    found: list[Issuer] = [pool, OidcIssuer(Oidc(OIDC_URL, client_id), documents.fetch)]

    async def give() -> Iterable[Issuer]:
        return found

    return give


def authenticator(documents: Documents | None = None, **given: Any) -> Authenticator:
    """Make an API with all modes but Lambda's, which `authorizer` adds."""
    clock = given.pop("clock", lambda: NOW)
    role = replace(ROLE, policy=Policy(given.pop("role_may", ROLE.policy.allowed)))
    modes = Modes(issuers=issuers(documents or Documents()), iam=Iam([role], "us-east-1"), **given)
    return Authenticator(KEY, modes, clock=clock)


async def identify(api: Authenticator, authorization: Any, **headers: Any) -> Identity:
    return await api.authenticate(Call({"authorization": authorization, **headers}))


async def refusal(api: Authenticator, call: Call) -> Unproved:
    """Authenticate a call that must be refused; gives the refusal."""
    try:
        await api.authenticate(call)
    except Unproved as refused:
        assert (refused.status, refused.error_type) == (401, "UnauthorizedException")
        return refused
    raise AssertionError("the credentials were taken")
