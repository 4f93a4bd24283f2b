"""Releases of firmware in their bucket, which an edge serves.

A release's file never changes, and its name has the version in it; a model's manifest, which names
the newest release, is good for a minute.
"""

import hashlib
import json
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any
from urllib.parse import quote

from resolvers.devices.model import Firmware
from resolvers.devices.resources import CONTEXT, RELEASES
from resolvers.shared import aws, settings
from resolvers.shared.signing import SigningKey, read_key, sign_url

MODEL = re.compile(r"[A-Za-z0-9._-]{1,100}")
MANIFEST_SECONDS = 60
URL_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class Release:
    """A release of a model; `key` is its file's in the bucket."""

    version: str
    key: str
    sha256: str
    size: int


def newest(model: str, now: float) -> Release | None:
    """Give the newest release for a model, as it was a minute ago at most."""
    if not MODEL.fullmatch(model):
        return None
    return _newest(model, int(now) // MANIFEST_SECONDS)


def signed(model: str, release: Release, now: float) -> Firmware:
    """Give a release with a URL that is good for an hour."""
    # A version such as 1.0+rc 1 is not as it stands part of a URL; what is signed is what is asked.
    url = f"{settings.place('edge', CONTEXT.name, RELEASES.name)}/{quote(release.key)}"
    if key := _key():
        url = sign_url(url, int(now) + URL_SECONDS, key)
    return Firmware(model, release.version, url, release.sha256, release.size)


def put(model: str, version: str, content: bytes) -> Release:
    """Release a firmware: the file first, then the manifest that names it."""
    key = f"files/{model}/{version}.bin"
    digest = hashlib.sha256(content).hexdigest()
    release = Release(version, key, digest, len(content))
    _put(key, content, "public, max-age=31536000, immutable", "application/octet-stream")
    manifest = {"version": version, "key": key, "sha256": digest, "size": len(content)}
    short = f"public, max-age={MANIFEST_SECONDS}"
    _put(_manifest(model), json.dumps(manifest).encode(), short, "application/json")
    return release


def _put(key: str, content: bytes, caching: str, kind: str) -> None:
    aws.client("s3").put_object(
        Bucket=_bucket(), Key=key, Body=content, CacheControl=caching, ContentType=kind
    )


@lru_cache(maxsize=1000)
def _newest(model: str, _minute: int) -> Release | None:
    client = aws.client("s3")
    try:
        found = client.get_object(Bucket=_bucket(), Key=_manifest(model))
    except client.exceptions.NoSuchKey:
        return None
    manifest: dict[str, Any] = json.loads(found["Body"].read())
    return Release(**manifest)


@cache
def _key() -> SigningKey | None:
    secret = settings.place_if_any("edge_key", CONTEXT.name, RELEASES.name)
    if secret is None:
        return None
    found = aws.client("secretsmanager").get_secret_value(SecretId=secret)
    return read_key(found["SecretString"])


def _manifest(model: str) -> str:
    return f"manifests/{model}.json"


def _bucket() -> str:
    return settings.place("bucket", CONTEXT.name, RELEASES.name)
