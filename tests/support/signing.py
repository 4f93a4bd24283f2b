"""Requests signed as AWS's own clients sign them: by botocore, unmodified."""

from collections.abc import Mapping
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials


def signed(
    url: str,
    body: bytes,
    keys: Mapping[str, Any],
    *,
    method: str = "POST",
    region: str = "us-east-1",
    service: str = "appsync",
) -> dict[str, str]:
    """Give the headers of a signed request; `keys` are named as in `amplify_outputs.json`."""
    credentials = Credentials(
        keys["accessKeyId"], keys["secretAccessKey"], keys.get("sessionToken")
    )
    headers = {"content-type": "application/json; charset=UTF-8"}
    request = AWSRequest(method, url, headers, body)
    SigV4Auth(credentials, service, region).add_auth(request)
    return {name.lower(): str(value) for name, value in request.headers.items()}
