"""What opens the twin: the same at every start, so that a frontend's configuration keeps working.

None of it opens anything but this machine.
"""

import hmac
import time
from collections.abc import Mapping

from infra.contract import open_to_iam
from infra.settings import API_KEY_DAYS, AUTHORIZER_TTL
from local.appsync.auth.api_key import ApiKeys
from local.appsync.auth.authorizer import AuthorizerSettings, Invoke, LambdaAuthorizer
from local.appsync.auth.iam import Iam, RoleKeys
from local.appsync.auth.identity import Policy
from local.appsync.auth.modes import Modes
from local.cloud.users import seeded
from local.contract import SCHEMA
from local.functions import REGION, STAGE
from local.lambdas.context import ACCOUNT
from local.publishers import function_keys, publishing
from local.users import Users
from resolvers.shared.resources import AUTHORIZER, Context, physical_name

API_KEY = "da2-twinberrylocaldevelopment0"
EXPIRED_KEY = "da2-twinberryexpiredlastyear00"  # to see what a frontend makes of its refusal
API_ID = "twinberrylocaldevelopment0"
LAMBDA_TOKEN = "partner-demo"  # noqa: S105 - as above
DEVICE_TOKEN = "local-"  # noqa: S105 - as above; a device's id follows
DAY = 86_400


def api_keys(now: float | None = None) -> ApiKeys:
    """Give the keys: one that holds as long as AppSync lets it, and one that did."""
    now = time.time() if now is None else now
    return ApiKeys({API_KEY: now + API_KEY_DAYS * DAY, EXPIRED_KEY: now - DAY})


def publisher() -> RoleKeys:
    """Give the keys of a role for people who try out what is open to signed requests."""
    return RoleKeys(
        access_key="ASIATWINBERRYPUBLISH",
        secret_key="twinberry/local/publisher/secret/0000000",  # noqa: S106 - as above
        session_token="twinberry-local-publisher-session",  # noqa: S106 - as above
        account=ACCOUNT,
        role=physical_name(STAGE, "publisher"),
        role_id="AROATWINBERRYPUBLISH0",
        session="twin",
        policy=Policy(open_to_iam(SCHEMA.read_text())),
    )


def device_token(device: str) -> str:
    """Give the password with which a device comes to the MQTT broker."""
    return f"{DEVICE_TOKEN}{device}"


def device_topics(username: str, password: bytes) -> str | None:
    """Give what the topics of a device begin with, if that is its token."""
    known = username and not {"/", "+", "#"} & set(username)
    if known and hmac.compare_digest(password, device_token(username).encode()):
        return f"devices/{username}/"
    return None


def modes(invoke: Invoke, users: Users, contexts: Mapping[str, Context]) -> Modes:
    """Put the modes besides API keys together; functions that publish have roles of their own."""
    roles = [function_keys(name, fields) for name, fields in publishing(contexts, STAGE).items()]
    settings = AuthorizerSettings(physical_name(STAGE, AUTHORIZER), AUTHORIZER_TTL, API_ID, ACCOUNT)
    return Modes(
        issuers=users.issuers,
        iam=Iam([publisher(), *roles], REGION),
        authorizer=LambdaAuthorizer(settings, invoke),
    )


def custom(aws: str) -> dict[str, object]:
    """Give the part of `amplify_outputs.json` that Amplify knows nothing of."""
    role = publisher()
    return {
        "aws_endpoint": aws,
        # Whom POST /local/token signs in.
        "users": [{"name": user.username, "groups": user.groups} for user in seeded()],
        "lambda_token": LAMBDA_TOKEN,
        "publisher": {
            "roleArn": f"arn:aws:iam::{ACCOUNT}:role/{role.role}",
            "accessKeyId": role.access_key,
            "secretAccessKey": role.secret_key,
            "sessionToken": role.session_token,
            "region": REGION,
        },
    }
