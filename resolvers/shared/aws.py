"""The one maker of AWS clients: each made on first use, once per execution environment."""

import socket
from functools import cache
from typing import TYPE_CHECKING, Any

from resolvers.shared import settings

if TYPE_CHECKING:
    from botocore.awsrequest import AWSPreparedRequest
    from botocore.httpsession import URLLib3Session
    from botocore.session import Session
    from types_boto3_dynamodb import DynamoDBClient


def dynamodb() -> "DynamoDBClient":
    """Give the DynamoDB client."""
    client: DynamoDBClient = _client("dynamodb")
    return client


def cognito() -> Any:
    """Give the client of Cognito's user pools."""
    return _client("cognito-idp")


def client(service: str) -> Any:
    """Give the client of any other service, by botocore's name for it."""
    return _client(service)


def failures() -> tuple[type[Exception], ...]:
    """Name what a call raises when AWS refuses it or does not answer."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - as below

    return BotoCoreError, ClientError


@cache
def http() -> "URLLib3Session":
    """Give the connections for what is not an AWS client's: the API's own GraphQL endpoint."""
    from botocore.httpsession import URLLib3Session  # noqa: PLC0415

    return URLLib3Session(
        timeout=(1, 4),  # type: ignore[arg-type]  # seconds to connect, and until it answers
        # Without it the body waits up to 40 ms for the headers to be acknowledged.
        socket_options=[(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)],  # type: ignore[list-item]
    )


def signed(url: str, body: bytes, service: str) -> "AWSPreparedRequest":
    """Sign a POST of JSON with the credentials of the function's role."""
    from botocore.auth import SigV4Auth  # noqa: PLC0415
    from botocore.awsrequest import AWSRequest  # noqa: PLC0415

    request = AWSRequest("POST", url, {"content-type": "application/json"}, body)
    credentials = session().get_credentials()
    if credentials is None:
        raise settings.MissingSetting("there are no AWS credentials to sign with")
    SigV4Auth(credentials, service, settings.region()).add_auth(request)
    return request.prepare()


@cache
def session() -> "Session":
    """Give the session that all clients are made from; it holds the services' models once read."""
    # The machinery takes 40 ms to import, which a cold start should only pay when it calls AWS.
    import botocore.session  # noqa: PLC0415

    return botocore.session.get_session()


@cache
def _client(service: str) -> Any:
    from botocore.config import Config  # noqa: PLC0415

    # AWS_ENDPOINT_URL, where set, is honoured by botocore itself.
    config = Config(
        parameter_validation=False,  # the service checks as well, and mypy has checked before
        retries={"mode": "standard", "total_max_attempts": 3},
        connect_timeout=1,
        read_timeout=2,  # three attempts end before the function's own timeout
        max_pool_connections=16,
        tcp_keepalive=True,
    )
    return session().create_client(service, region_name=settings.region(), config=config)
