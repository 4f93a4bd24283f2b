"""Tokens of the user pool."""

import asyncio
from base64 import urlsafe_b64encode
from typing import Any

import jwt
import orjson
import pytest

from local.appsync.auth import Call
from resolvers.shared.identity import Mode
from tests.unit.appsync.credentials import (
    ACCESS_CLAIMS,
    EXPIRED,
    ID_CLAIMS,
    NOT_VALID,
    NOW,
    OIDC_URL,
    POOL,
    POOL_URL,
    Documents,
    authenticator,
    identify,
    jwks,
    private_key,
    refusal,
    token,
)

JWKS = f"http://aws/{POOL}/.well-known/jwks.json"


def call(authorization: str) -> Call:
    return Call({"authorization": authorization})


@pytest.mark.parametrize("prefix", ["", "Bearer ", "bearer "])
def test_id_token_tells_who_it_is(prefix: str) -> None:
    identity = asyncio.run(identify(authenticator(), prefix + token(ID_CLAIMS)))
    assert identity.mode is Mode.USER_POOL
    assert identity.groups == {"admin"}
    assert identity.event is not None
    assert identity.event["username"] == "ada"
    assert identity.event["claims"] == ID_CLAIMS


def test_access_token_without_groups_has_null_for_them() -> None:
    identity = asyncio.run(identify(authenticator(), token(ACCESS_CLAIMS)))
    assert identity.event is not None
    assert (identity.event["username"], identity.event["groups"]) == ("bob", None)
    assert identity.groups == frozenset()


@pytest.mark.parametrize(
    ("claims", "changed", "message"),
    [
        (ID_CLAIMS, {"exp": NOW}, EXPIRED),
        (ID_CLAIMS, {"exp": NOW - 1}, EXPIRED),
        (ID_CLAIMS, {"exp": None}, NOT_VALID),
        (ID_CLAIMS, {"exp": "tomorrow"}, NOT_VALID),
        (ID_CLAIMS, {"exp": True}, NOT_VALID),
        (ID_CLAIMS, {"iat": None}, NOT_VALID),
        (ID_CLAIMS, {"nbf": NOW + 60}, NOT_VALID),
        (ID_CLAIMS, {"iss": None}, NOT_VALID),
        (ID_CLAIMS, {"iss": ""}, NOT_VALID),
        (ID_CLAIMS, {"iss": "https://accounts.example.com"}, NOT_VALID),
        (ID_CLAIMS, {"iss": POOL_URL.replace("Pool00001", "Pool00002")}, NOT_VALID),
        (ID_CLAIMS, {"iss": POOL_URL + "/"}, NOT_VALID),
        (ID_CLAIMS, {"iss": OIDC_URL}, NOT_VALID),
        (ID_CLAIMS, {"aud": "another"}, NOT_VALID),
        (ID_CLAIMS, {"aud": None}, NOT_VALID),
        (ID_CLAIMS, {"token_use": "refresh"}, NOT_VALID),
        (ID_CLAIMS, {"token_use": None}, NOT_VALID),
        (ID_CLAIMS, {"token_use": "access"}, NOT_VALID),
        (ACCESS_CLAIMS, {"client_id": "another"}, NOT_VALID),
        (ACCESS_CLAIMS, {"token_use": "id"}, NOT_VALID),
        (ACCESS_CLAIMS, {"exp": NOW - 1}, EXPIRED),
    ],
)
def test_claims_that_do_not_fit_are_401(
    claims: dict[str, Any], changed: dict[str, Any], message: str
) -> None:
    api = authenticator()
    assert asyncio.run(refusal(api, call(token(claims, **changed)))).message == message


def forged(header: dict[str, Any], signature: str = "") -> str:
    parts = [
        urlsafe_b64encode(orjson.dumps(part)).decode().rstrip("=") for part in (header, ID_CLAIMS)
    ]
    return ".".join([*parts, signature])


