"""The users' table, and the user pool behind it."""

from collections.abc import Mapping
from typing import Any

from resolvers.shared import aws
from resolvers.shared.items import Item
from resolvers.shared.shapes import from_plain, to_plain
from resolvers.shared.table import Refused, Store
from resolvers.users.model import User
from resolvers.users.resources import CONTEXT, USERS

VERIFIED = (True, "true")  # Cognito's own tokens have the boolean, its attributes the text

users = Store(CONTEXT.name, USERS)


def find(id: str) -> User | None:
    """Read a user."""
    item = users.get(id=id)
    return None if item is None else _user(item)


def add(user: User, told_at: int) -> User:
    """Write a new user, whose e-mail was told at that second; gives whoever was there before."""
    try:
        users.put_if(to_plain(user) | {"emailToldAt": told_at}, "attribute_not_exists(id)")
    except Refused as refused:
        assert refused.current is not None  # else there was no user
        return _user(refused.current)
    return user


def set_email(user: User, email: str, told_at: int) -> User:
    """Change a user's e-mail, unless the one there was told later; gives the user."""
    changes = {"email": email, "emailToldAt": told_at}
    try:
        item = users.change_if({"id": user.id}, changes, "emailToldAt < :at", at=told_at)
    except Refused:
        return user
    return _user(item)


def set_name(id: str, name: str | None) -> User | None:
    """Change a user's name; None if there is no such user."""
    try:
        item = users.change_if({"id": id}, {"name": name}, "attribute_exists(id)")
    except Refused:
        return None
    return _user(item)


def email_of(access_token: str) -> str | None:
    """Ask Cognito for the verified e-mail of who has this access token; None if it tells none."""
    client = aws.cognito()
    # A token without Cognito's own scope, or one that has outlived its user.
    untold = (
        client.exceptions.NotAuthorizedException,
        client.exceptions.UserNotFoundException,
    )
    try:
        answer = client.get_user(AccessToken=access_token)
    except untold:
        return None
    return verified_email({each["Name"]: each["Value"] for each in answer["UserAttributes"]})


def verified_email(told: Mapping[str, Any]) -> str | None:
    """Read the e-mail out of a token's claims, or a user's attributes, if it is verified."""
    return told.get("email") if told.get("email_verified") in VERIFIED else None


def _user(item: Item) -> User:
    user: User = from_plain(User, item)
    return user
