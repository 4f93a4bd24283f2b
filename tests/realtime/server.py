"""A small API served over real sockets from a thread of this process, and a raw client."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import uvloop
from starlette.applications import Starlette
from starlette.routing import Route as Page
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from local.appsync.fields import Limits
from local.appsync.route import Route
from local.appsync.service import AppSync
from local.contract import read_contract
from local.endpoint import GraphQLEndpoint
from local.http_server import HttpServer
from local.realtime.broker import Broker, heard_by
from local.realtime.service import Realtime
from local.realtime.sessions import sockets
from local.realtime.socket import Timing
from local.realtime.subscriptions import Subscriptions
from resolvers.shared.local_resolvers import Condition, Identity, Own, Subscription
from tests.support import sockets as sockets_of
from tests.support.sockets import Client
from tests.unit.appsync.credentials import ID_CLAIMS, KEY, NOW, authenticator, token

SDL = """
type Query @aws_api_key @aws_cognito_user_pools { books: [Book] }
type Mutation @aws_api_key @aws_cognito_user_pools {
  putBook(id: ID!, title: String, price: Float, owner: ID, inner: String, secret: String): Book
  dropBook(id: ID!): Book!
  putBooks(ids: [ID!]!): [Book]
  putWork(id: ID!): Work
}
type Subscription @aws_api_key @aws_cognito_user_pools {
  onBook(id: ID, title: String, price: Float): Book
    @aws_subscribe(mutations: ["putBook", "dropBook"])
  onBooks: [Book] @aws_subscribe(mutations: ["putBooks"])
  onWork: Work @aws_subscribe(mutations: ["putWork"])
  onSecretBook: Book @aws_subscribe(mutations: ["putBook"]) @aws_cognito_user_pools
  onEditedBook: Book
    @aws_subscribe(mutations: ["putBook"]) @aws_cognito_user_pools(cognito_groups: ["editor"])
  onOwnBook(owner: ID): Book @aws_subscribe(mutations: ["putBook"]) @aws_cognito_user_pools
}
type Book @aws_api_key @aws_cognito_user_pools {
  id: ID!
  title: String
  price: Float
  owner: ID
  required: String!
  inner: Inner
  notes: String
  secret: String @aws_cognito_user_pools
}
interface Work { id: ID! }
type Essay implements Work @aws_api_key @aws_cognito_user_pools { id: ID! }
type Inner @aws_api_key @aws_cognito_user_pools { text: String! json: AWSJSON }
"""
ROUTES = {
    "Query.books": Route("books", 0),
    "Mutation.putBook": Route("put", 0),
    "Mutation.putBooks": Route("puts", 0),
    "Mutation.putWork": Route("work", 0),
    "Mutation.dropBook": Route("drop", 0),
    "Book.notes": Route("notes", 50),
}
OWN = Subscription(
    "shelf",
    "onOwnBook",
    (Own("owner"),),
    invalidation=(Condition("userId", "eq", Identity("sub")),),
)
USER = ID_CLAIMS["sub"]
UPGRADE = (
    "GET /graphql HTTP/1.1\r\nhost: twin\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
    "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: 13\r\n"
    f"sec-websocket-protocol: graphql-ws\r\nx-api-key: {KEY}\r\n\r\n"
).encode()
TITLES = {"large": "x" * 200_000, "too large": "x" * 240 * 1024}


def functions(name: str, event: Any) -> Any:
    """Answer as the made-up functions do."""
    if name == "notes":
        return [{"data": f"notes on {each['source']['id']}"} for each in event]
    given = event["arguments"]
    if name == "put":
        inner = given.get("inner")
        title = TITLES.get(given.get("title"), given.get("title"))
        return {
            **given,
            "title": title,
            "required": "there",
            "inner": None if inner is None else {"text": inner, "json": '{"a": 1}'},
        }
    if name == "work":
        return {"__typename": "Essay", **given}
    if name == "puts":
        return [{"id": id} for id in given["ids"]]
    return {"id": given["id"]} if name == "drop" and given["id"] != "none" else None


class Server:
    """The API; its clock is moved by hand."""

    def __init__(self, timing: Timing | None = None, patience: float = 30) -> None:
        self.now = NOW
        self.logged: list[str] = []
        self.notes_asked = 0
        self._timing = timing
        self._patience = patience
        self._listener = socket.create_server(("127.0.0.1", 0))
        # Its connections have it from here: the system shall keep little of what is not read.
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65_536)
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.http = httpx.Client(base_url=f"http://{self.address}")
        self.broker: Broker
        self.invoked = threading.Event()
        self.gate = asyncio.Event()  # no function answers while it is not set
        self.gate.set()
        self._up = threading.Event()
        self._thread = threading.Thread(target=lambda: uvloop.run(self._serve()))

    def start(self) -> None:
        self._thread.start()
        assert self._up.wait(10)

    def finish(self) -> None:
        """Begin to end, if it has not."""
        if not self._server.should_exit:
            self._server.finish()

    def stop(self) -> None:
        self.finish()
        self._thread.join(10)
        assert not self._thread.is_alive(), "something holds up the end"
        self.http.close()

    def post(self, query: str, user: str | None = None) -> dict[str, Any]:
        headers = {"authorization": person(user)} if user else {"x-api-key": KEY}
        answer: dict[str, Any] = self.http.post(
            "/graphql", json={"query": query}, headers=headers
        ).json()
        return answer

    def run(self, action: Any) -> Any:
        """Run a function in the server's own thread; gives its result."""

        async def call() -> Any:
            return action()

        return asyncio.run_coroutine_threadsafe(call(), self._loop).result(10)

    def await_counts(self, wanted: dict[str, int]) -> None:
        """Wait until there are as many subscriptions of each field."""
        give_up = time.monotonic() + 10
        while (counted := self.run(self.broker.counts)) != wanted:
            assert time.monotonic() < give_up, counted

    async def _invoke(self, function: str, event: bytes) -> tuple[bytes, bool]:
        self.notes_asked += function == "notes"
        self.invoked.set()
        await self.gate.wait()
        return json.dumps(functions(function, json.loads(event))).encode(), False

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        contract = read_contract(SDL)
        self.broker = Broker(heard_by(contract), self.logged.append)
        api = AppSync(
            contract,
            ROUTES,
            self._invoke,
            authenticator(clock=lambda: self.now),
            Limits(30, 100, 20),
            completed=self.broker.completed,
        )
        ready = asyncio.Event()
        ready.set()
        subscriptions = Subscriptions(api, {OWN.field_name: OWN})
        realtime = Realtime(api, subscriptions, self.broker, api.answer, ready.wait)
        endpoint = GraphQLEndpoint(api.answer, self._patience)
        page = Page("/graphql", endpoint, methods=["GET", "POST"])
        served = Starlette(routes=[page])
        self._server = HttpServer(served, HttpToolsProtocol, sockets(realtime, self._timing))
        self._up.set()
        await self._server.serve([self._listener])


