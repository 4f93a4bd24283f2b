"""The five modes, tried on a twin with a real user pool, as a client would."""

import json
from collections.abc import Callable
from typing import Any

import boto3
import httpx
import pytest

from tests.support.issuer import serving
from tests.support.signing import signed
from tests.support.twin import RunningTwin, running
from tests.unit.appsync.credentials import OIDC_CLAIMS, jwks
from tests.unit.appsync.credentials import token as issued

ASK = "{ categories { id } }"
# Who may do this learns that it can't be done: the catalog is other tests' too.
PUT = 'mutation { putProduct(input: {name: "", price: 1, category: "book"}) { id } }'
REFUSED = "You are not authorized to make this call."
NOT_VALID = "Valid authorization header not provided."


def ask(
    twin: RunningTwin, query: str, authorization: str | None = None, **headers: str
) -> httpx.Response:
    if authorization is not None:
        headers["authorization"] = authorization
    return twin.client.post("/graphql", json={"query": query}, headers=headers)


def assert_401(response: httpx.Response, message: str) -> None:
    assert response.status_code == 401
    assert response.json() == {
        "errors": [{"errorType": "UnauthorizedException", "message": message}]
    }
    assert response.text.startswith('{\n  "errors" : [ {\n    "errorType" : "Unauth')
    assert response.headers["x-amzn-errortype"] == "UnauthorizedException"
    assert response.headers["access-control-allow-origin"] == "*"


def token(twin: RunningTwin, user: str, kind: str = "idToken") -> str:
    answer = twin.client.post("/local/token", json={"user": user})
    assert answer.status_code == 200, answer.text
    assert answer.json()["expiresIn"] == 3600
    text: str = answer.json()[kind]
    return text


@pytest.fixture(scope="module")
def outputs(twin: RunningTwin) -> Any:
    return twin.client.get("/amplify_outputs.json").json()


@pytest.mark.parametrize("kind", ["idToken", "accessToken"])
@pytest.mark.parametrize("prefix", ["", "Bearer "])
@pytest.mark.parametrize("user", ["alice", "bob", "ada", "otto", "anna"])
def test_token_of_a_user_opens_the_catalog(
    twin: RunningTwin, user: str, prefix: str, kind: str
) -> None:
    answer = ask(twin, ASK, prefix + token(twin, user, kind))
    assert answer.json()["data"]["categories"], answer.text


@pytest.mark.parametrize("kind", ["idToken", "accessToken"])
@pytest.mark.parametrize(("user", "allowed"), [("ada", True), ("alice", False), ("otto", False)])
def test_group_of_a_field_is_asked_for(
    twin: RunningTwin, user: str, kind: str, *, allowed: bool
) -> None:
    (error,) = ask(twin, PUT, token(twin, user, kind)).json()["errors"]
    if allowed:
        assert (error["errorType"], error["path"]) == ("Invalid", ["putProduct"])
    else:
        assert error["message"] == "Not Authorized to access putProduct on type Mutation"


@pytest.mark.parametrize("name", ["alice", "alice@example.com"])
def test_password_works_through_cognito_itself(twin: RunningTwin, outputs: Any, name: str) -> None:
    cognito = boto3.client(
        "cognito-idp",
        endpoint_url=outputs["custom"]["aws_endpoint"],
        region_name="us-east-1",
        aws_access_key_id="any",
        aws_secret_access_key="any",  # noqa: S106 - Cognito does not ask for it
    )
    found = cognito.initiate_auth(
        AuthFlow="USER_PASSWORD_AUTH",
        ClientId=outputs["auth"]["user_pool_client_id"],
        AuthParameters={"USERNAME": name, "PASSWORD": "Alice-local-1"},
    )["AuthenticationResult"]
    assert ask(twin, ASK, found["AccessToken"]).status_code == 200
    assert_401(ask(twin, ASK, found["RefreshToken"]), NOT_VALID)


