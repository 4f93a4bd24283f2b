"""Tokens of an OpenID Connect issuer."""

import asyncio
from typing import Any

import pytest

from infra.settings import Oidc
from local.appsync.auth import Authenticator, Call
from local.appsync.auth.keys import fetch_json
from local.appsync.auth.modes import Modes
from local.appsync.auth.oidc import OidcIssuer
from resolvers.shared.identity import Mode
from tests.support.issuer import serving
from tests.unit.appsync.credentials import (
    KEY,
    NOT_VALID,
    NOW,
    OIDC_CLAIMS,
    OIDC_URL,
    Documents,
    authenticator,
    identify,
    issuers,
    jwks,
    refusal,
    token,
)


def call(authorization: str) -> Call:
    return Call({"authorization": authorization})


def test_oidc_token_tells_who_it_is() -> None:
    identity = asyncio.run(identify(authenticator(), "Bearer " + token(OIDC_CLAIMS, "oidc")))
    assert identity.mode is Mode.OIDC
    assert identity.event == {"claims": OIDC_CLAIMS, "issuer": OIDC_URL, "sub": "someone"}


@pytest.mark.parametrize(
    ("changed", "taken"),
    [
        ({"aud": "app"}, True),
        ({"aud": ["other", "web"]}, True),
        ({"aud": "other", "azp": "web"}, True),
        ({"aud": "web2"}, False),
        ({"aud": None}, False),
        ({"aud": [7]}, False),
        ({"exp": NOW}, False),
    ],
)
def test_oidc_client_is_asked_for(changed: dict[str, Any], *, taken: bool) -> None:
    text = token(OIDC_CLAIMS, "oidc", **changed)
    if taken:
        assert asyncio.run(identify(authenticator(), text)).mode is Mode.OIDC
    else:
        assert asyncio.run(refusal(authenticator(), call(text))).status == 401


def test_any_client_will_do_if_none_is_named() -> None:
    modes = Modes(issuers=issuers(Documents(), client_id=None))
    api = Authenticator(KEY, modes, clock=lambda: NOW)
    assert asyncio.run(identify(api, token(OIDC_CLAIMS, "oidc", aud=None))).event


@pytest.mark.parametrize(
    "document", [None, {}, {"issuer": OIDC_URL}, {"issuer": "https://x", "jwks_uri": "https://x"}]
)
def test_odd_discovery_is_401(document: Any) -> None:
    documents = Documents(**{f"{OIDC_URL}/.well-known/openid-configuration": document})
    text = token(OIDC_CLAIMS, "oidc")
    assert asyncio.run(refusal(authenticator(documents), call(text))).message == NOT_VALID


def test_issuer_is_discovered_over_http() -> None:
    async def run(issuer: str) -> None:
        found = OidcIssuer(Oidc(issuer), fetch_json)

        async def give() -> list[OidcIssuer]:
            return [found]

        api = Authenticator(KEY, Modes(issuers=give), clock=lambda: NOW)
        text = token(OIDC_CLAIMS, "oidc", iss=issuer)
        assert (await identify(api, text)).mode is Mode.OIDC
        assert (await refusal(api, call(token(OIDC_CLAIMS, "oidc")))).message == NOT_VALID

    with serving(jwks("oidc")) as issuer:
        asyncio.run(run(issuer))


@pytest.mark.parametrize("url", ["file:///etc/passwd", "http://127.0.0.1:1/", "ftp://x/"])
def test_address_that_is_none_is_an_os_error(url: str) -> None:
    with pytest.raises(OSError, match=r".+"):
        asyncio.run(fetch_json(url))
