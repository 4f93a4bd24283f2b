"""AWS from the server's own event loop: over kept connections, without boto3.

The server imports no boto3: it costs 90 ms at the start, and five times as much at each call. The
endpoint is the twin's own, or another emulator: of an authorization it reads only what it is for,
so requests are not really signed.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import urlsplit

import httptools
import orjson

# What of a target names the service, as a signature has it, and which JSON it speaks.
SERVICES = {
    "AmazonSQS": ("sqs", "1.0"),
    "DynamoDBStreams_20120810": ("dynamodb", "1.0"),
    "DynamoDB_20120810": ("dynamodb", "1.0"),
    "Kinesis_20131202": ("kinesis", "1.1"),
    "secretsmanager": ("secretsmanager", "1.1"),
}
AUTHORIZATION = (
    "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/{}/aws4_request, "
    "SignedHeaders=host, Signature=0"
)
SECONDS = 30  # for one answer
OK = 200


class AwsError(Exception):
    """AWS refused; `code` is its name for the reason."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


@dataclass(slots=True)
class Answer:
    """An HTTP response; its headers' names are in lower case."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


class Client:
    """Calls to one endpoint."""

    def __init__(self, endpoint_url: str) -> None:
        url = urlsplit(endpoint_url)
        self._host, self._port = url.hostname or "localhost", url.port or 80
        self._idle: list[_Connection] = []

    async def call(self, target: str, request: Mapping[str, Any]) -> dict[str, Any]:
        """Make a JSON call such as `Kinesis_20131202.PutRecords`; raises AwsError, OSError."""
        service, version = SERVICES[target.partition(".")[0]]
        headers = {"x-amz-target": target, "content-type": f"application/x-amz-json-{version}"}
        answer = await self.send(service, "POST", "/", orjson.dumps(request), headers)
        found = _json(answer)
        if answer.status != OK:
            code = str(found.get("__type", answer.status)).rpartition("#")[2]
            raise AwsError(code, str(found.get("message") or found.get("Message")))
        return found

    async def enqueue(
        self, queue: str, body: str, pause: float, log: Callable[[str], None]
    ) -> None:
        """Send a message to the queue at a URL, again after `pause` seconds until it is taken."""
        request = {"QueueUrl": queue, "MessageBody": body}
        while True:
            try:
                await self.call("AmazonSQS.SendMessage", request)
            except (AwsError, OSError) as error:
                log(f"{queue} takes nothing: {error}")
                await asyncio.sleep(pause)
            else:
                return

    async def send(
        self,
        service: str,
        method: str,
        path: str,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a request of any kind and give the answer, whatever it is; raises OSError."""
        lines = {
            "host": f"{self._host}:{self._port}",
            "authorization": AUTHORIZATION.format(service),
            "content-length": str(len(body)),
            **(headers or {}),
        }
        head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
        message = f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + body
        while self._idle:
            try:
                return await self._exchange(self._idle.pop(), message)
            except ConnectionError:  # it was closed while it was idle
                continue
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(_Connection, self._host, self._port)
        return await self._exchange(connection, message)

    def close(self) -> None:
        """Let go of the connections."""
        while self._idle:
            self._idle.pop().close()

    async def _exchange(self, connection: "_Connection", message: bytes) -> Answer:
        try:
            async with asyncio.timeout(SECONDS):
                answer = await connection.exchange(message)
        except BaseException:  # an answer that nobody waits for must not meet the next request
            connection.close()
            raise
        self._idle.append(connection)
        return answer


def _json(answer: Answer) -> dict[str, Any]:
    try:
        found: dict[str, Any] = orjson.loads(answer.body) if answer.body else {}
    except ValueError:  # a proxy's page, say, before an endpoint that is down
        raise AwsError(str(answer.status), "the answer is no JSON") from None
    return found


class _Connection(asyncio.Protocol):
    def __init__(self) -> None:
        self._transport: asyncio.Transport
        self._closed = False
        self._waiting: asyncio.Future[Answer] | None = None

    async def exchange(self, message: bytes) -> Answer:
        if self._closed:
            raise ConnectionResetError
        self._parser = httptools.HttpResponseParser(self)
        self._answer, self._parts = Answer(), bytearray()
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.write(message)
        return await self._waiting

    def close(self) -> None:
        self._closed = True
        self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        if self._waiting is None:  # nothing was asked for
            return self.close()
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._finish(ConnectionResetError("the answer is no HTTP"))
        return None

    def connection_lost(self, error: Exception | None) -> None:
        self._closed = True
        self._finish(error or ConnectionResetError("closed by the endpoint"))

    def on_header(self, name: bytes, value: bytes) -> None:
        self._answer.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_body(self, part: bytes) -> None:
        self._parts += part

    def on_message_complete(self) -> None:
        self._answer.status, self._answer.body = self._parser.get_status_code(), bytes(self._parts)
        self._finish(None)

    def _finish(self, error: Exception | None) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is None or waiting.done():
            return
        if error:
            waiting.set_exception(error)
        else:
            waiting.set_result(self._answer)