def test_banner_prints_the_passwords(twin: RunningTwin) -> None:
    twin.await_line("Back to the seeds")
    for user in ("alice", "bob", "ada", "otto", "anna"):
        assert f"{user.capitalize()}-local-1" in twin.said


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        ('{"user": "nobody"}', 404, "NotFoundException"),
        ('{"user": 7}', 400, "BadRequestException"),
        ("[]", 400, "BadRequestException"),
        ("meow", 400, "BadRequestException"),
        ("", 400, "BadRequestException"),
    ],
)
def test_token_of_nobody_is_refused(twin: RunningTwin, body: str, status: int, error: str) -> None:
    answer = twin.client.post("/local/token", content=body)
    assert answer.status_code == status
    assert answer.json()["errors"][0]["errorType"] == error
    assert answer.headers["access-control-allow-origin"] == "*"


def flipped(text: str) -> str:
    # Not the last character: some of its bits are no part of the signature.
    at = len(text) - 20
    return text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :]


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (flipped, NOT_VALID),
        (lambda text: text.rpartition(".")[0] + ".", NOT_VALID),
        (lambda text: f"Bearer {text[:40]}", "Unable to parse JWT token."),
        (lambda text: text + "x" * 100_000, NOT_VALID),
        (lambda _: "Bearer " + "x" * 100_000, NOT_VALID),
        (lambda _: "x" * 100_000, NOT_VALID),
        (lambda _: "AWS4-HMAC-SHA256 " + "x" * 100_000, NOT_VALID),
        (lambda _: "", NOT_VALID),
        (lambda _: "unknown-token", REFUSED),
    ],
)
def test_spoiled_token_is_401(twin: RunningTwin, spoil: Callable[[str], str], message: str) -> None:
    assert_401(ask(twin, ASK, spoil(token(twin, "alice"))), message)


def test_long_header_without_credentials_is_401(twin: RunningTwin) -> None:
    assert_401(ask(twin, ASK, **{"x-junk": "x" * 100_000}), NOT_VALID)


def test_browsers_may_ask_for_tokens(twin: RunningTwin) -> None:
    answer = twin.client.options("/local/token", headers={"origin": "http://localhost:3000"})
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "POST" in answer.headers["access-control-allow-methods"]


@pytest.mark.parametrize("key", ["da2-wrong", "", "da2-twinberryexpiredlastyear00", "ü"])
def test_false_or_expired_key_is_401(twin: RunningTwin, key: str) -> None:
    headers = {b"x-api-key": key.encode("latin-1")}
    answer = twin.client.post("/graphql", json={"query": ASK}, headers=headers)
    assert_401(answer, REFUSED)


def test_key_wins_over_a_token(twin: RunningTwin) -> None:
    answer = ask(twin, ASK, "not a token", **{"x-api-key": twin.key})
    assert answer.status_code == 200


def test_partners_token_works(twin: RunningTwin, outputs: Any) -> None:
    assert outputs["custom"]["lambda_token"] == "partner-demo"
    assert ask(twin, ASK, "partner-demo").json()["data"]["categories"]
    assert ask(twin, PUT, "partner-demo").json()["errors"][0]["errorType"] == "Unauthorized"
    assert_401(ask(twin, ASK, "Bearer partner-demo"), "Unable to parse JWT token.")


def test_denied_fields_are_null_without_an_error(twin: RunningTwin) -> None:
    query = '{ product(id: "book-001") { name description reviews(limit: 1) { text rating } } }'
    free = ask(twin, query, "partner-demo").json()
    limited = ask(twin, query, "partner-limited").json()
    assert free["data"]["product"]["description"] and free["data"]["product"]["reviews"][0]["text"]
    assert "errors" not in limited
    assert limited["data"]["product"]["name"]
    assert limited["data"]["product"]["description"] is None
    assert limited["data"]["product"]["reviews"][0]["text"] is None
    assert limited["data"]["product"]["reviews"][0]["rating"]


def signed_ask(
    twin: RunningTwin, outputs: Any, body: bytes, sent: bytes | None = None, **changed: Any
) -> httpx.Response:
    keys = {**outputs["custom"]["publisher"], **changed}
    headers = signed(f"{twin.url}/graphql", body, keys)
    return twin.client.post("/graphql", content=body if sent is None else sent, headers=headers)


