"""The users' types."""

from dataclasses import dataclass

from resolvers.shared.shapes import UNSET, Unset


@dataclass(frozen=True, slots=True)
class User:
    """A person who has signed in; `id` is the `sub` of their tokens."""

    id: str
    email: str
    created_at: str
    name: str | None = None
    avatar_url: str | None = None
    thumbnail_url: str | None = None


@dataclass(frozen=True, slots=True)
class UpdateMeInput:
    """What a user changes of themselves."""

    name: str | Unset | None = UNSET
