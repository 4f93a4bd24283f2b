"""The twin's functions that publish: keys that open what is declared, at the twin's own address."""

import time
from typing import Any

import pytest

from local.appsync.auth.call import Call, Sent
from local.appsync.auth.iam import Iam
from local.functions import REGION, functions
from local.publishers import function_keys
from resolvers.registry import Registry, registry
from resolvers.shared.resources import Context
from tests.support.signing import signed

URL = "http://127.0.0.1:4001/graphql"
CONTEXTS = {
    "desk": Context("desk", publishes=("publishNote", "publishBook")),
    "shelf": Context("shelf"),
}


def environment(label: str) -> dict[str, Any]:
    declared = Registry(contexts=CONTEXTS, bindings={})
    (found,) = [f for f in functions(declared, "http://aws", URL) if f.label == label]
    return dict(found.environment)


def test_publishing_function_is_told_where_and_by_which_keys() -> None:
    variables = environment("desk")
    keys = function_keys("twinberry-local-desk", CONTEXTS["desk"].publishes)
    body, sent = b"{}", {name: variables[name] for name in variables if name.startswith("AWS_")}

    headers = signed(
        variables["GRAPHQL_URL"],
        body,
        {
            "accessKeyId": sent["AWS_ACCESS_KEY_ID"],
            "secretAccessKey": sent["AWS_SECRET_ACCESS_KEY"],
            "sessionToken": sent["AWS_SESSION_TOKEN"],
        },
        region=sent["AWS_REGION"],
    )
    call = Call({"host": "127.0.0.1:4001", **headers}, sent=Sent(body=body))
    who = Iam([keys], REGION).check(headers["authorization"], call, time.time())

    assert variables["GRAPHQL_URL"] == URL
    assert who.policy and who.policy.refused(
        [("Mutation", "publishNote"), ("Mutation", "publishBook"), ("Mutation", "publishUser")]
    ) == {("Mutation", "publishUser")}
    assert who.event and "twinberry-local-desk" in str(who.event["userArn"])


def test_other_function_is_told_nothing_of_it() -> None:
    assert not {"GRAPHQL_URL", "AWS_ACCESS_KEY_ID"} & environment("shelf").keys()


@pytest.mark.parametrize("what", ["access_key", "secret_key", "session_token", "role_id"])
def test_functions_have_keys_of_their_own(what: str) -> None:
    contexts = registry().contexts.values()
    keys = [
        getattr(function_keys(f"twinberry-local-{c.name}", c.publishes), what) for c in contexts
    ]

    assert len(set(keys)) == len(keys)
    if what == "access_key":
        assert {len(key) for key in keys} == {20}