@pytest.mark.parametrize(
    "text",
    [
        forged({"alg": "none"}),
        forged({"alg": "none", "kid": "pool"}),
        forged({"alg": "None", "kid": "pool"}),
        forged({"kid": "pool"}),
        forged({"alg": ["RS256"], "kid": "pool"}),
        forged({"alg": "RS256", "kid": "pool"}),
        forged({"alg": "RS256", "kid": "pool"}, "ü"),
        forged({"alg": "RS256", "kid": ["pool"]}, "AAAA"),
        forged({"alg": "RS256", "kid": None}, "AAAA"),
        forged({"alg": "RS256"}, "AAAA"),
        # The public key, which everybody has, as if it were a shared secret.
        jwt.encode(ID_CLAIMS, jwks("pool")["keys"][0]["n"], "HS256", {"kid": "pool"}),
        jwt.encode(ID_CLAIMS, private_key("pool"), "RS512", {"kid": "pool"}),
        jwt.encode(ID_CLAIMS, private_key("pool"), "PS256", {"kid": "pool"}),
        jwt.encode(ID_CLAIMS, private_key("stranger"), "RS256", {"kid": "pool"}),
        jwt.encode(ID_CLAIMS, private_key("stranger"), "RS256", {"kid": "stranger"}),
        token(ID_CLAIMS, "oidc"),
    ],
)
def test_signature_of_nobody_we_know_is_401(text: str) -> None:
    assert asyncio.run(refusal(authenticator(), call(text))).message == NOT_VALID


def test_every_flipped_bit_of_the_signature_is_noticed() -> None:
    head, _, signature = token(ID_CLAIMS).rpartition(".")

    async def run() -> None:
        api = authenticator()
        for at in range(0, len(signature) - 1, 7):
            other = "A" if signature[at] != "A" else "B"
            text = f"{head}.{signature[:at]}{other}{signature[at + 1 :]}"
            assert (await refusal(api, call(text))).message == NOT_VALID

    asyncio.run(run())


@pytest.mark.parametrize("text", ["Bearer", "Bearer ", "Bearer x", "Bearer a.b.c", "Bearer ..."])
def test_bearer_that_is_no_token_can_not_be_parsed(text: str) -> None:
    refused = asyncio.run(refusal(authenticator(), call(text)))
    assert refused.message in {"Unable to parse JWT token.", NOT_VALID}


def test_verified_token_is_remembered_until_it_expires() -> None:
    documents, now = Documents(), [NOW]
    text = token(ID_CLAIMS, exp=NOW + 60)

    async def run() -> None:
        api = authenticator(documents, clock=lambda: now[0])
        first = await identify(api, text, **{"x-forwarded-for": "10.0.0.1, 127.0.0.1"})
        again = await identify(api, text, **{"x-forwarded-for": "127.0.0.1"})
        assert first.event and again.event
        assert first.event["sourceIp"] == ["10.0.0.1", "127.0.0.1"]
        assert again.event["sourceIp"] == ["127.0.0.1"]
        now[0] = NOW + 60
        assert (await refusal(api, call(text))).message == EXPIRED

    asyncio.run(run())
    assert documents.fetched == [JWKS]


def test_forgotten_token_is_proved_again() -> None:
    documents = Documents()

    async def run() -> None:
        api = authenticator(documents)
        await identify(api, token(ID_CLAIMS))
        api.forget()
        await identify(api, token(ID_CLAIMS))

    asyncio.run(run())
    assert documents.fetched == [JWKS]


def test_new_key_is_fetched_but_not_for_every_false_one() -> None:
    documents, now = Documents(), [NOW]

    async def run() -> None:
        api = authenticator(documents, clock=lambda: now[0])
        await identify(api, token(ID_CLAIMS))
        documents.documents[JWKS] = jwks("pool", "rotated")
        for _ in range(5):
            assert (await refusal(api, call(token(ID_CLAIMS, "rotated")))).message == NOT_VALID
        now[0] += 10
        await identify(api, token(ID_CLAIMS, "rotated"))

    asyncio.run(run())
    assert documents.fetched == [JWKS, JWKS]


def test_many_first_tokens_fetch_the_keys_once() -> None:
    documents = Documents()

    async def run() -> None:
        api = authenticator(documents)
        await asyncio.gather(*(identify(api, token(ID_CLAIMS, jti=str(n))) for n in range(20)))

    asyncio.run(run())
    assert documents.fetched == [JWKS]


@pytest.mark.parametrize("keys", [None, [], {}, {"keys": 7}, {"keys": [{}]}, {"keys": [7]}])
def test_unreadable_keys_are_401(keys: Any) -> None:
    documents = Documents(**{JWKS: keys})
    assert asyncio.run(refusal(authenticator(documents), call(token(ID_CLAIMS)))).status == 401


def test_key_for_another_algorithm_or_kind_proves_nothing() -> None:
    for keys in (jwks("pool", alg="RS512"), jwks("pool", kty="EC"), jwks("pool", n="?")):
        documents = Documents(**{JWKS: keys})
        refused = asyncio.run(refusal(authenticator(documents), call(token(ID_CLAIMS))))
        assert refused.message == NOT_VALID
