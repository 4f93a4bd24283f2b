"""Who sees which field: the rules over fields and returned types, executed for every mode."""

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import pytest

from local.appsync.auth import Authenticator
from local.appsync.auth.authorizer import AuthorizerSettings, LambdaAuthorizer
from local.appsync.errors import Refusal
from local.appsync.fields import Limits
from local.appsync.route import Route
from local.appsync.service import AppSync, Request
from local.contract import read_contract
from resolvers.shared.identity import Mode, caller
from tests.unit.appsync.credentials import (
    ACCESS_CLAIMS,
    ID_CLAIMS,
    KEY,
    OIDC_CLAIMS,
    ROLE,
    authenticator,
    token,
)
from tests.unit.appsync.test_auth_iam import URL, signed_call

EVENTS = Path(__file__).parents[2] / "events"
SDL = """
type Query {
  bare: Int
  key: Int @aws_api_key
  admins: Int @aws_cognito_user_pools(cognito_groups: ["admin", "root"])
  any: Int @aws_api_key @aws_cognito_user_pools @aws_iam @aws_oidc @aws_lambda
  inert: Int @aws_auth(cognito_groups: ["root"])
  thing: Thing @aws_api_key @aws_cognito_user_pools @aws_iam @aws_oidc @aws_lambda
  must: Int! @aws_lambda
}
type Mutation { publish: Int @aws_iam  remove: Int @aws_iam }
type Thing @aws_api_key @aws_iam @aws_lambda {
  id: Int
  forOidc: Int @aws_oidc
  forAdmins: Int @aws_cognito_user_pools(cognito_groups: ["admin"])
  forKeyAndAdmins: Int @aws_api_key @aws_cognito_user_pools(cognito_groups: ["admin"])
  part: Part
  openPart: Part @aws_oidc @aws_cognito_user_pools
  batched: Int @aws_api_key @aws_cognito_user_pools @aws_iam @aws_oidc @aws_lambda
}
type Part { id: Int  forOidc: Int @aws_oidc }
"""
THING = {
    "id": 1,
    "forOidc": 1,
    "forAdmins": 1,
    "forKeyAndAdmins": 1,
    "part": {"id": 1},
    "openPart": {"id": 1, "forOidc": 1},
}
ROUTES = {
    **{
        f"Query.{name}": Route("f", 0) for name in ("bare", "key", "admins", "any", "inert", "must")
    },
    "Query.thing": Route("thing", 0),
    "Mutation.publish": Route("f", 0),
    "Mutation.remove": Route("f", 0),
    "Thing.batched": Route("batch", 5),
}
ROLE_MAY = ("Query.any", "Query.thing", "Mutation.publish*")
PRINCIPALS = ["key", "ada", "bob", "role", "oidc", "partner"]


class Api:
    """An API whose resolvers all answer 1; remembers the events."""

    def __init__(self, **authorizer: Any) -> None:
        self.events: list[Any] = []
        self._answer = {"isAuthorized": True, "resolverContext": {"principal": "demo"}} | authorizer

    async def invoke(self, function: str, event: bytes) -> tuple[bytes, bool]:
        if function == "authorizer":
            return json.dumps(self._answer).encode(), False
        self.events.append(json.loads(event))
        answer = {"f": 1, "thing": THING, "batch": [{"data": 1}]}[function]
        return json.dumps(answer).encode(), False

    def ask(self, principal: str, query: str) -> Any:
        return asyncio.run(self._ask(principal, query))

    async def _ask(self, principal: str, query: str) -> Any:
        settings = AuthorizerSettings("authorizer", 0, "api", "111122223333")
        api = AppSync(
            read_contract(SDL),
            ROUTES,
            self.invoke,
            self._authenticator(LambdaAuthorizer(settings, self.invoke)),
            Limits(30, 100, 20),
        )
        call = signed_call(URL, query.encode())
        headers = {
            "key": {"x-api-key": KEY},
            "ada": {"authorization": token(ID_CLAIMS)},
            "bob": {"authorization": token(ACCESS_CLAIMS)},
            "role": call.headers,
            "oidc": {"authorization": token(OIDC_CLAIMS, "oidc")},
            "partner": {"authorization": "partner"},
        }[principal]
        headers = {**headers, "x-forwarded-for": "203.0.113.7, 127.0.0.1"}
        return await api.answer(Request(query, {}, None, call.sent), headers)

    def _authenticator(self, authorizer: LambdaAuthorizer) -> Authenticator:
        return authenticator(authorizer=authorizer, role_may=ROLE_MAY, clock=time.time)


# Per place, who of PRINCIPALS sees it.
SEEN = {
    "bare": "ada bob",
    "key": "key",
    "admins": "ada",
    "any": "key ada bob role oidc partner",
    "inert": "ada bob",
    "thing { __typename }": "key ada bob role oidc partner",
    "thing { id }": "key role partner",
    "thing { batched }": "key ada bob role oidc partner",
    "thing { forOidc }": "oidc",
    "thing { forAdmins }": "ada",
    "thing { forKeyAndAdmins }": "key ada",
    "thing { part { id } }": "",
    "thing { openPart { id } }": "ada bob",
    "thing { openPart { forOidc } }": "oidc",
    "__typename": "key ada bob role oidc partner",
    "__schema { queryType { name } }": "key ada bob role oidc partner",
}


def leaf(value: Any) -> Any:
    while isinstance(value, dict) and value:
        value = next(iter(value.values()))
    return value


