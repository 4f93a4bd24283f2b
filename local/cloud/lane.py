"""A light road from the execution environments to DynamoDB in the embedded AWS (docs/adr/0010).

botocore still makes the request and still raises the errors; what is between, HTTP, signatures and
walking through the answer along the service's model, costs ten times what the engine needs to
answer. Here a request takes a unix socket, and an answer is read by orjson. Lambda code sees no
difference: whatever is out of the ordinary goes botocore's own way.
"""

import os
import socket
import struct
from collections import deque
from typing import Any

import orjson
from botocore.awsrequest import AWSResponse
from botocore.parsers import create_parser
from botocore.session import Session

# The frames, as ministack_gateway.py has them: a call is its size and `target NUL access key NUL
# region LF JSON`, an answer its size, an HTTP status, a request id, and JSON.
SIZE = struct.Struct("!I")
ANSWER = struct.Struct("!IH36s")
OK, REFUSED = 200, 400  # any other status is an accident, which botocore tries again
CONNECT_SECONDS = 1
CHUNK = 1 << 18
# Answers whose values are JSON as it is, but for binary attributes; others have timestamps.
PLAIN = {
    f"{name}Output"
    for name in (
        *("Query", "Scan", "GetItem", "BatchGetItem", "TransactGetItems"),
        *("PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"),
    )
}


def install(session: Session, path: str) -> None:
    """Have the DynamoDB clients that a session makes from now on take the socket at `path`."""
    handlers: dict[str, Any] = {
        "creating-client-class.dynamodb": _settle,
        "before-call.dynamodb": Lane(path).call,
    }
    for event, handler in handlers.items():
        session.register(event, handler)


class Lane:
    """Calls over kept connections, one call at a time on each; for any number of threads."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._idle: deque[socket.socket] = deque()
        self._parser = create_parser("json")
        # A child must not speak on its parent's connections.
        os.register_at_fork(after_in_child=self._idle.clear)

    def call(
        self, model: Any, params: Any, request_signer: Any, context: Any, **_: Any
    ) -> tuple[AWSResponse, Any] | None:
        """Make a call, as botocore's `before-call`: None leaves it to botocore."""
        credentials = request_signer._credentials
        key = credentials.access_key if credentials else ""
        head = f"{params['headers']['X-Amz-Target']}\0{key}\0{context['client_region']}\n"
        content = head.encode() + params["body"]
        frame = SIZE.pack(len(content)) + content
        try:
            status, headers, body = self._exchange(frame, context["client_config"].read_timeout)
        except OSError:  # botocore tries again as well, and knows what to raise
            return None
        if status not in (OK, REFUSED):
            return None
        response = {"status_code": status, "headers": headers, "body": body, "context": context}
        parsed = self._read(response, model)
        parsed["ResponseMetadata"]["RetryAttempts"] = 0
        return AWSResponse(params["url"], status, headers, None), parsed

    def _exchange(self, frame: bytes, seconds: float) -> tuple[int, Any, bytes]:
        connection = self._connection()
        try:
            connection.settimeout(seconds)
            connection.sendall(frame)
            answer = _receive(connection)
        except BaseException:  # what is still to come on it must not meet the next call
            connection.close()
            raise
        self._idle.append(connection)
        return answer

    def _connection(self) -> socket.socket:
        try:
            return self._idle.pop()
        except IndexError:
            pass
        connection = socket.socket(socket.AF_UNIX)
        connection.settimeout(CONNECT_SECONDS)
        try:
            connection.connect(self._path)
        except OSError:
            connection.close()
            raise
        return connection

    def _read(self, response: dict[str, Any], model: Any) -> Any:
        body, shape = response["body"], model.output_shape
        if response["status_code"] == REFUSED:
            return self._refusal(response, model)
        if shape is None or shape.name not in PLAIN or b'"B":' in body or b'"BS":' in body:
            return self._parser.parse(response, shape)
        headers = response["headers"]
        metadata = {
            "RequestId": headers["x-amzn-requestid"],
            "HTTPStatusCode": OK,
            "HTTPHeaders": headers,
        }
        return orjson.loads(body) | {"ResponseMetadata": metadata}

    def _refusal(self, response: dict[str, Any], model: Any) -> Any:
        parsed = self._parser.parse(response, model.output_shape)
        shape = model.service_model.shape_for_error_code(parsed["Error"]["Code"])
        if shape is not None:  # it has more to say than a message, such as the item that was there
            parsed.update(self._parser.parse(response, shape))
        return parsed


class _Settled:
    """A client that does not work out anew at each call what never changes.

    Both take as long as the way to the engine and back; the signer writes the user agent anyway
    where a call takes HTTP.
    """

    meta: Any

    def _resolve_endpoint_ruleset(self, *_: Any, **__: Any) -> tuple[str, dict[str, str], Any]:
        return self.meta.endpoint_url, {}, {}

    def _convert_to_request_dict(self, *arguments: Any, **options: Any) -> Any:
        made: Any = super()
        return made._convert_to_request_dict(*arguments, **options, set_user_agent_header=False)


def _settle(base_classes: list[type], **_: Any) -> None:
    base_classes.insert(0, _Settled)


def _receive(connection: socket.socket) -> tuple[int, Any, bytes]:
    data = connection.recv(CHUNK)
    while len(data) < ANSWER.size:
        data += _more(connection)
    size, status, request_id = ANSWER.unpack_from(data)
    parts, left = [data[ANSWER.size :]], size + ANSWER.size - len(data)
    while left > 0:
        parts.append(_more(connection))
        left -= len(parts[-1])
    headers = {
        "x-amzn-requestid": request_id.decode(),
        "content-type": "application/x-amz-json-1.0",
        "content-length": str(size),
    }
    return status, headers, b"".join(parts)


def _more(connection: socket.socket) -> bytes:
    if not (data := connection.recv(CHUNK)):
        raise ConnectionResetError("the embedded AWS has gone")
    return data
