"""CloudFront's signed URLs, with the canned policy: this URL, until then."""

import base64
import binascii
import json
import re
import time
from collections.abc import Callable, Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import (
    RSAPublicKey,
    RSAPublicNumbers,
    generate_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, HashAlgorithm

# SHA-1 unless the URL says otherwise: CloudFront's choice, not ours, which are by SHA-256.
ALGORITHMS: Mapping[str | None, HashAlgorithm] = {
    None: SHA1(),  # noqa: S303
    "SHA1": SHA1(),  # noqa: S303
    "SHA256": SHA256(),
}
# What CloudFront has in place of the characters that base64 has and URLs don't.
UNSAFE = str.maketrans("-_~", "+=/")
SECONDS = re.compile(r"[0-9]{1,18}")
EXPONENT, BITS = 65_537, 2048  # what CloudFront takes


def new_key() -> tuple[int, int]:
    """Make a key pair; gives the modulus and the private exponent."""
    numbers = generate_private_key(EXPONENT, BITS).private_numbers()
    return numbers.public_numbers.n, numbers.d


def public_key(modulus: int, exponent: int) -> RSAPublicKey:
    """Give the public half of a key pair."""
    return RSAPublicNumbers(exponent, modulus).public_key()


class Signatures:
    """Checks the URLs that were signed with one key pair."""

    def __init__(
        self, public_key: RSAPublicKey, key_id: str, clock: Callable[[], float] = time.time
    ) -> None:
        self._key, self._key_id, self._clock = public_key, key_id, clock

    def allows(self, url: str, query: Mapping[str, str]) -> bool:
        """Tell whether a URL (without its query) is signed, and still good."""
        expires = query.get("Expires", "")
        if query.get("Key-Pair-Id") != self._key_id or not SECONDS.fullmatch(expires):
            return False
        algorithm = ALGORITHMS.get(query.get("Hash-Algorithm"))
        if algorithm is None or int(expires) <= self._clock():
            return False
        policy = canned_policy(url, int(expires))
        return self._signed(policy, query.get("Signature", ""), algorithm)

    def _signed(self, policy: bytes, signature: str, algorithm: HashAlgorithm) -> bool:
        try:
            given = base64.b64decode(signature.translate(UNSAFE), validate=True)
            self._key.verify(given, policy, PKCS1v15(), algorithm)
        except (InvalidSignature, binascii.Error, ValueError):
            return False
        return True


def canned_policy(url: str, expires: int) -> bytes:
    """Write the policy that is signed, though never sent."""
    until = {"DateLessThan": {"AWS:EpochTime": expires}}
    policy = {"Statement": [{"Resource": url, "Condition": until}]}
    return json.dumps(policy, separators=(",", ":")).encode()
