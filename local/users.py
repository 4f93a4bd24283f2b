"""The twin's user pool: made in the background, asked for tokens, and trusted for its keys."""

import asyncio
import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from local.appsync.auth.authorizer import Invoke
from local.appsync.auth.keys import fetch_json, request
from local.appsync.auth.oidc import OidcIssuer
from local.appsync.auth.tokens import Issuer
from local.appsync.auth.user_pool import UserPool
from local.appsync.errors import Refusal, bad_request
from local.cloud.users import seeded
from local.functions import PROVISION_USERS, STAGE

PATIENCE = 1  # seconds
TARGET = "AWSCognitoIdentityProviderService.InitiateAuth"


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a sign-in gives."""

    id_token: str
    access_token: str
    expires_in: int


class Users:
    """The pool at the twin's endpoint, and who may come in besides: an OpenID Connect issuer."""

    def __init__(
        self,
        endpoint_url: str,
        invoke: Invoke,
        log: Callable[[str], None],
        oidc: OidcIssuer | None = None,
    ) -> None:
        self.endpoint_url = endpoint_url
        self._invoke = invoke
        self._log = log
        self._oidc = oidc
        self._needed = asyncio.Event()
        self._pool: asyncio.Task[UserPool] | None = None

    def provision(self, *, fresh: bool) -> None:
        """Have the pool made if it is missing; what needs it waits."""
        self._pool = asyncio.create_task(self._provision(self._pool, fresh=fresh))
        self._pool.add_done_callback(self._report)

    def stop(self) -> None:
        """Wait for the pool no longer."""
        if self._pool:
            self._pool.cancel()

    async def pool(self) -> UserPool:
        """Give the pool, once it is there; raises Refusal if it can't be made."""
        assert self._pool is not None
        self._needed.set()
        return await asyncio.shield(self._pool)

    async def issuers(self) -> Iterable[Issuer]:
        """List whose tokens are taken."""
        pool = await self.pool()
        return [pool, self._oidc] if self._oidc else [pool]

    async def sign_in(self, username: Any) -> Tokens:
        """Sign a seeded user in; raises Refusal if there is no such user."""
        if not isinstance(username, str):
            raise bad_request('The body must be {"user": "alice"}.')
        users = {user.username: user for user in seeded()}
        if username not in users:
            raise Refusal(404, "NotFoundException", f"No such user. There are {', '.join(users)}.")
        pool = await self.pool()
        body = {
            "AuthFlow": "USER_PASSWORD_AUTH",
            "ClientId": pool.client_id,
            "AuthParameters": {"USERNAME": username, "PASSWORD": users[username].password},
        }
        answer = await asyncio.to_thread(self._initiate, json.dumps(body).encode())
        result = answer.get("AuthenticationResult")
        if result is None:
            raise bad_request("Cognito asks this user for more than a password.")
        return Tokens(result["IdToken"], result["AccessToken"], result["ExpiresIn"])

    def _initiate(self, body: bytes) -> Any:
        from urllib.error import HTTPError  # noqa: PLC0415 - loads all of HTTP

        headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": TARGET}
        try:
            return json.loads(request(f"{self.endpoint_url}/", body, **headers))
        except HTTPError as error:  # the password was changed, or the user removed
            with error:
                raise bad_request(f"Cognito refused: {error.read(1000).decode()}") from None

    def _report(self, made: asyncio.Task[UserPool]) -> None:
        if not made.cancelled() and (error := made.exception()):
            self._log(str(error))

    async def _provision(self, earlier: asyncio.Task[UserPool] | None, *, fresh: bool) -> UserPool:
        with suppress(TimeoutError):  # a start has better things to do, unless somebody asks
            async with asyncio.timeout(PATIENCE):
                await self._needed.wait()
        if earlier:  # two at once would make two pools
            await asyncio.wait({earlier})
        event = json.dumps({"fresh": fresh, "stage": STAGE}).encode()
        payload, failed = await self._invoke(PROVISION_USERS, event)
        answer = json.loads(payload)
        if failed:
            reason = f"The user pool could not be made: {answer['errorMessage']}"
            raise Refusal(500, "InternalFailure", reason)
        return UserPool(answer["pool"], answer["client"], self.endpoint_url, fetch_json)
