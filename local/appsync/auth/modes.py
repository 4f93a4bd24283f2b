"""Which mode a request uses, in AppSync's order of looking, and whether its credentials hold."""

import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from local.appsync.auth.api_key import ApiKeys
from local.appsync.auth.authorizer import LambdaAuthorizer
from local.appsync.auth.call import Call
from local.appsync.auth.iam import Iam
from local.appsync.auth.identity import Identity
from local.appsync.auth.memory import Memory
from local.appsync.auth.refusal import Unproved, unverifiable
from local.appsync.auth.sigv4 import ALGORITHM
from local.appsync.auth.tokens import Issuer, read_token, verify
from resolvers.shared.identity import Mode

BEARER = "bearer "
LONGEST = 16_384  # characters; what is in front of AppSync lets no longer header through
NEVER = float("inf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Modes:
    """What an API takes besides API keys; `issuers` are asked for anew with each unknown token."""

    issuers: Callable[[], Awaitable[Iterable[Issuer]]] | None = None
    iam: Iam | None = None
    authorizer: LambdaAuthorizer | None = None


class Authenticator:
    """The modes of one API."""

    def __init__(
        self,
        api_key: str | ApiKeys,
        modes: Modes | None = None,
        *,
        clock: Callable[[], float] = time.time,
        log: Callable[[str], None] = lambda _line: None,
    ) -> None:
        """`log` gets a line for each refusal, without the credentials."""
        self._keys = ApiKeys({api_key: NEVER}) if isinstance(api_key, str) else api_key
        self._modes = modes or Modes()
        self._clock = clock
        self._log = log
        self._proved: Memory[Identity] = Memory()

    async def authenticate(self, call: Call) -> Identity:
        """Give the caller's identity, or raise Refusal (401)."""
        try:
            return await self._authenticate(call)
        except Unproved as refusal:
            self._log(f"401 {refusal.message} ({refusal.reason})")
            raise

    def forget(self) -> None:
        """Forget every credential that was found to hold."""
        self._proved.clear()
        if self._modes.authorizer:
            self._modes.authorizer.forget()

    async def _authenticate(self, call: Call) -> Identity:
        authorization = call.headers.get("authorization")
        if isinstance(authorization, list):
            raise unverifiable("several authorization headers")
        now = self._clock()
        if authorization and authorization.startswith(ALGORITHM):
            return self._signed(authorization, call, now)
        key = call.headers.get("x-api-key")
        if key is not None:
            return self._keys.check(key, now)
        if not authorization:
            raise unverifiable("no credentials")
        return await self._by_token(authorization, call, now)

    def _signed(self, authorization: str, call: Call, now: float) -> Identity:
        if self._modes.iam is None:
            raise unverifiable("IAM is not a mode of this API")
        if len(authorization) > LONGEST:
            raise unverifiable("the header is too long")
        return self._modes.iam.check(authorization, call, now)

    async def _by_token(self, authorization: str, call: Call, now: float) -> Identity:
        known = self._proved.recall(authorization, now)
        if known is None:
            if len(authorization) > LONGEST:
                raise unverifiable("the header is too long")
            bearer = authorization[: len(BEARER)].lower() == BEARER
            token = read_token(authorization[len(BEARER) :].strip() if bearer else authorization)
            if token is None:
                return await self._by_lambda(authorization, call, now, bearer=bearer)
            issuer = await self._issuer(token.claims.get("iss"))
            known, expires = await verify(token, issuer, now)
            self._proved.keep(authorization, known, expires)
        return _from_here(known, call)

    async def _by_lambda(
        self, authorization: str, call: Call, now: float, *, bearer: bool
    ) -> Identity:
        if bearer:
            raise Unproved("a bearer token that is no JWT", "Unable to parse JWT token.")
        if self._modes.authorizer is None:
            raise unverifiable("no JWT, and no Lambda authorizer")
        return await self._modes.authorizer.check(authorization, call, now)

    async def _issuer(self, url: Any) -> Issuer:
        issuers = await self._modes.issuers() if self._modes.issuers else ()
        for issuer in issuers:
            if issuer.url == url:
                return issuer
        raise unverifiable("the token's issuer is not one of this API's")


def _from_here(identity: Identity, call: Call) -> Identity:
    """Say where a user called from this time."""
    if identity.mode is not Mode.USER_POOL:
        return identity
    assert identity.event is not None
    return replace(identity, event={**identity.event, "sourceIp": call.source_ip})
