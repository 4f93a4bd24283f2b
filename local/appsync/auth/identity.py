"""Who is calling, once the credentials hold."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from resolvers.shared.identity import Mode

Place = tuple[str, str]  # a type and one of its fields


@dataclass(frozen=True, slots=True)
class Policy:
    """The root fields that a role may ask for, as patterns such as `Mutation.publish*`."""

    allowed: tuple[str, ...]

    def refused(self, places: Iterable[Place]) -> frozenset[Place]:
        """Pick the fields that it does not allow."""
        return frozenset(
            (kind, name)
            for kind, name in places
            if not any(fnmatchcase(f"{kind}.{name}", pattern) for pattern in self.allowed)
        )


@dataclass(frozen=True, slots=True)
class Identity:
    """A caller whose credentials hold.

    `event` is what resolvers get as `identity`; null for an API key. An IAM role has a policy, and
    the fields that a Lambda authorizer denies are null, without an error.
    """

    mode: Mode
    event: Mapping[str, Any] | None = None
    groups: frozenset[str] = frozenset()
    policy: Policy | None = None
    nulled: frozenset[Place] = frozenset()
