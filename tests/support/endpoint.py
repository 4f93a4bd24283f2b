"""A GraphQL endpoint on a real port: checks signatures as the twin does, executes, remembers."""

import json
import os
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

from graphql import GraphQLError, build_schema, execute_sync, parse, validate

from local.appsync.auth.call import Call, Sent
from local.appsync.auth.iam import Iam, RoleKeys
from local.appsync.auth.identity import Policy
from local.appsync.errors import Refusal

KEYS = RoleKeys(
    access_key="ASIAENDPOINT00000000",
    secret_key="secret",  # noqa: S106 - made up
    session_token="session",  # noqa: S106 - made up
    account="111122223333",
    role="publisher",
    role_id="AROAENDPOINT000000000",
    session="stream",
    policy=Policy(("Mutation.publish*",)),
)
VARIABLES = {
    "AWS_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": KEYS.access_key,
    "AWS_SECRET_ACCESS_KEY": KEYS.secret_key,
    "AWS_SESSION_TOKEN": KEYS.session_token,
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}
Json = dict[str, Any]
Resolvers = Mapping[str, Callable[..., Any]]
DROP = -1  # a status: close the connection without a word
HANG = -2  # a status: say nothing until the endpoint is closed


class RefusedField(Exception):
    """What a resolver raises: an errorType and a message."""

    def __init__(self, kind: str, message: str = "refused") -> None:
        super().__init__(message)
        self.kind = kind


class Endpoint:
    """What came, what was published, and what to answer next instead of executing."""

    def __init__(self, sdl: str, resolvers: Resolvers) -> None:
        """`resolvers` answer the mutations, by field; what they give is published."""
        self.requests: list[Json] = []
        self.connections = 0
        self.published: list[Any] = []
        self.next: deque[int | tuple[int, bytes]] = deque()
        self.closed = Event()
        self.url = ""
        self._schema = build_schema(sdl, assume_valid_sdl=True)
        self._resolvers = resolvers
        self._iam = Iam([KEYS], VARIABLES["AWS_REGION"])

    def answer(self, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        """Answer as AppSync would, or as told."""
        self.requests.append(json.loads(body))
        if self.next:
            told = self.next.popleft()
            return told if isinstance(told, tuple) else (told, b'{"errors": []}')
        call = Call(headers, sent=Sent(body=body))
        try:
            self._iam.check(headers.get("authorization", ""), call, time.time())
        except Refusal as refusal:
            return refusal.status, json.dumps(refusal.body).encode()
        return 200, json.dumps(self._execute(self.requests[-1])).encode()

    def _execute(self, request: Json) -> Json:
        document = parse(request["query"])
        assert not validate(self._schema, document)
        result = execute_sync(
            self._schema,
            document,
            variable_values=request["variables"],
            field_resolver=self._resolve,
        )
        errors = [_entry(error) for error in result.errors or ()]
        return {"data": result.data} | ({"errors": errors} if errors else {})

    def _resolve(self, parent: Any, info: Any, **arguments: Any) -> Any:
        if info.parent_type.name != "Mutation":
            return parent.get(info.field_name)
        value = self._resolvers[info.field_name](**arguments)
        self.published.append(value)
        return value


def _entry(error: GraphQLError) -> Json:
    cause = error.original_error
    kind = cause.kind if isinstance(cause, RefusedField) else None
    return {"path": error.path, "errorType": kind, "message": error.message}


@contextmanager
def serving(endpoint: Endpoint) -> Iterator[Endpoint]:
    """Serve an endpoint on a free port of this machine for a while."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def setup(self) -> None:
            endpoint.connections += 1
            super().setup()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            status, content = endpoint.answer(
                {name.lower(): value for name, value in self.headers.items()}, body
            )
            if status < 0:
                if status == HANG:
                    endpoint.closed.wait(30)
                self.close_connection = True
                return
            self.send_response(status)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    endpoint.url = f"http://127.0.0.1:{server.server_port}/graphql"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield endpoint
    finally:
        endpoint.closed.set()
        server.shutdown()
        server.server_close()
        thread.join()
