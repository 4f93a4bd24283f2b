"""CloudFront's signed URLs, by the canned policy: whoever has the URL may fetch it for a while.

RSA is one `pow` here, since neither Lambda's runtime nor a pure Python bundle has cryptography in
it; what is signed is our own, and never an attacker's choice. KMS could sign as well, for a call
and a price per URL, but CloudFront would still have to be given the public half by hand.
"""

import base64
import hashlib
import json
from dataclasses import dataclass

# PKCS #1 v1.5 puts this before a SHA-256: "an octet string, digested by SHA-256", in DER.
SHA256 = bytes.fromhex("3031300d060960864801650304020105000420")
URL_SAFE = str.maketrans("+=/", "-_~")  # CloudFront's own choice


@dataclass(frozen=True, slots=True)
class SigningKey:
    """An RSA key: modulus and private exponent; `id` is that of its public half in CloudFront."""

    id: str
    modulus: int
    exponent: int

    def __repr__(self) -> str:
        return f"SigningKey({self.id})"


def read_key(text: str) -> SigningKey:
    """Read a key from JSON: `{"id": …, "n": modulus, "d": private exponent}`, in hexadecimal."""
    given = json.loads(text)
    return SigningKey(given["id"], int(given["n"], 16), int(given["d"], 16))


def sign_url(url: str, expires: int, key: SigningKey) -> str:
    """Give the URL, which has no query, as one that is good until a second."""
    signature = base64.b64encode(_signature(canned_policy(url, expires), key)).decode()
    return (
        f"{url}?Expires={expires}&Signature={signature.translate(URL_SAFE)}"
        f"&Key-Pair-Id={key.id}&Hash-Algorithm=SHA256"
    )


def canned_policy(url: str, expires: int) -> bytes:
    """Write the policy that is signed, though never sent."""
    until = {"DateLessThan": {"AWS:EpochTime": expires}}
    policy = {"Statement": [{"Resource": url, "Condition": until}]}
    return json.dumps(policy, separators=(",", ":")).encode()


def _signature(message: bytes, key: SigningKey) -> bytes:
    size = (key.modulus.bit_length() + 7) // 8
    digest = SHA256 + hashlib.sha256(message).digest()
    padded = b"\x00\x01" + b"\xff" * (size - len(digest) - 3) + b"\x00" + digest
    return pow(int.from_bytes(padded), key.exponent, key.modulus).to_bytes(size)