@pytest.mark.parametrize("principal", PRINCIPALS)
@pytest.mark.parametrize("place", SEEN)
def test_field_is_seen_by_whom_the_directives_say(place: str, principal: str) -> None:
    seen = principal in SEEN[place].split()
    try:
        answer = Api().ask(principal, f"{{ {place} }}")
    except Refusal as refusal:
        assert (principal, refusal.status, refusal.message) == ("role", 401, "Permission denied")
        assert not seen
        return
    assert (leaf(answer["data"]) is not None) is seen
    assert [error["errorType"] for error in answer.get("errors", [])] == (
        [] if seen else ["Unauthorized"]
    )


def test_denied_field_does_not_run_and_the_others_do() -> None:
    api = Api()
    answer = api.ask("key", "{ admins key }")
    assert answer["data"] == {"admins": None, "key": 1}
    assert answer["errors"][0] == {
        "path": ["admins"],
        "data": None,
        "errorType": "Unauthorized",
        "errorInfo": None,
        "locations": [{"line": 1, "column": 3, "sourceName": None}],
        "message": "Not Authorized to access admins on type Query",
    }
    assert [event["info"]["fieldName"] for event in api.events] == ["key"]


@pytest.mark.parametrize(
    ("query", "data"),
    [
        ("{ any bare }", {"any": 1, "bare": None}),
        ("{ any ...F } fragment F on Query { bare }", {"any": 1, "bare": None}),
        ("mutation { publish remove }", {"publish": 1, "remove": None}),
    ],
)
def test_policy_denies_single_fields(query: str, data: dict[str, Any]) -> None:
    answer = Api().ask("role", query)
    assert answer["data"] == data
    assert [error["errorType"] for error in answer["errors"]] == ["Unauthorized"]


@pytest.mark.parametrize(
    "query",
    [
        "{ bare }",
        "{ __typename bare }",
        "{ ...F } fragment F on Query { ...G } fragment G on Query { bare }",
        "{ ... { bare } a: key }",
        "mutation { remove }",
    ],
)
def test_policy_denies_the_whole_request(query: str) -> None:
    with pytest.raises(Refusal, match="Permission denied") as refused:
        Api().ask("role", query)
    assert (refused.value.status, refused.value.error_type) == (401, "UnauthorizedException")


@pytest.mark.parametrize("denied", ["Query.any", "Thing.id"])
@pytest.mark.parametrize("form", ["{}", "arn:aws:appsync:us-east-1:1:apis/A/types/{}/fields/{}"])
def test_authorizers_denied_fields_are_null(denied: str, form: str) -> None:
    named = form.format(*([denied] if form == "{}" else denied.split(".")))
    api = Api(deniedFields=[named])
    answer = api.ask("partner", "{ any thing { id batched } }")
    assert "errors" not in answer
    assert answer["data"] == {
        "any": None if denied == "Query.any" else 1,
        "thing": {"id": None if denied == "Thing.id" else 1, "batched": 1},
    }


def test_denied_field_that_must_not_be_null_takes_its_parent() -> None:
    api = Api(deniedFields=["Query.must"])
    answer = api.ask("partner", "{ must any }")
    assert answer["data"] is None
    assert answer["errors"][0]["message"] == (
        "Cannot return null for non-nullable type: 'Int' within parent 'Query' (/must)"
    )


@pytest.mark.parametrize(
    ("principal", "query", "name"),
    [
        ("ada", "{ any }", "single_user_pool_id"),
        ("bob", "{ any }", "single_user_pool_access"),
        ("role", "{ any }", "single_iam"),
        ("oidc", "{ any }", "single_oidc"),
        ("partner", "{ any }", "single_lambda"),
        ("ada", "{ thing { batched } }", "batch_user_pool_id"),
        ("bob", "{ thing { batched } }", "batch_user_pool_access"),
        ("role", "{ thing { batched } }", "batch_iam"),
        ("oidc", "{ thing { batched } }", "batch_oidc"),
        ("partner", "{ thing { batched } }", "batch_lambda"),
    ],
)
def test_event_is_the_golden_one(principal: str, query: str, name: str) -> None:
    api = Api()
    api.ask(principal, query)
    event, golden = api.events[-1], json.loads((EVENTS / f"appsync_{name}.json").read_text())
    for each in event if isinstance(event, list) else [event]:
        each["request"]["headers"] = {}  # they differ each time
    # Compared as text: the order of keys is AppSync's too.
    assert json.dumps(event, indent=2) == json.dumps(golden, indent=2)


def identity_of(principal: str) -> Any:
    api = Api()
    api.ask(principal, "{ any }")
    return api.events[-1]["identity"]


def test_caller_is_read_from_all_five_shapes() -> None:
    found = {name: caller(identity_of(name)) for name in PRINCIPALS}
    assert {name: each.mode for name, each in found.items()} == {
        "key": Mode.API_KEY,
        "ada": Mode.USER_POOL,
        "bob": Mode.USER_POOL,
        "role": Mode.IAM,
        "oidc": Mode.OIDC,
        "partner": Mode.LAMBDA,
    }
    assert {name: (each.subject, each.username) for name, each in found.items()} == {
        "key": (None, None),
        "ada": (ID_CLAIMS["sub"], "ada"),
        "bob": (ACCESS_CLAIMS["sub"], "bob"),
        "role": (None, f"{ROLE.role_id}:{ROLE.session}"),
        "oidc": ("someone", None),
        "partner": (None, "demo"),
    }
    assert found["ada"].groups == {"admin"}
    assert found["bob"].groups == frozenset()
    assert found["ada"].claims["email"] == "ada@example.com"
    assert caller({"resolverContext": None}).username is None
