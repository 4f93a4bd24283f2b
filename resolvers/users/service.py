"""The users' rules.

Whose e-mail a user has is Cognito's to say, in one of two ways. An id token claims it. An access
token, which is what Amplify sends by default, does not; then Cognito is asked with that very token,
once, when the user is made. A later id token with another e-mail is believed if it is younger than
the one that told the e-mail before. Only verified e-mails count: anybody may claim any other.
"""

from collections.abc import Callable
from datetime import UTC, datetime

from resolvers.shared.arguments import check_text
from resolvers.shared.errors import Forbidden, NotFound
from resolvers.shared.identity import Caller
from resolvers.shared.shapes import Unset
from resolvers.users import store
from resolvers.users.model import UpdateMeInput, User

LONGEST_NAME = 200

Clock = Callable[[], datetime]
AskEmail = Callable[[str], str | None]


def _now() -> datetime:
    return datetime.now(UTC)


def me(who: Caller, *, clock: Clock = _now, ask_email: AskEmail = store.email_of) -> User:
    """Give the caller's user, making it on first sight; of two that make it at once, one does."""
    known = store.find(who.person)
    if known is None:
        return _make(who, clock(), ask_email)
    claimed = store.verified_email(who.claims)
    if claimed in (None, known.email):
        return known
    return store.set_email(known, claimed, _issued(who))


def user(id: str) -> User | None:
    """Give a user, or None."""
    return store.find(id)


def published(id: str) -> User:
    """Give the user that subscribers are to see."""
    user = store.find(id)
    if user is None:
        raise NotFound(f"There is no user {id}.")
    return user


def update_me(
    who: Caller,
    given: UpdateMeInput,
    *,
    clock: Clock = _now,
    ask_email: AskEmail = store.email_of,
) -> User:
    """Change the caller's user, making it on first sight: absent keeps, null clears."""
    if isinstance(given.name, Unset):
        return me(who, clock=clock, ask_email=ask_email)
    if given.name is not None:
        check_text("input.name", given.name, LONGEST_NAME)
    changed = store.set_name(who.person, given.name)
    if changed is None:
        _make(who, clock(), ask_email)
        changed = store.set_name(who.person, given.name)
    assert changed is not None  # no field removes a user
    return changed


def _make(who: Caller, now: datetime, ask_email: AskEmail) -> User:
    email = store.verified_email(who.claims) or (ask_email(who.token) if who.token else None)
    if not email:
        raise Forbidden(
            "Your token tells no verified e-mail address; verify it and send your id token once."
        )
    created = now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return store.add(User(id=who.person, email=email, created_at=created), _issued(who))


def _issued(who: Caller) -> int:
    return int(who.claims.get("iat", 0))
