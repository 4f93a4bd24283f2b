"""Who is calling, in each of the five modes."""

from typing import Any

import pytest

from resolvers.shared.identity import Caller, Mode, caller
from tests.unit.calls import USER

IAM = {
    "accountId": "123456789012",
    "cognitoIdentityPoolId": None,
    "cognitoIdentityId": None,
    "sourceIp": ["127.0.0.1"],
    "username": "AROAEXAMPLE:session",
    "userArn": "arn:aws:sts::123456789012:assumed-role/publisher/session",
    "cognitoIdentityAuthType": None,
    "cognitoIdentityAuthProvider": None,
}


@pytest.mark.parametrize(
    ("identity", "expected"),
    [
        (None, Caller(Mode.API_KEY)),
        (USER, Caller(Mode.USER_POOL, "u-1", "ada", frozenset({"admin"}))),
        (USER | {"groups": None}, Caller(Mode.USER_POOL, "u-1", "ada")),
        (IAM, Caller(Mode.IAM, username="AROAEXAMPLE:session")),
        (
            {"claims": {"sub": "o-1"}, "issuer": "https://id.example", "sub": "o-1"},
            Caller(Mode.OIDC, "o-1"),
        ),
        ({"resolverContext": {"device": "d-1"}}, Caller(Mode.LAMBDA)),
        ({"resolverContext": None}, Caller(Mode.LAMBDA)),
    ],
    ids=["api key", "user pool", "no groups", "iam", "oidc", "lambda", "lambda without context"],
)
def test_caller_is_read_from_the_identity(
    identity: dict[str, Any] | None, expected: Caller
) -> None:
    assert caller(identity) == expected
