"""Requests signed by botocore, unmodified, and what may be wrong with them."""

import asyncio
import time
from typing import Any

import pytest

from local.appsync.auth import Call, Sent
from resolvers.shared.identity import Mode
from tests.support.signing import signed
from tests.unit.appsync.credentials import REFUSED, ROLE_KEYS, authenticator, refusal

BODY = b'{"query": "{ __typename }"}'
URL = "http://localhost:4000/graphql"


def signed_call(url: str = URL, body: bytes = BODY, method: str = "POST", **given: Any) -> Call:
    """Sign a request, and take it as the twin does."""
    changed = given.pop("headers", {})
    sent_body = given.pop("sent_body", body)
    keys = {**ROLE_KEYS, **given.pop("keys", {})}
    headers = {"host": "localhost:4000", **signed(url, body, keys, method=method, **given)}
    path, _, query = url.removeprefix("http://localhost:4000").partition("?")
    return Call({**headers, **changed}, sent=Sent(method, path, query, sent_body))


def test_role_is_told_by_its_keys() -> None:
    identity = asyncio.run(authenticator(clock=time.time).authenticate(signed_call()))
    assert identity.mode is Mode.IAM
    assert identity.policy is not None
    assert identity.policy.refused([("Mutation", "publishJob"), ("Query", "job")]) == {
        ("Query", "job")
    }


@pytest.mark.parametrize(
    ("url", "method", "body"),
    [
        (URL + "?query=%7B%20__typename%20%7D&variables=&operationName=a%2Bb", "GET", b""),
        (URL + "?b=2&a=1&b=1", "POST", BODY),
        ("http://localhost:4000/graphql/connect", "POST", b"{}"),
        (URL, "POST", "ü".encode() * 100_000),
    ],
)
def test_whatever_is_signed_is_recomputed(url: str, method: str, body: bytes) -> None:
    call = signed_call(url, body, method)
    assert asyncio.run(authenticator(clock=time.time).authenticate(call)).mode is Mode.IAM


@pytest.mark.parametrize("minutes", [20, 6, -6])
def test_replayed_or_early_signature_is_401(minutes: int) -> None:
    api = authenticator(clock=lambda: time.time() + minutes * 60)
    assert asyncio.run(refusal(api, signed_call())).message == REFUSED


def test_signature_of_four_minutes_ago_holds() -> None:
    api = authenticator(clock=lambda: time.time() + 240)
    assert asyncio.run(api.authenticate(signed_call())).mode is Mode.IAM


@pytest.mark.parametrize(
    "given",
    [
        {"sent_body": BODY + b" "},
        {"sent_body": b""},
        {"region": "eu-west-1"},
        {"service": "execute-api"},
        {"keys": {"secretAccessKey": "another"}},
        {"keys": {"accessKeyId": "ASIAANOTHER000000000"}},
        {"keys": {"sessionToken": "another"}},
        {"keys": {"sessionToken": None}},
        {"headers": {"host": "elsewhere"}},
        {"headers": {"content-type": "text/plain"}},
        {"headers": {"x-amz-date": "20200101T000000Z"}},
        {"headers": {"x-amz-date": "yesterday"}},
        {"headers": {"x-amz-date": None}},
        {"headers": {"x-amz-date": ["a", "b"]}},
        {"headers": {"x-amz-content-sha256": "0" * 64}},
        {"headers": {"x-amz-content-sha256": "UNSIGNED-PAYLOAD"}},
        {"headers": {"x-amz-security-token": None}},
        {"headers": {"x-amz-security-token": "another"}},
        {"headers": {"x-amz-security-token": ["session", "session"]}},
    ],
)
def test_changed_request_is_401(given: dict[str, Any]) -> None:
    assert (
        asyncio.run(refusal(authenticator(clock=time.time), signed_call(**given))).message
        == REFUSED
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("host;", ""),
        ("x-amz-date;", ""),
        ("SignedHeaders=", "SignedHeaders=accept;"),
        ("AWS4-HMAC-SHA256 ", "AWS4-HMAC-SHA256"),
        ("AWS4-HMAC-SHA256 ", "AWS4-HMAC-SHA256 x"),
        ("aws4_request", "aws5_request"),
        ("Signature=", "Signature=0"),
        ("Credential=", "Credential=a/"),
    ],
)
def test_changed_header_is_401(old: str, new: str) -> None:
    call = signed_call()
    authorization = call.headers["authorization"]
    assert old in authorization
    changed = Call(
        {**call.headers, "authorization": authorization.replace(old, new)}, sent=call.sent
    )
    assert asyncio.run(refusal(authenticator(clock=time.time), changed)).status == 401


def test_every_digit_of_the_signature_counts() -> None:
    call = signed_call()
    head, signature = call.headers["authorization"].split("Signature=")

    async def run() -> None:
        for at, digit in enumerate(signature):
            other = "0" if digit != "0" else "1"
            text = f"{head}Signature={signature[:at]}{other}{signature[at + 1 :]}"
            changed = Call({**call.headers, "authorization": text}, sent=call.sent)
            assert (await refusal(authenticator(clock=time.time), changed)).message == REFUSED

    asyncio.run(run())


def test_signing_key_of_another_day_is_401() -> None:
    call = signed_call()
    day = call.headers["x-amz-date"][:8]
    text = call.headers["authorization"].replace(f"/{day}/", "/20200101/")
    changed = Call({**call.headers, "authorization": text}, sent=call.sent)
    assert (
        asyncio.run(refusal(authenticator(clock=time.time), changed)).reason
        == "the signing key is of another day"
    )
