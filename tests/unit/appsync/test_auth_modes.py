"""Which mode a request uses, and API keys."""

import asyncio
import time
from typing import Any

import pytest

from local.appsync.auth import Authenticator, Call
from local.appsync.auth.api_key import HOUR, ApiKeys
from local.appsync.auth.memory import Memory
from local.appsync.auth.refusal import Unproved
from local.credentials import API_KEY as TWINS_KEY
from local.credentials import DAY, EXPIRED_KEY, api_keys
from resolvers.shared.identity import Mode
from tests.unit.appsync.credentials import (
    ID_CLAIMS,
    KEY,
    NOT_VALID,
    NOW,
    REFUSED,
    authenticator,
    identify,
    refusal,
    token,
)
from tests.unit.appsync.test_auth_iam import signed_call


def test_key_has_no_identity() -> None:
    identity = asyncio.run(authenticator().authenticate(Call({"x-api-key": KEY})))
    assert (identity.mode, identity.event) == (Mode.API_KEY, None)


@pytest.mark.parametrize("given", ["", "da2-", KEY + "x", KEY.upper(), "ü", [KEY, KEY]])
def test_other_keys_are_401(given: Any) -> None:
    assert asyncio.run(refusal(authenticator(), Call({"x-api-key": given}))).message == REFUSED


def test_key_expires_on_the_hour() -> None:
    hour = NOW // HOUR * HOUR
    keys = ApiKeys({KEY: hour + HOUR + 1800})
    assert keys.check(KEY, hour + HOUR - 1).mode is Mode.API_KEY
    with pytest.raises(Unproved, match=REFUSED):
        keys.check(KEY, hour + HOUR)


def test_twins_key_lasts_a_year_and_another_has_expired() -> None:
    keys = api_keys(NOW)
    assert keys.check(TWINS_KEY, NOW + 364 * DAY).mode is Mode.API_KEY
    for key, now in ((TWINS_KEY, NOW + 366 * DAY), (EXPIRED_KEY, NOW)):
        with pytest.raises(Unproved):
            keys.check(key, now)


@pytest.mark.parametrize("headers", [{}, {"authorization": ""}, {"cookie": "x"}])
def test_no_credentials_is_401(headers: dict[str, str]) -> None:
    assert asyncio.run(refusal(authenticator(), Call(headers))).message == NOT_VALID


def test_several_authorizations_are_401() -> None:
    both = Call({"authorization": [token(ID_CLAIMS), token(ID_CLAIMS)], "x-api-key": KEY})
    assert asyncio.run(refusal(authenticator(), both)).message == NOT_VALID


def test_signature_wins_over_a_key() -> None:
    call = signed_call(headers={"x-api-key": "wrong"})
    assert asyncio.run(authenticator(clock=time.time).authenticate(call)).mode is Mode.IAM


def test_key_wins_over_a_token() -> None:
    identity = asyncio.run(identify(authenticator(), token(ID_CLAIMS), **{"x-api-key": KEY}))
    assert identity.mode is Mode.API_KEY
    false_key = Call({"authorization": token(ID_CLAIMS), "x-api-key": "wrong"})
    assert asyncio.run(refusal(authenticator(), false_key)).message == REFUSED


@pytest.mark.parametrize("authorization", ["token", "Basic dTpw", token(ID_CLAIMS)])
def test_api_with_keys_alone_takes_nothing_else(authorization: str) -> None:
    api = Authenticator(KEY)
    assert asyncio.run(refusal(api, Call({"authorization": authorization}))).message == NOT_VALID
    assert asyncio.run(refusal(api, signed_call())).message == NOT_VALID


@pytest.mark.parametrize("prefix", ["", "Bearer ", "AWS4-HMAC-SHA256 ", "Basic "])
def test_hundred_kilobytes_are_401(prefix: str) -> None:
    call = Call({"authorization": prefix + "x" * 100_000})
    assert asyncio.run(refusal(authenticator(), call)).message == NOT_VALID


def test_log_tells_why_without_the_credential() -> None:
    lines: list[str] = []
    api = Authenticator(KEY, log=lines.append)
    asyncio.run(refusal(api, Call({"x-api-key": "da2-secret"})))
    asyncio.run(refusal(api, Call({"authorization": token(ID_CLAIMS)})))
    assert lines == [
        f"401 {REFUSED} (the API key is unknown)",
        f"401 {NOT_VALID} (the token's issuer is not one of this API's)",
    ]


def test_memory_is_bounded_and_forgets_what_has_ended() -> None:
    memory: Memory[int] = Memory(size=3)
    for n in range(5):
        memory.keep(str(n), n, ends=10)
    assert [memory.recall(str(n), 9) for n in range(5)] == [None, None, 2, 3, 4]
    assert memory.recall("4", 10) is None
    memory.clear()
    assert memory.recall("3", 0) is None
