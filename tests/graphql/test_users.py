"""Users on the twin, with a real user pool: made on first sight of a token, of either kind."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.graphql.people import sign_in
from tests.support.twin import RunningTwin

ME = "{ me { id email name avatarUrl createdAt } }"
USER = "query ($id: ID!) { user(id: $id) { id email } }"
UPDATE = "mutation ($input: UpdateMeInput!) { updateMe(input: $input) { id name } }"


# Nobody else asks for otto or anna: theirs is a first sight.
@pytest.mark.parametrize(("user", "kind"), [("otto", "accessToken"), ("anna", "idToken")])
def test_me_is_made_once_on_first_sight(twin: RunningTwin, user: str, kind: str) -> None:
    person = sign_in(twin, user, kind)
    with ThreadPoolExecutor(6) as pool:
        seen = list(pool.map(lambda _: person.ask(ME), range(6)))

    assert seen == [seen[0]] * 6
    assert seen[0]["email"] == f"{user}@example.com"
    assert sign_in(twin, user, "idToken").ask(ME) == sign_in(twin, user).ask(ME) == seen[0]


def test_update_me_keeps_what_is_absent_and_clears_with_null(twin: RunningTwin) -> None:
    bob = sign_in(twin, "bob")

    assert bob.ask(UPDATE, input={"name": "Bob"})["name"] == "Bob"
    assert bob.ask(UPDATE, input={})["name"] == "Bob"
    assert bob.ask(UPDATE, input={"name": None})["name"] is None
    assert bob.refused(UPDATE, input={"name": " "})["errorType"] == "Invalid"
    assert sign_in(twin, "alice").ask(ME)["id"] != bob.ask(ME)["id"]


def test_user_is_for_administrators(twin: RunningTwin) -> None:
    alice, ada = sign_in(twin, "alice"), sign_in(twin, "ada")
    me = alice.ask(ME)

    assert ada.ask(USER, id=me["id"]) == {"id": me["id"], "email": "alice@example.com"}
    assert ada.ask(USER, id="nobody") is None
    refused = alice.refused(USER, id=me["id"])
    assert refused["message"] == "Not Authorized to access user on type Query"
