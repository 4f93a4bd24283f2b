"""What a deployment can be told, and the numbers it shares with the twin: data, without the CDK."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

# AppSync's limits for one request. A standard introspection query is 15 levels deep; 50 categories
# of 20 products with their category and reviews take 2,051 resolvers.
QUERY_DEPTH_LIMIT = 20
RESOLVER_COUNT_LIMIT = 2500

# CloudFormation ends at 500 resources a stack. Beyond this many, give each context's resolvers a
# nested stack: a resource a field is what grows.
RESOURCE_LIMIT = 450

API_KEY_DAYS = 365  # the longest AppSync has; every deployment renews it
CACHE_TTL = 3600  # seconds, for the cache as a whole; a binding's own is what counts
GROUPS = ("admin", "operator", "author")
PASSWORD_LENGTH = 8
AUTH_FLOWS = ("USER_PASSWORD_AUTH", "USER_SRP_AUTH", "REFRESH_TOKEN_AUTH")
AUTHORIZER_TTL = 300  # seconds, unless the authorizer says otherwise of a token


class Caching(Enum):
    """What AppSync keeps: nothing, what the bindings say, or the value of every field."""

    OFF = "off"
    ON = "on"
    FULL = "full"


class InvalidSetting(ValueError):
    """A context value that cannot be meant."""


@dataclass(frozen=True, slots=True)
class Oidc:
    """An OpenID Connect issuer; the client is a regular expression that `aud` or `azp` matches."""

    issuer: str
    client_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One deployment: its stage, what it caches, who may read its schema, whose tokens it takes.

    Cognito's are taken always, and `oidc` is another issuer. All callers may introspect, or none.
    `edge_key` is the public half, in PEM, of the key that signs the edge's URLs; without it nobody
    needs a signature. With `watched_only`, readings that nobody waits for are not published.
    """

    stage: str = "dev"
    cache: Caching = Caching.OFF
    introspection: bool = True
    oidc: Oidc | None = None
    edge_key: str | None = None
    watched_only: bool = False

    @property
    def production(self) -> bool:
        """Say whether data and logs must outlive the stack."""
        return self.stage == "prod"


def read_settings(context: Callable[[str], Any]) -> Settings:
    """Read the CDK's context values.

    They are `stage`, `cache`, `introspection`, `oidcIssuer`, `oidcClientId`, `edgeKey` (a file) and
    `publish`.
    """
    stage = str(context("stage") or "dev")
    if not re.fullmatch(r"[a-z0-9]{1,12}", stage):
        raise InvalidSetting(f"stage {stage!r}: lower-case letters and digits, at most 12")
    cache = str(context("cache") or ("on" if stage == "prod" else "off"))
    if cache not in {each.value for each in Caching}:
        raise InvalidSetting(f"cache {cache!r}: on, off or full")
    introspection = _one_of(context, "introspection", ("on", "off"))
    publish = _one_of(context, "publish", ("all", "watched"))
    issuer = context("oidcIssuer")
    oidc = Oidc(issuer, context("oidcClientId")) if issuer else None
    return Settings(
        stage=stage,
        cache=Caching(cache),
        introspection=introspection == "on",
        oidc=oidc,
        edge_key=_public_key(context("edgeKey")),
        watched_only=publish == "watched",
    )


def _one_of(context: Callable[[str], Any], name: str, choices: tuple[str, ...]) -> str:
    """Read a choice, of which the first is the default."""
    value = str(context(name) or choices[0])
    if value not in choices:
        raise InvalidSetting(f"{name} {value!r}: {' or '.join(choices)}")
    return value


def _public_key(path: str | None) -> str | None:
    if path is None:
        return None
    try:
        text = Path(path).read_text()
    except (OSError, ValueError):
        text = ""
    if not text.startswith("-----BEGIN PUBLIC KEY-----"):
        raise InvalidSetting(f"edgeKey {path!r}: a file with a public key in PEM")
    return text
