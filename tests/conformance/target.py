"""What the cases are tried on; the only reader of the environment here."""

import os
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Target:
    """A deployed API, or (without a URL) a twin of our own; `everything`: also what is unproved."""

    url: str | None
    key: str | None
    everything: bool


def target() -> Target:
    """Read what `make conformance` was told."""
    url = os.environ.get("CONFORMANCE_URL") or None
    key = os.environ.get("CONFORMANCE_KEY") or None
    if url and not key:
        raise ValueError("A deployed API needs its key: make conformance URL=… KEY=da2-…")
    return Target(url, key, bool(os.environ.get("CONFORMANCE_ALL")))
