"""Devices made known to the twin before they send: it sets aside what unknown ones say."""

import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

OPERATOR = "otto"
REGISTER = """mutation Register($input: DeviceInput!) { registerDevice(input: $input) { id } }"""
WATCH = """mutation Watch($input: AlertRuleInput!) { setAlertRule(input: $input) { id } }"""
RULE = {"metric": "temperature", "above": 22.0, "severity": "WARNING"}  # now and then, an alert
MODEL = "simulator"


class NotRegistered(Exception):
    """The twin does not take the devices; str() is one clear sentence."""


def mqtt_port(url: str) -> int:
    """Ask the twin for the port that devices connect to. Raises NotRegistered."""
    with _connected(url) as connection:
        connection.request("GET", "/health")
        port: int | None = json.loads(connection.getresponse().read())["mqtt"]
    if port is None:
        raise NotRegistered(f"The twin at {url} keeps devices out: it was told --mqtt-port off.")
    return port


def register(url: str, names: list[str]) -> int:
    """Register devices, each with an alert rule; gives how many. Raises NotRegistered."""
    with _connected(url) as connection:
        token = _post(connection, "/local/token", {"user": OPERATOR}, {})["idToken"]
        return sum(_register(connection, token, name) for name in names)


@contextmanager
def _connected(url: str) -> Iterator[http.client.HTTPConnection]:
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname or "localhost", address.port)
    try:
        yield connection
    except (OSError, http.client.HTTPException, KeyError, ValueError) as error:
        raise NotRegistered(f"No twin at {url}: {error or type(error).__name__}.") from None
    finally:
        connection.close()


def _register(connection: http.client.HTTPConnection, token: str, name: str) -> bool:
    device = {"id": name, "model": MODEL, "name": name.replace("-", " ").capitalize()}
    for query, given in ((REGISTER, device), (WATCH, {"deviceId": name, **RULE})):
        body = {"query": query, "variables": {"input": given}}
        answer = _post(connection, "/graphql", body, {"authorization": token})
        if errors := answer.get("errors"):
            if errors[0].get("errorType") == "Conflict":  # it is there already, as somebody made it
                return False
            raise NotRegistered(f"{name} is not taken: {errors[0]['message']}")
    return True


def _post(
    connection: http.client.HTTPConnection, path: str, body: Any, headers: dict[str, str]
) -> dict[str, Any]:
    connection.request("POST", path, json.dumps(body), headers)
    answer: dict[str, Any] = json.loads(connection.getresponse().read())
    return answer
