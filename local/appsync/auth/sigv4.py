"""AWS's signature, version 4, computed anew from what came."""

import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl, quote

from local.appsync.auth.call import Call

ALGORITHM = "AWS4-HMAC-SHA256"
UNRESERVED = "-_.~"
AUTHORIZATION = re.compile(
    rf"{ALGORITHM}\s+"
    r"Credential=(?P<key>[^/,\s]+)/(?P<date>\d{8})/(?P<region>[^/,\s]+)/(?P<service>[^/,\s]+)"
    r"/aws4_request\s*,\s*SignedHeaders=(?P<headers>[^,\s]+)\s*,\s*Signature=(?P<signature>\w+)\s*"
)


@dataclass(frozen=True, slots=True)
class Signature:
    """What an authorization header says: by whom, for what, over which headers."""

    key: str
    date: str
    region: str
    service: str
    headers: tuple[str, ...]
    value: str

    @property
    def scope(self) -> str:
        """Give the scope in which the signing key holds."""
        return f"{self.date}/{self.region}/{self.service}/aws4_request"


def read_signature(authorization: str) -> Signature | None:
    """Read an authorization header, or give None if it is none of this kind."""
    found = AUTHORIZATION.fullmatch(authorization)
    if found is None:
        return None
    key, date, region, service, headers, value = found.groups()
    return Signature(key, date, region, service, tuple(headers.lower().split(";")), value)


def compute(signature: Signature, secret: str, moment: str, call: Call) -> str:
    """Compute what the signature would be, made with this secret for this request."""
    request = _canonical_request(signature.headers, call)
    text = "\n".join((ALGORITHM, moment, signature.scope, _digest(request.encode())))
    key = f"AWS4{secret}".encode()
    for part in signature.scope.split("/"):
        key = _hmac(key, part)
    return _hmac(key, text).hex()


def _canonical_request(signed: Iterable[str], call: Call) -> str:
    sent = call.sent
    return "\n".join(
        (
            sent.method,
            quote(sent.path, safe=f"/{UNRESERVED}"),
            _canonical_query(sent.query),
            *(f"{name}:{_canonical(call.headers.get(name))}" for name in signed),
            "",
            ";".join(signed),
            _digest(sent.body),
        )
    )


def _canonical_query(query: str) -> str:
    pairs = [
        (quote(name, safe=UNRESERVED), quote(value, safe=UNRESERVED))
        for name, value in parse_qsl(query, keep_blank_values=True)
    ]
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))


def _canonical(value: Any) -> str:
    values = value if isinstance(value, list) else [value or ""]
    return ",".join(" ".join(each.split()) for each in values)


def _digest(content: bytes) -> str:
    return sha256(content).hexdigest()


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")
