"""How requests reach MiniStack: by HTTP, or DynamoDB's by the lane of docs/adr/0010.

Run beside ministack_host.py, in its process.
"""

import asyncio
import importlib
import os
import re
import shutil
import struct
import tempfile
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

# Calls that leave nothing to save. A message received is one until it is deleted: after a crash it
# is delivered again, as SQS allows. Polling must not keep a laptop's disk busy.
READ = re.compile(
    r"(DynamoDB|DynamoDBStreams|Kinesis|AmazonSQS)(_\d+)?"
    r"\.(BatchGet|Describe|Get|List|Query|Receive|Scan|TransactGet)"
)
# The frames of the lane, as local/cloud/lane.py has them.
SIZE = struct.Struct("!I")
ANSWER = struct.Struct("!IH36s")
ELSEWHERE = 0  # a status: nothing was done, ask by HTTP
BROKEN = 500


class Gateway:
    """MiniStack's ASGI app with short ways to two services; notes what may change the state."""

    def __init__(self, ministack: Any, state: Any, *, lane: bool) -> None:
        """`state` is the host's; with `lane` the short ways are open."""
        self._app = ministack.app
        self._state = state
        self._resetting = ministack._get_reset_lock()
        names = ("DynamoDB", "Kinesis") if lane else ()
        self._lanes = {name: ministack._get_module(name.lower()) for name in names}
        self._router = importlib.import_module("ministack.core.router")
        self._request = importlib.import_module("ministack.core.responses")

    async def __call__(self, scope: Mapping[str, Any], receive: Any, send: Any) -> None:
        """Answer one request."""
        headers = {key.decode("latin-1"): text.decode("latin-1") for key, text in scope["headers"]}
        target = headers.get("x-amz-target", "")
        streamed = target.endswith("SubscribeToShard") or "content-encoding" in headers
        service = None if streamed else self._lanes.get(target.partition("_")[0])
        try:
            if service and not self._resetting.locked():
                await self._ask(service, headers, receive, send)
            else:
                await self._app(scope, receive, send)
        finally:
            if not is_read(scope, target):
                self._state.changed()

    async def _ask(self, service: Any, headers: dict[str, str], receive: Any, send: Any) -> None:
        # MiniStack looks for other services on the way: 100 µs, where to read an item takes 20.
        body = await read(receive)
        key, region = (
            self._router.extract_access_key_id(headers),
            self._router.extract_region(headers),
        )
        self._enter(key, region)
        status, fields, answer = await service.handle_request("POST", "/", headers, body, {})
        content = answer if isinstance(answer, bytes) else answer.encode()
        fields |= {"x-amzn-requestid": str(uuid4()), "content-length": str(len(content))}
        raw = [(name.lower().encode(), value.encode()) for name, value in fields.items()]
        await send({"type": "http.response.start", "status": status, "headers": raw})
        await send({"type": "http.response.body", "body": content})

    def answer(self, target: str, access_key: str, region: str, body: bytes) -> tuple[int, bytes]:
        """Answer a call of DynamoDB at once; gives a status and JSON."""
        if self._resetting.locked():
            return ELSEWHERE, b""
        self._enter(access_key, region)
        headers = {"x-amz-target": target}
        try:
            made = self._lanes["DynamoDB"].handle_request("POST", "/", headers, body, {})
            status, _, answer = at_once(made)
        except Exception:  # as uvicorn, for a request by HTTP
            traceback.print_exc()
            return BROKEN, b""
        finally:
            if not READ.match(target):
                self._state.changed()
        return status, answer if isinstance(answer, bytes) else answer.encode()

    def _enter(self, access_key: str, region: str) -> None:
        self._request.set_request_account_id(access_key)
        self._request.set_request_region(region)


def at_once(coroutine: Any) -> Any:
    """Give the result of a coroutine that waits for nothing."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        return end.value
    coroutine.close()
    raise RuntimeError("MiniStack's DynamoDB waits for something")


def is_read(scope: Mapping[str, Any], target: str) -> bool:
    """Tell whether a request surely changed nothing that is saved."""
    if target:
        return READ.match(target) is not None
    return scope["method"] in {"GET", "HEAD", "OPTIONS"} and b"Action=" not in scope["query_string"]


async def read(receive: Any) -> bytes:
    """Read the body of a request."""
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


class Lane(asyncio.Protocol):
    """One connection of the lane: a call in, its answer out, in turn."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._received = bytearray()
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Answer what has come in whole."""
        self._received += data
        while len(self._received) >= SIZE.size:
            (size,) = SIZE.unpack_from(self._received)
            end = SIZE.size + size
            if len(self._received) < end:
                return
            call = bytes(self._received[SIZE.size : end])
            del self._received[:end]
            self._answer(call)

    def _answer(self, call: bytes) -> None:
        head, _, body = call.partition(b"\n")
        target, key, region = head.decode().split("\0")
        status, answer = self._gateway.answer(target, key, region, body)
        request_id = str(uuid4()).encode()
        self._transport.write(ANSWER.pack(len(answer), status, request_id) + answer)


async def open_lane(gateway: Gateway) -> Path | None:
    """Listen on a socket for this user alone; gives its path, or None if there are no such sockets.

    Its folder is a temporary one: the path of a socket is 104 bytes long at most.
    """
    try:
        path = Path(tempfile.mkdtemp(prefix="twinberry-")) / "lane"
    except OSError:  # HTTP does it all
        return None
    try:
        await asyncio.get_running_loop().create_unix_server(lambda: Lane(gateway), os.fspath(path))
    except OSError:
        close_lane(path)
        return None
    path.chmod(0o600)
    return path


def close_lane(path: Path) -> None:
    """Remove the socket and its folder."""
    shutil.rmtree(path.parent, ignore_errors=True)
