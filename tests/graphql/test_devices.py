"""Devices, as their dashboards ask for them."""

import hashlib

from tests.graphql.people import sign_in
from tests.support.twin import RunningTwin

DEVICES = """query ($limit: Int, $nextToken: String) {
  devices(limit: $limit, nextToken: $nextToken) {
    items {
      id alertRules { metric above below severity } lastReading { value } readings(limit: 2) { id }
    }
    nextToken
  }
}"""
READINGS = """query ($after: String, $limit: Int, $nextToken: String) {
  readings(deviceId: "pump-1", after: $after, limit: $limit, nextToken: $nextToken) {
    items { id value unit at cursor } nextToken
  }
}"""
STRETCH = """{
  readings(deviceId: "fan-1", from: "2026-01-01T12:01:00Z", to: "2026-01-01T12:01:00Z") {
    items { id }
  }
}"""
REGISTER = (
    "mutation ($input: DeviceInput!) { registerDevice(input: $input) { id firmwareVersion } }"
)
RULE = "mutation ($input: AlertRuleInput!) { setAlertRule(input: $input) { alertRules { above } } }"
FIRMWARE = '{ firmware(model: "twinberry-p1") { version url sha256 size } }'


def test_list_holds_rules_and_readings_of_each_device(twin: RunningTwin) -> None:
    alice = sign_in(twin, "alice")
    first = alice.ask(DEVICES, limit=2)
    second = alice.ask(DEVICES, limit=2, nextToken=first["nextToken"])

    assert [device["id"] for device in first["items"]] == ["fan-1", "freezer-1"]
    freezer = first["items"][1]
    assert freezer["alertRules"] == [
        {"metric": "temperature", "above": -15, "below": -40, "severity": "CRITICAL"}
    ]
    assert freezer["lastReading"] == {"value": -20.75}
    assert freezer["readings"] == [{"id": "freezer-1-3"}, {"id": "freezer-1-2"}]
    assert second["items"][0]["lastReading"] is None


def test_what_came_behind_a_cursor_comes_back_in_order(twin: RunningTwin) -> None:
    alice = sign_in(twin, "alice")
    seen = alice.ask(READINGS, limit=1)["items"][0]
    behind = alice.ask(READINGS, after=seen["cursor"], limit=2)
    rest = alice.ask(READINGS, after=seen["cursor"], limit=2, nextToken=behind["nextToken"])

    ids = [reading["id"] for reading in [*behind["items"], *rest["items"]]]
    assert ids == ["pump-1-2", "pump-1-3", "pump-1-4"]
    assert rest["nextToken"] is None
    assert alice.ask(STRETCH)["items"] == [{"id": "fan-1-2"}]
    assert alice.refused(READINGS, after="yesterday")["errorType"] == "Invalid"


def test_operators_register_devices_and_set_rules(twin: RunningTwin) -> None:
    otto, alice = sign_in(twin, "otto"), sign_in(twin, "alice")
    device = {"id": "valve-1", "model": "twinberry-v1", "name": "Valve"}
    rule = {"deviceId": "valve-1", "metric": "pressure", "above": 1100, "severity": "WARNING"}

    assert otto.ask(REGISTER, input=device) == otto.ask(REGISTER, input=device)
    assert otto.refused(REGISTER, input={**device, "name": "Tap"})["errorType"] == "Conflict"
    assert otto.ask(RULE, input=rule) == {"alertRules": [{"above": 1100}]}
    assert otto.ask(RULE, input={**rule, "above": None}) == {"alertRules": []}
    assert alice.refused(REGISTER, input=device)["errorType"] == "Unauthorized"


def test_firmware_is_fetched_by_its_url_and_no_other(twin: RunningTwin) -> None:
    found = sign_in(twin, "alice").ask(FIRMWARE)
    fetched = twin.client.get(found["url"])

    assert fetched.status_code == 200
    assert hashlib.sha256(fetched.content).hexdigest() == found["sha256"]
    assert len(fetched.content) == found["size"]
    assert twin.client.get(found["url"].partition("?")[0]).status_code == 403
