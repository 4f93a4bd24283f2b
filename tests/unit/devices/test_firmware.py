"""Firmware: the newest release, by a URL that the edge takes for a while."""

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key

from local.edge.signing import Signatures
from resolvers.devices import releases, service
from resolvers.devices.fields import handler
from resolvers.shared import aws
from resolvers.shared.signing import SigningKey, read_key, sign_url
from tests.unit.calls import event, invoke

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
EDGE = "https://d111111abcdef8.cloudfront.net"


@pytest.fixture(autouse=True)
def edge(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("EDGE_DEVICES_RELEASES", EDGE)
    yield
    releases._key.cache_clear()
    releases._newest.cache_clear()


@pytest.fixture(scope="module")
def private() -> RSAPrivateKey:
    return generate_private_key(65537, 2048)


def written(private: RSAPrivateKey) -> str:
    numbers = private.private_numbers()
    n, d = numbers.public_numbers.n, numbers.d
    return json.dumps({"id": "K1", "n": f"{n:x}", "d": f"{d:x}"})


def test_newest_release_is_told_with_size_and_digest() -> None:
    releases.put("m1", "1.0.0", b"old")
    releases.put("m1", "1.1.0", b"new!")

    answer = invoke(handler, event("Query.firmware", {"model": "m1"}))

    assert answer == {
        "model": "m1",
        "version": "1.1.0",
        "url": f"{EDGE}/files/m1/1.1.0.bin",
        "sha256": hashlib.sha256(b"new!").hexdigest(),
        "size": 4,
    }


@pytest.mark.parametrize("model", ["unknown", "", "../manifests", "x" * 101, "ü"])
def test_model_without_a_release_has_no_firmware(model: str) -> None:
    assert invoke(handler, event("Query.firmware", {"model": model})) is None


def test_new_release_is_seen_within_a_minute() -> None:
    releases.put("m1", "1.0.0", b"old")
    assert service.firmware("m1", clock=lambda: NOW)
    releases.put("m1", "1.1.0", b"new!")

    found = service.firmware("m1", clock=lambda: NOW + timedelta(seconds=60))

    assert found and found.version == "1.1.0"


def test_url_is_signed_where_there_is_a_key(
    private: RSAPrivateKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    aws.client("secretsmanager").create_secret(Name="edge-key", SecretString=written(private))
    monkeypatch.setenv("EDGE_KEY_DEVICES_RELEASES", "edge-key")
    releases.put("m1", "1.0.0", b"old")

    found = service.firmware("m1", clock=lambda: NOW)

    assert found
    url, _, query = found.url.partition("?")
    given = dict(pair.split("=", 1) for pair in query.split("&"))
    signatures = Signatures(private.public_key(), "K1", clock=NOW.timestamp)
    assert signatures.allows(url, given)
    assert not signatures.allows(url.replace("1.0.0", "1.0.1"), given)
    an_hour_later = (NOW + timedelta(hours=1)).timestamp
    assert not Signatures(private.public_key(), "K1", clock=an_hour_later).allows(url, given)


def test_key_is_not_in_what_is_logged(private: RSAPrivateKey) -> None:
    key: SigningKey = read_key(written(private))

    assert repr(key) == "SigningKey(K1)"
    assert str(key.exponent) not in sign_url(EDGE, 1, key)