def body_of(query: str) -> bytes:
    return json.dumps({"query": query, "variables": None}).encode()


def test_signed_request_is_let_in(twin: RunningTwin, outputs: Any) -> None:
    answer = signed_ask(twin, outputs, body_of("{ __typename }"))
    assert (answer.status_code, answer.json()) == (200, {"data": {"__typename": "Query"}})


def test_role_may_ask_only_for_its_fields(twin: RunningTwin, outputs: Any) -> None:
    assert_401(signed_ask(twin, outputs, body_of(ASK)), "Permission denied")


def test_role_may_ask_for_what_is_open_to_it(twin: RunningTwin, outputs: Any) -> None:
    answer = signed_ask(twin, outputs, body_of('{ user(id: "nobody") { id email } }'))
    assert answer.status_code == 200
    assert "Unauthorized" not in answer.text


def test_signed_body_must_be_the_one_sent(twin: RunningTwin, outputs: Any) -> None:
    answer = signed_ask(twin, outputs, body_of("{ __typename }"), body_of(ASK))
    assert_401(answer, REFUSED)


@pytest.mark.parametrize(
    "changed",
    [
        {"accessKeyId": "ASIASOMEBODYELSE0000"},
        {"secretAccessKey": "wrong"},
        {"sessionToken": "wrong"},
        {"sessionToken": None},
    ],
)
def test_other_keys_are_401(twin: RunningTwin, outputs: Any, changed: dict[str, Any]) -> None:
    assert_401(signed_ask(twin, outputs, body_of("{ __typename }"), **changed), REFUSED)


def test_reset_makes_a_new_pool(tmp_path_factory: pytest.TempPathFactory) -> None:
    with running("--data", str(tmp_path_factory.mktemp("reset"))) as own:
        before = token(own, "alice")
        assert ask(own, ASK, before).status_code == 200
        assert ask(own, ASK, "partner-demo").status_code == 200
        assert own.client.post("/local/reset").status_code == 200
        assert_401(ask(own, ASK, before), NOT_VALID)
        assert ask(own, ASK, token(own, "alice")).status_code == 200
        assert ask(own, ASK, "partner-demo").status_code == 200
        assert_401(ask(own, ASK, "secret-of-somebody"), REFUSED)
        _, errors = own.stop()
    assert "[auth] 401" in errors
    for secret in (before, "secret-of-somebody", own.key, "partner-demo"):
        assert secret not in errors


def test_oidc_issuer_is_taken_when_it_is_named(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    data = str(tmp_path_factory.mktemp("oidc"))
    with (
        serving(jwks("oidc")) as issuer,
        running("--data", data, "--oidc-issuer", issuer, "--oidc-client-id", "web|app") as own,
    ):
        good = issued({**OIDC_CLAIMS, "iss": issuer}, "oidc")
        assert_401(
            ask(own, ASK, issued({**OIDC_CLAIMS, "iss": issuer, "aud": "x"}, "oidc")), NOT_VALID
        )
        assert_401(ask(own, ASK, flipped(good)), NOT_VALID)
        answer = ask(own, ASK, good)
        assert answer.status_code == 200
        # Nothing of the catalog is open to this mode.
        assert answer.json()["errors"][0]["errorType"] == "Unauthorized"
        outputs = own.client.get("/amplify_outputs.json").json()
        assert "OPENID_CONNECT" in outputs["data"]["authorization_types"]


def test_restart_keeps_the_pool_and_its_keys(tmp_path_factory: pytest.TempPathFactory) -> None:
    data = str(tmp_path_factory.mktemp("restart"))
    with running("--data", data) as own:
        before = token(own, "alice")
        pool = own.client.get("/amplify_outputs.json").json()["auth"]["user_pool_id"]
        own.stop()
    with running("--data", data) as own:
        assert own.client.get("/amplify_outputs.json").json()["auth"]["user_pool_id"] == pool
        assert ask(own, ASK, before).status_code == 200
        assert ask(own, ASK, token(own, "alice")).status_code == 200
