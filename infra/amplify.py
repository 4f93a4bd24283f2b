"""What configures a frontend, for a deployment or the twin: Amplify's `amplify_outputs.json`."""

from collections.abc import Mapping, Sequence
from typing import Any

from infra.settings import GROUPS, PASSWORD_LENGTH


def amplify_outputs(
    *,
    url: str,
    region: str,
    api_key: str | None = None,
    user_pool_id: str | None = None,
    client_id: str | None = None,
    default: str = "AMAZON_COGNITO_USER_POOLS",
    additional: Sequence[str] = ("API_KEY", "AWS_IAM"),
    custom: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Make the document, in version 1.4 of its schema; without a user pool it has no `auth`.

    `custom` is what Amplify knows nothing of.
    """
    data: dict[str, Any] = {
        "url": url,
        "aws_region": region,
        "default_authorization_type": default,
        "authorization_types": list(additional),
    }
    if api_key:
        data["api_key"] = api_key
    document: dict[str, Any] = {"version": "1.4", "data": data}
    if user_pool_id and client_id:
        document["auth"] = _auth(region, user_pool_id, client_id)
    if custom:
        document["custom"] = dict(custom)
    return document


def _auth(region: str, user_pool_id: str, client_id: str) -> dict[str, Any]:
    characters = ("numbers", "lowercase", "uppercase", "symbols")
    return {
        "aws_region": region,
        "user_pool_id": user_pool_id,
        "user_pool_client_id": client_id,
        "user_verification_types": ["email"],
        "standard_required_attributes": ["email"],
        "mfa_configuration": "NONE",
        "password_policy": {"min_length": PASSWORD_LENGTH}
        | {f"require_{kind}": True for kind in characters},
        "groups": [{group: {}} for group in GROUPS],
    }
