"""Python's gql, told what to do and telling what it sees as the scripts beside it (lines.mjs)."""

import asyncio
import json
import logging
import sys
from collections.abc import Callable
from typing import Any

from botocore.credentials import Credentials
from gql import Client, GraphQLRequest
from gql.transport.aiohttp import AIOHTTPTransport
from gql.transport.appsync_auth import (
    AppSyncApiKeyAuthentication,
    AppSyncAuthentication,
    AppSyncIAMAuthentication,
    AppSyncJWTAuthentication,
)
from gql.transport.appsync_websockets import AppSyncWebsocketsTransport
from gql.transport.websockets import WebsocketsTransport

Message = dict[str, Any]
Transport = AIOHTTPTransport | AppSyncWebsocketsTransport | WebsocketsTransport
Connect = Callable[[str, Message], Transport]
# Its standard base64 has a plus sign and a slash, which gql leaves as they are in the query.
HOST = "127.0.0.1?o>~~~???"


def say(event: str, **rest: Any) -> None:
    """Tell the test something."""
    sys.stdout.write(json.dumps({"event": event, **rest}) + "\n")
    sys.stdout.flush()


class Frames(logging.Handler):
    """gql's own log of what it receives."""

    def emit(self, record: logging.LogRecord) -> None:
        if record.msg == "<<< %s":
            say("frame", **json.loads(str(record.args[0])))  # type: ignore[index]


def signed_by(caller: Message, host: str) -> AppSyncAuthentication:
    if caller["mode"] == "apiKey":
        return AppSyncApiKeyAuthentication(HOST, caller["apiKey"])
    if caller["mode"] == "iam":
        keys = caller["credentials"]
        credentials = Credentials(
            keys["accessKeyId"], keys["secretAccessKey"], keys["sessionToken"]
        )
        return AppSyncIAMAuthentication(host, caller["region"], credentials=credentials)
    return AppSyncJWTAuthentication(HOST, caller["token"])


def appsync(url: str, caller: Message) -> Transport:
    return AppSyncWebsocketsTransport(url, auth=signed_by(caller, host_of(url)))


def appsync_http(url: str, caller: Message) -> Transport:
    host = host_of(url)
    return AIOHTTPTransport(f"http://{host}/graphql", auth=signed_by(caller, host))


def host_of(url: str) -> str:
    return url.removeprefix("ws://").partition("/")[0]


def graphql_ws(url: str, caller: Message) -> Transport:
    if caller["mode"] == "apiKey":
        return WebsocketsTransport(url, init_payload={"x-api-key": caller["apiKey"]})
    return WebsocketsTransport(url, init_payload={"authorization": caller["token"]})


# What subscribes, and what asks.
KINDS: dict[str, tuple[Connect, Connect]] = {
    "appsync": (appsync, appsync_http),
    "graphql_ws": (graphql_ws, graphql_ws),
}


class Commands:
    """What the test can have done."""

    def __init__(self, url: str, connect: Connect, connect_to_ask: Connect) -> None:
        self._url = url
        self._connect = {"subscribe": connect, "ask": connect_to_ask}
        self._sessions: dict[tuple[Connect, str], Any] = {}
        self._running: dict[str, asyncio.Task[None]] = {}
        self._connecting = asyncio.Lock()

    def take(self, message: Message) -> None:
        """Begin to do what a line says."""
        name, command = message["name"], message["command"]
        if command == "unsubscribe":
            self._running[name].cancel()
            return
        action = {"subscribe": self._subscribe, "ask": self._ask}[command]
        self._running[name] = asyncio.create_task(self._told(name, action(message)))

    async def _told(self, name: str, action: Any) -> None:
        try:
            await action
        except Exception as error:
            say("error", name=name, message=f"{error} {error.__cause__ or ''}")

    async def _subscribe(self, message: Message) -> None:
        session = await self._session(message)
        request = GraphQLRequest(message["query"], variable_values=message["variables"])
        events = session.subscribe(request)
        try:
            async for data in events:
                say("data", name=message["name"], data=data)
            say("complete", name=message["name"])
        finally:
            await events.aclose()

    async def _ask(self, message: Message) -> None:
        session = await self._session(message)
        request = GraphQLRequest(message["query"], variable_values=message["variables"])
        say("answer", data=await session.execute(request))

    async def _session(self, message: Message) -> Any:
        connect, caller = self._connect[message["command"]], message["caller"]
        key = connect, json.dumps(caller)
        async with self._connecting:
            if key not in self._sessions:
                client = Client(transport=connect(self._url, caller))
                connecting = client.connect_async()  # type: ignore[no-untyped-call]
                self._sessions[key] = await connecting
            return self._sessions[key]


async def main(kind: str, url: str) -> None:
    """Do what standard input says."""
    connect, connect_to_ask = KINDS[kind]
    commands = Commands(url, connect, connect_to_ask)
    reader = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(reader)
    await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, sys.stdin)
    while line := await reader.readline():
        commands.take(json.loads(line))


if __name__ == "__main__":
    log = logging.getLogger("gql.transport.common.base")
    log.setLevel(logging.DEBUG)
    log.propagate = False
    log.addHandler(Frames())
    asyncio.run(main(*sys.argv[1:]))
