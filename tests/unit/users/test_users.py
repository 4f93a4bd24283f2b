"""Users: made on first sight, by whichever token, and changed by themselves alone."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from resolvers.shared import aws
from resolvers.shared.errors import Forbidden, Invalid, NotFound
from resolvers.shared.identity import Caller, Mode
from resolvers.shared.shapes import UNSET, Unset
from resolvers.users import service, store
from resolvers.users.fields import handler
from resolvers.users.model import UpdateMeInput, User
from resolvers.users.service import LONGEST_NAME
from tests.unit.calls import USER, event, hooked, invoke

Json = dict[str, Any]
NOW = datetime(2026, 1, 1, tzinfo=UTC)
ALICE = User("u-alice", "alice@example.com", "2026-01-01T00:00:00.000Z")

VERIFIED: Json = {"email": ALICE.email, "email_verified": True}


def identity(sub: str = "u-alice", **claims: Any) -> Json:
    """Make the identity of an id token; of an access token with `email=None`."""
    given = {"sub": sub, "token_use": "id", "iat": 1000, **VERIFIED, **claims}
    given = {name: value for name, value in given.items() if value is not None}
    return USER | {"sub": sub, "username": sub, "claims": given, "groups": None}


def ask(field: str, who: Json | None = None, **arguments: Any) -> Any:
    return invoke(handler, event(field, arguments, identity=who or identity()))


ACCESS = "access-token"


def caller(token: str | None = ACCESS, **claims: Any) -> Caller:
    return Caller(Mode.USER_POOL, "u-alice", "alice", claims=claims, token=token)


def told(email: str | None) -> Callable[[str], str | None]:
    """Make a Cognito that knows the one access token."""
    return {"access-token": email}.__getitem__


def unasked(_token: str) -> str | None:
    raise AssertionError("Cognito need not be asked")


def test_me_is_made_on_first_sight() -> None:
    first = ask("Query.me")

    expected = {"id": "u-alice", "email": "alice@example.com", "name": None}
    assert first.items() >= (expected | {"avatarUrl": None, "thumbnailUrl": None}).items()
    assert ask("Query.me") == first
    assert store.find("u-alice") is not None


def test_me_is_made_of_an_access_token_by_asking_cognito() -> None:
    assert service.me(caller(), clock=lambda: NOW, ask_email=told(ALICE.email)) == ALICE
    assert service.me(caller(), ask_email=unasked) == ALICE


def test_me_of_an_id_token_asks_nobody() -> None:
    assert service.me(caller(**VERIFIED), clock=lambda: NOW, ask_email=unasked) == ALICE


@pytest.mark.parametrize("token", ["access-token", None])
def test_me_without_any_email_is_forbidden(token: str | None) -> None:
    with pytest.raises(Forbidden, match="send your id token once"):
        service.me(caller(token), ask_email=told(None))

    assert store.find("u-alice") is None


@pytest.mark.parametrize("sent", ["access-token", "Bearer access-token", "bearer  access-token"])
def test_token_is_read_from_the_request(sent: str) -> None:
    from resolvers.shared.identity import caller as read

    assert read(identity(), {"authorization": sent}).token == "access-token"
    assert "access-token" not in repr(read(identity(), {"authorization": sent}))
    assert read(identity(), {"authorization": ["a", "b"]}).token is None
    assert read(identity(), None).token is None


@pytest.mark.parametrize("verified", [False, "false", None])
@pytest.mark.parametrize("field", ["Query.me", "Mutation.updateMe"])
def test_first_sight_believes_no_unverified_email(field: str, verified: object) -> None:
    arguments = {"input": {"name": "Al"}} if "update" in field else {}
    with pytest.raises(Forbidden, match="no verified e-mail"):
        ask(field, identity(email_verified=verified), **arguments)

    assert store.find("u-alice") is None


@pytest.mark.parametrize(
    ("status", "answer", "email"),
    [
        (200, {"email": "a@b.c", "email_verified": "true"}, "a@b.c"),
        (200, {"email": "a@b.c", "email_verified": "false"}, None),
        (200, {"email": "a@b.c"}, None),
        (400, "NotAuthorizedException", None),
        (400, "UserNotFoundException", None),
    ],
)
def test_cognito_tells_verified_emails_of_users_that_it_has(
    status: int, answer: Any, email: str | None
) -> None:
    parsed: Json = {"Error": {"Code": answer, "Message": ""}}
    if isinstance(answer, dict):
        parsed = {"UserAttributes": [{"Name": k, "Value": v} for k, v in answer.items()]}
    response = AWSResponse("", status, HTTPHeaders(), None), parsed

    with hooked("before-call.cognito-identity-provider.GetUser", lambda **_: response, aws.cognito):
        assert store.email_of("access-token") == email


def test_me_is_for_people() -> None:
    with pytest.raises(Forbidden, match="signed in"):
        invoke(handler, event("Query.me", {}))


def test_of_two_first_sights_one_makes_the_user() -> None:
    first = store.add(ALICE, 1)
    second = store.add(User("u-alice", "else@example.com", "2027-01-01T00:00:00.000Z"), 2)

    assert first == second == ALICE


def test_first_sights_at_once_make_one_user() -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: service.me(caller(**VERIFIED)), range(16)))

    assert len(set(found)) == 1


@pytest.mark.parametrize(
    ("claims", "email"),
    [
        ({"iat": 1001, "email_verified": True}, "new@example.com"),
        ({"iat": 1001, "email_verified": "true"}, "new@example.com"),
        ({"iat": 1001, "email_verified": False}, "alice@example.com"),
        ({"iat": 1001, "email_verified": None}, "alice@example.com"),
        ({"iat": 999, "email_verified": True}, "alice@example.com"),
    ],
)
def test_me_believes_a_younger_token_with_a_verified_email(claims: Json, email: str) -> None:
    ask("Query.me")

    assert ask("Query.me", identity(email="new@example.com", **claims))["email"] == email
    assert ask("Query.me", identity(email=None))["email"] == email


@pytest.mark.parametrize(
    ("given", "name"), [({}, "Al"), ({"name": None}, None), ({"name": "Alice"}, "Alice")]
)
def test_update_me_keeps_what_is_absent_and_clears_with_null(given: Json, name: str | None) -> None:
    before = ask("Mutation.updateMe", input={"name": "Al"})

    assert ask("Mutation.updateMe", input=given) == before | {"name": name}
    assert ask("Query.me") == before | {"name": name}


@pytest.mark.parametrize("name", ["Al", None, UNSET])
def test_update_me_makes_the_user(name: str | Unset | None) -> None:
    made = service.update_me(caller(), UpdateMeInput(name), ask_email=told(ALICE.email))

    assert made.name == (None if name is UNSET else name)
    assert store.find("u-alice") == made


@pytest.mark.parametrize("name", ["", " ", "x" * (LONGEST_NAME + 1), "\ud800"])
def test_update_me_checks_the_name(name: str) -> None:
    with pytest.raises(Invalid, match=r"^input\.name: "):
        ask("Mutation.updateMe", input={"name": name})


def test_update_me_changes_the_caller_alone() -> None:
    ask("Query.me", identity("u-bob", email="bob@example.com"))

    ask("Mutation.updateMe", input={"name": "Al"})

    assert ask("Query.user", id="u-bob")["name"] is None


def test_user_gives_a_user_or_null() -> None:
    me = ask("Query.me")

    assert ask("Query.user", id="u-alice") == me
    for id in ("nobody", "", "\ud800"):
        assert ask("Query.user", id=id) is None


def test_publish_user_gives_the_user_as_it_stands() -> None:
    me = ask("Query.me")

    assert invoke(handler, event("Mutation.publishUser", {"id": "u-alice"})) == me


@pytest.mark.parametrize("id", ["nobody", "", "\ud800"])
def test_publish_user_of_nobody_is_not_found(id: str) -> None:
    with pytest.raises(NotFound, match=r"^There is no user "):
        invoke(handler, event("Mutation.publishUser", {"id": id}))
