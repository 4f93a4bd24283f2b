"""From a device's MQTT client to a frontend's GraphQL client, neither of which is ours."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from gql import Client, GraphQLRequest
from gql.client import AsyncClientSession
from gql.transport.appsync_auth import AppSyncApiKeyAuthentication, AppSyncJWTAuthentication
from gql.transport.appsync_websockets import AppSyncWebsocketsTransport
from paho.mqtt.client import Client as Device
from paho.mqtt.enums import CallbackAPIVersion

from local.credentials import device_token
from tests.graphql.people import sign_in
from tests.support.twin import RunningTwin, running

DEVICE, OTHER = "gauge-1", "gauge-2"
REGISTER = "mutation($input: DeviceInput!) { registerDevice(input: $input) { id } }"
RULE = "mutation($input: AlertRuleInput!) { setAlertRule(input: $input) { id } }"
READINGS = """query($after: String, $next: String) {
  readings(deviceId: "gauge-1", after: $after, nextToken: $next, limit: 7) {
    items { id cursor } nextToken
  }
}"""
ON_READING = """subscription($filter: ReadingFilter) {
  onReading(filter: $filter) { id deviceId metric value unit at cursor }
}"""
ON_ALERT = "subscription { onAlert { deviceId metric value severity } }"


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningTwin]:
    with gauged("--data", str(tmp_path_factory.mktemp("data"))) as started:
        yield started


@contextmanager
def gauged(*arguments: str) -> Iterator[RunningTwin]:
    """Run a twin that knows two devices; the first has a rule."""
    with running("--mqtt-port", "0", *arguments) as started:
        otto = sign_in(started, "otto", "idToken")
        for name in (DEVICE, OTHER):
            otto.ask(REGISTER, input={"id": name, "model": "twinberry-p1", "name": name})
        rule = {"deviceId": DEVICE, "metric": "pressure", "above": 9, "severity": "CRITICAL"}
        otto.ask(RULE, input=rule)
        yield started


@pytest.fixture(scope="module")
def mqtt_port(twin: RunningTwin) -> int:
    return port_of(twin)


def port_of(twin: RunningTwin) -> int:
    return int(twin.client.get("/health").json()["mqtt"])


def message(id: str, value: float = 1.0) -> bytes:
    reading = {"id": id, "metric": "pressure", "value": value, "unit": "hPa"}
    return json.dumps({**reading, "at": "2026-11-21T08:00:00Z"}).encode()


def send(port: int, name: str, *messages: bytes) -> None:
    """Send, and wait until all is acknowledged."""
    device = Device(CallbackAPIVersion.VERSION2, client_id=name)
    device.username_pw_set(name, device_token(name))
    device.connect("127.0.0.1", port)
    device.loop_start()
    for each in [device.publish(f"devices/{name}/readings", one, qos=1) for one in messages]:
        each.wait_for_publish(20)
    device.disconnect()
    device.loop_stop()


@asynccontextmanager
async def listening(
    twin: RunningTwin, token: str | None = None
) -> AsyncIterator[AsyncClientSession]:
    host = httpx.URL(twin.url).netloc.decode()
    auth: Any = (
        AppSyncJWTAuthentication(host, token)
        if token
        else AppSyncApiKeyAuthentication(host, twin.key)
    )
    transport = AppSyncWebsocketsTransport(f"ws://{host}/graphql/realtime", auth=auth)
    async with Client(transport=transport) as session:
        yield session


async def subscribed(twin: RunningTwin, field: str, count: int) -> None:
    """Wait until so many subscriptions are there: gql does not tell of its acknowledgement."""
    async with asyncio.timeout(10):
        while True:
            told = await asyncio.to_thread(twin.client.get, "/local/subscriptions")
            if told.json()["subscriptions"].get(field, 0) >= count:
                return


def test_reading_and_alert_reach_their_subscribers(twin: RunningTwin, mqtt_port: int) -> None:
    async def listen() -> tuple[dict[str, Any], dict[str, Any]]:
        token = sign_in(twin, "alice").token
        above = {"filter": {"deviceId": {"eq": DEVICE}, "value": {"gt": 5}}}
        async with listening(twin) as readings, listening(twin, token) as alerts:
            reading = readings.subscribe(GraphQLRequest(ON_READING, variable_values=above))
            alert = alerts.subscribe(GraphQLRequest(ON_ALERT))
            async with aclosing(reading), aclosing(alert), asyncio.timeout(30):
                both = asyncio.gather(anext(reading), anext(alert))
                await subscribed(twin, "onReading", 1)
                await subscribed(twin, "onAlert", 1)
                await asyncio.to_thread(send, mqtt_port, OTHER, message("other", 9))
                await asyncio.to_thread(
                    send, mqtt_port, DEVICE, message("low"), message("high", 10)
                )
                return await both

    reading, alert = asyncio.run(listen())
    told = reading["onReading"]
    assert (told["id"], told["deviceId"], told["value"]) == ("high", DEVICE, 10)
    wanted = {"deviceId": DEVICE, "metric": "pressure", "value": 10, "severity": "CRITICAL"}
    assert alert == {"onAlert": wanted}


def test_where_only_what_is_watched_is_published_the_rest_is_not(tmp_path: Path) -> None:
    async def listen(twin: RunningTwin, port: int) -> tuple[dict[str, Any], dict[str, Any]]:
        token = sign_in(twin, "alice").token
        async with listening(twin) as readings, listening(twin, token) as alerts:
            reading = readings.subscribe(GraphQLRequest(ON_READING))
            alert = alerts.subscribe(GraphQLRequest(ON_ALERT))
            async with aclosing(reading), aclosing(alert), asyncio.timeout(30):
                first = asyncio.ensure_future(anext(reading))
                alarm = asyncio.ensure_future(anext(alert))
                await subscribed(twin, "onReading", 1)
                await subscribed(twin, "onAlert", 1)
                await asyncio.to_thread(send, port, DEVICE, message("unseen", 10))
                told = await alarm  # which is published behind its reading, if that is at all
                await asyncio.to_thread(send, port, OTHER, message("seen"))
                return told, await first

    with gauged("--data", str(tmp_path), "--publish", "watched") as twin:
        twin.ask("mutation($id: ID) { watchDevice(id: $id) { expiresAt } }", id=OTHER)
        alert, reading = asyncio.run(listen(twin, port_of(twin)))
        stored = sign_in(twin, "alice").ask(READINGS)["items"]
    assert alert["onAlert"]["deviceId"] == DEVICE
    assert reading["onReading"]["id"] == "seen"
    assert [each["id"] for each in stored] == ["unseen"]


def test_what_is_missed_while_away_comes_back_by_its_cursor(
    twin: RunningTwin, mqtt_port: int
) -> None:
    ids = [f"m-{number:03}" for number in range(60)]
    only = {"filter": {"deviceId": {"eq": DEVICE}}}

    async def listen(seen: list[Any], until: int) -> None:
        """Listen until so much is seen, and cut the connection."""
        async with listening(twin) as session:
            events = session.subscribe(GraphQLRequest(ON_READING, variable_values=only))
            async with aclosing(events), asyncio.timeout(30):
                while len(seen) < until:
                    seen.append((await anext(events))["onReading"])

    async def run() -> list[Any]:
        seen: list[Any] = []
        first = asyncio.create_task(listen(seen, 20))
        await subscribed(twin, "onReading", 1)
        messages = [message(id) for id in ids]
        await asyncio.to_thread(send, mqtt_port, DEVICE, *messages, *messages[:10])
        await first
        return seen

    seen = asyncio.run(run())
    while len(seen) < len(ids):
        seen += missed(twin, seen[-1]["cursor"])
    assert [each["id"] for each in seen] == ids
    cursors = [each["cursor"] for each in seen]
    assert cursors == sorted(set(cursors))


def missed(twin: RunningTwin, after: str) -> list[Any]:
    """Give what came behind a cursor, page by page."""
    alice, found, token = sign_in(twin, "alice"), [], None
    while True:
        page = alice.ask(READINGS, after=after, next=token)
        found += page["items"]
        token = page["nextToken"]
        if token is None:
            return found
