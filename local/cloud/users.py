"""Make the user pool that `infra/` declares, with users to try it by, at any AWS endpoint.

Run beside provision.py, in an environment of its own, so that nothing waits for it but tokens.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.settings import AUTH_FLOWS, GROUPS, PASSWORD_LENGTH
from resolvers.shared import aws
from resolvers.shared.resources import physical_name

SEEDS = Path(__file__).parents[1] / "seeds" / "pool.json"
CHARACTERS = ("Uppercase", "Lowercase", "Numbers", "Symbols")


@dataclass(frozen=True, slots=True)
class User:
    """Somebody to try things as."""

    username: str
    name: str
    email: str
    password: str
    groups: list[str]


def seeded() -> list[User]:
    """Give the users that every pool begins with."""
    return [User(**each) for each in json.loads(SEEDS.read_text())]


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Make what is missing of the pool; with `fresh`, start over. `stage` is in its name.

    Returns `{"pool": its id, "client": its client's id}`.
    """
    cognito = aws.cognito()
    name, client_name = physical_name(event["stage"]), physical_name(event["stage"], "web")
    pool = _named(cognito.get_paginator("list_user_pools").paginate(MaxResults=60), name)
    if pool and event.get("fresh"):
        cognito.delete_user_pool(UserPoolId=pool)
        pool = None
    pool = pool or cognito.create_user_pool(**pool_request(name))["UserPool"]["Id"]
    pages = cognito.get_paginator("list_user_pool_clients").paginate(UserPoolId=pool)
    client = _named(pages, client_name)
    if client is None:  # it is made last: with it, everything is there
        _fill(cognito, pool)
        made = cognito.create_user_pool_client(**client_request(pool, client_name))
        client = made["UserPoolClient"]["ClientId"]
    return {"pool": pool, "client": client}


def pool_request(name: str) -> dict[str, Any]:
    """Write the CreateUserPool request, as infra/auth.py has it."""
    policy: dict[str, Any] = {f"Require{kind}": True for kind in CHARACTERS}
    return {
        "PoolName": name,
        "AliasAttributes": ["email"],
        "AutoVerifiedAttributes": ["email"],
        "UserAttributeUpdateSettings": {"AttributesRequireVerificationBeforeUpdate": ["email"]},
        "Policies": {"PasswordPolicy": policy | {"MinimumLength": PASSWORD_LENGTH}},
        "Schema": [{"Name": "email", "Required": True, "Mutable": True}],
        "AdminCreateUserConfig": {"AllowAdminCreateUserOnly": False},
    }


def client_request(pool: str, name: str) -> dict[str, Any]:
    """Write the CreateUserPoolClient request, as infra/auth.py has it."""
    return {
        "UserPoolId": pool,
        "ClientName": name,
        "ExplicitAuthFlows": [f"ALLOW_{flow}" for flow in AUTH_FLOWS],
        "PreventUserExistenceErrors": "ENABLED",
    }


def _fill(cognito: Any, pool: str) -> None:
    for group in GROUPS:
        _unless_there(cognito, cognito.create_group, UserPoolId=pool, GroupName=group)
    for user in seeded():
        whose = {"UserPoolId": pool, "Username": user.username}
        attributes = {"email": user.email, "email_verified": "true", "name": user.name}
        _unless_there(
            cognito,
            cognito.admin_create_user,
            **whose,
            MessageAction="SUPPRESS",
            UserAttributes=[{"Name": k, "Value": v} for k, v in attributes.items()],
        )
        cognito.admin_set_user_password(**whose, Password=user.password, Permanent=True)
        for group in user.groups:
            cognito.admin_add_user_to_group(**whose, GroupName=group)


def _unless_there(cognito: Any, make: Any, **request: Any) -> None:
    there = (cognito.exceptions.GroupExistsException, cognito.exceptions.UsernameExistsException)
    try:
        make(**request)
    except there:  # from an earlier run that did not come to its end
        return


def _named(pages: Iterable[Any], name: str) -> str | None:
    for page in pages:
        for pool in page.get("UserPools", []):
            if pool["Name"] == name:
                return str(pool["Id"])
        for client in page.get("UserPoolClients", []):
            if client["ClientName"] == name:
                return str(client["ClientId"])
    return None
