"""IAM: requests signed with the keys of a role."""

import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from local.appsync.auth.call import Call
from local.appsync.auth.identity import Identity, Policy
from local.appsync.auth.refusal import Unproved
from local.appsync.auth.sigv4 import Signature, compute, read_signature
from resolvers.shared.identity import Mode

SKEW = 300  # seconds
SERVICE = "appsync"
NEEDED = frozenset({"host", "x-amz-date"})


@dataclass(frozen=True, slots=True)
class RoleKeys:
    """Temporary credentials of a role, and what the role may do."""

    access_key: str
    secret_key: str
    session_token: str
    account: str
    role: str
    role_id: str
    session: str
    policy: Policy

    @property
    def arn(self) -> str:
        """Name who acts: the role in this session."""
        return f"arn:aws:sts::{self.account}:assumed-role/{self.role}/{self.session}"


class Iam:
    """The roles that are known here."""

    def __init__(self, roles: Iterable[RoleKeys], region: str) -> None:
        self._roles = {role.access_key: role for role in roles}
        self._region = region

    def check(self, authorization: str, call: Call, now: float) -> Identity:
        """Prove a signature; raises Refusal."""
        signature = read_signature(authorization)
        if signature is None:
            raise Unproved("the signature can't be read")
        role = self._roles.get(signature.key)
        if role is None:
            raise Unproved("the access key is unknown")
        self._check_scope(signature)
        moment = _moment(signature, call, now)
        _check_body(call)
        if call.headers.get("x-amz-security-token") != role.session_token:
            raise Unproved("the security token is not the one of the access key")
        computed = compute(signature, role.secret_key, moment, call)
        if not hmac.compare_digest(computed, signature.value):
            raise Unproved("the signature does not match")
        return Identity(Mode.IAM, _event(role, call), policy=role.policy)

    def _check_scope(self, signature: Signature) -> None:
        if (signature.region, signature.service) != (self._region, SERVICE):
            raise Unproved("the signature is for another region or service")
        if not NEEDED.issubset(signature.headers):
            raise Unproved("the signature leaves out the host or the date")


def _moment(signature: Signature, call: Call, now: float) -> str:
    moment = call.headers.get("x-amz-date")
    try:
        signed = datetime.strptime(str(moment), "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise Unproved("the date of the signature can't be read") from None
    if abs(now - signed.timestamp()) > SKEW:
        raise Unproved("the signature is too old, or from the future")
    if not str(moment).startswith(signature.date):
        raise Unproved("the signing key is of another day")
    return str(moment)


def _check_body(call: Call) -> None:
    stated = call.headers.get("x-amz-content-sha256")
    if stated is not None and stated != sha256(call.sent.body).hexdigest():
        raise Unproved("the body is not the one that was signed")


def _event(role: RoleKeys, call: Call) -> dict[str, object]:
    return {
        "accountId": role.account,
        "cognitoIdentityPoolId": None,
        "cognitoIdentityId": None,
        "sourceIp": call.source_ip,
        "username": f"{role.role_id}:{role.session}",
        "userArn": role.arn,
        "cognitoIdentityAuthType": None,
        "cognitoIdentityAuthProvider": None,
    }