@contextmanager
def serving(timing: Timing | None = None, patience: float = 30) -> Iterator[Server]:
    """Serve; a body has `patience` seconds to arrive."""
    server = Server(timing, patience)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def raw(server: Server, sent: bytes) -> Iterator[socket.socket]:
    """Connect without a client's help, and with so small a buffer that what is unread piles up."""
    host, port = server.address.split(":")
    with socket.socket() as client:
        client.settimeout(10)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.connect((host, int(port)))
        client.sendall(sent)
        yield client


@contextmanager
def broken(server: Server) -> Iterator[None]:
    """Have something of ours fail whenever a token is looked at: the clock tells no time."""
    before, server.now = server.now, None  # type: ignore[assignment]
    try:
        yield
    finally:
        server.now = before


def person(name: str, **claims: Any) -> str:
    """Give a token; everybody is the same user unless a claim says otherwise."""
    return token(ID_CLAIMS, **{"cognito:username": name, **claims})


def by_key(server: Server) -> dict[str, str]:
    return {"host": server.address, "x-api-key": KEY}


@contextmanager
def open_socket(server: Server, *subprotocols: str, **options: Any) -> Iterator[Client]:
    with sockets_of.open_socket(
        server.address, *subprotocols, credentials=by_key(server), **options
    ) as client:
        yield client


@contextmanager
def connected(server: Server, **options: Any) -> Iterator[Client]:
    with sockets_of.connected(server.address, by_key(server), **options) as client:
        yield client
