"""What is looked at to find out who is calling."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Sent:
    """A request as it came, which a signature covers; `query` is the part behind the `?`."""

    method: str = "POST"
    path: str = "/graphql"
    query: str = ""
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Call:
    """A request to authenticate; its headers are lower-case, a repeated one is a list."""

    headers: Mapping[str, Any]
    query: str = ""
    operation_name: str | None = None
    variables: Mapping[str, Any] = field(default_factory=dict)
    sent: Sent = field(default_factory=Sent)

    @property
    def source_ip(self) -> list[str]:
        """List the addresses that it came by; the last is the TCP peer."""
        given = self.headers.get("x-forwarded-for") or ""
        texts = given if isinstance(given, list) else [given]
        return [part.strip() for text in texts for part in text.split(",") if part.strip()]
