"""What edges sign by: a key pair per bucket, whose private half is a secret of the embedded AWS."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING
from urllib.parse import quote
from uuid import uuid4

from local.cloud.client import AwsError, Client

if TYPE_CHECKING:
    from local.edge.signing import Signatures

KEY_ID = "KTWINBERRYLOCAL"
MISSING = "ResourceNotFoundException"
TARGET = "secretsmanager."

# Tells whether a key of a bucket may be had with a query; raises AwsError, OSError.
Allows = Callable[[str, Mapping[str, str]], Awaitable[bool]]


async def make_key(client: Client, secret: str) -> None:
    """Make a key, unless there is one; raises AwsError, OSError."""
    try:
        await client.call(TARGET + "DescribeSecret", {"SecretId": secret})
    except AwsError as error:
        if error.code != MISSING:
            raise
        from local.edge.signing import new_key  # noqa: PLC0415 - heavy, and needed once

        modulus, exponent = await asyncio.to_thread(new_key)
        text = json.dumps({"id": KEY_ID, "n": f"{modulus:x}", "d": f"{exponent:x}"})
        request = {"Name": secret, "SecretString": text, "ClientRequestToken": str(uuid4())}
        await client.call(TARGET + "CreateSecret", request)


class Signed:
    """Checks the URLs of one edge; the key is read when it is first needed."""

    def __init__(self, client: Client, base: str, secret: str) -> None:
        self._client, self._base, self._secret = client, base, secret
        self._signatures: Signatures | None = None

    async def allows(self, key: str, query: Mapping[str, str]) -> bool:
        """Tell whether a key's URL is signed, and still good; raises AwsError, OSError."""
        if self._signatures is None:
            self._signatures = await self._read()
        return self._signatures.allows(f"{self._base}/{quote(key)}", query)

    def forget(self) -> None:
        """Read the key again when it is needed: there may be a new one."""
        self._signatures = None

    async def _read(self) -> "Signatures":
        from local.edge.signing import EXPONENT, Signatures, public_key  # noqa: PLC0415 - heavy

        found = await self._client.call(TARGET + "GetSecretValue", {"SecretId": self._secret})
        modulus = int(json.loads(found["SecretString"])["n"], 16)
        return Signatures(public_key(modulus, EXPONENT), KEY_ID)
