"""The devices' fields, through the real handler."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resolvers.devices import releases, service, store
from resolvers.devices.fields import handler
from resolvers.devices.model import CURSOR_DIGITS
from resolvers.shared.errors import Conflict, Invalid, NotFound
from tests.unit.calls import USER, batch, counted, event, invoke

Json = dict[str, Any]
SEEDS = Path(__file__).parents[3] / "local" / "seeds" / "devices.json"


def ask(field: str, **arguments: Any) -> Any:
    return invoke(handler, event(f"Query.{field}", arguments, identity=USER))


def order(field: str, **arguments: Any) -> Any:
    return invoke(handler, event(f"Mutation.{field}", arguments, identity=USER))


def register(id: str = "pump", **given: str) -> Json:
    whole = {"id": id, "model": "m1", "name": "Pump"} | given
    device: Json = order("registerDevice", input=whole)
    return device


def rule(**given: Any) -> Json:
    whole = {"deviceId": "pump", "metric": "temperature", "severity": "WARNING"} | given
    device: Json = order("setAlertRule", input=whole)
    return device


def measured(device: str, *minutes: int, start: int = 1) -> None:
    """Store readings in the order of coming, taken at minutes past noon."""
    store.seed(
        {
            "devices": [],
            "readings": [
                {
                    "id": f"m-{start + n}",
                    "deviceId": device,
                    "metric": "temperature",
                    "value": 20 + n,
                    "at": f"2026-01-01T12:{minute:02d}:00.000Z",
                    "cursor": cursor(start + n),
                }
                for n, minute in enumerate(minutes)
            ],
        }
    )


def cursor(number: int) -> str:
    return str(number).zfill(CURSOR_DIGITS)


def ids(page: Json) -> list[str]:
    return [item["id"] for item in page["items"]]


def test_device_is_registered_once_however_often_it_is_tried() -> None:
    first = register()

    assert register() == first == ask("device", id="pump")
    assert first["alertRules"] == []
    with pytest.raises(Conflict):
        register(name="Another")


@pytest.mark.parametrize("id", ["", "a/b", "a#", "+", "x" * 129, "ü"])
def test_device_whose_id_is_no_level_of_a_topic_is_refused(id: str) -> None:
    with pytest.raises(Invalid, match=r"^input\.id: "):
        register(id)


def test_devices_come_in_pages_by_id() -> None:
    for id in ("c", "a", "b"):
        register(id)

    first = ask("devices", limit=2)
    second = ask("devices", limit=2, nextToken=first["nextToken"])

    assert (ids(first), ids(second), second["nextToken"]) == (["a", "b"], ["c"], None)


def test_rule_replaces_the_one_of_its_metric_and_severity_and_goes_without_limits() -> None:
    register()
    rule(above=60.5)
    rule(severity="CRITICAL", above=80, below=-1)

    assert rule(above=70)["alertRules"] == [
        {"metric": "temperature", "severity": "CRITICAL", "above": 80, "below": -1},
        {"metric": "temperature", "severity": "WARNING", "above": 70, "below": None},
    ]
    assert [each["severity"] for each in rule()["alertRules"]] == ["CRITICAL"]


def test_rule_of_no_device_or_beyond_any_value_is_refused() -> None:
    with pytest.raises(NotFound):
        rule(above=1)
    register()
    with pytest.raises(Invalid, match=r"^input\.above"):
        rule(above=1e300)


def test_two_that_set_rules_at_once_lose_none() -> None:
    register()
    before = store.find("pump")
    assert before
    rule(above=60)

    assert store.set_rules("pump", before.alert_rules, []) is None
    assert len(rule(severity="INFO", above=50)["alertRules"]) == 2


def test_readings_come_in_the_order_of_cursors() -> None:
    measured("pump", 3, 1, 2)

    assert ids(ask("readings", deviceId="pump")) == ["m-1", "m-2", "m-3"]
    assert ids(ask("readings", deviceId="pump", after=cursor(1))) == ["m-2", "m-3"]
    assert ask("readings", deviceId="nobody") == {"items": [], "nextToken": None}


def test_stretch_of_time_comes_in_the_order_of_time_with_both_its_ends() -> None:
    measured("pump", 3, 1, 2, 2, 5)
    stretch = {"from": "2026-01-01T14:01:00+02:00", "to": "2026-01-01T12:03Z"}

    assert ids(ask("readings", deviceId="pump", **stretch)) == ["m-2", "m-3", "m-4", "m-1"]
    with_after = ask("readings", deviceId="pump", after=cursor(2), **stretch)
    assert ids(with_after) == ["m-3", "m-4"]


@pytest.mark.parametrize("after", ["", "1", "x" * 56, "9" * 57])
def test_after_what_is_no_cursor_is_refused(after: str) -> None:
    with pytest.raises(Invalid, match=r"^after: "):
        ask("readings", deviceId="pump", after=after)


def test_moment_beyond_the_calendar_is_refused() -> None:
    with pytest.raises(Invalid, match=r"^from: "):
        ask("readings", deviceId="pump", **{"from": "0001-01-01T00:00:00+14:00"})


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    minutes=st.lists(st.integers(0, 9), min_size=1, max_size=12),
    limit=st.integers(1, 5),
    low=st.integers(0, 9),
    high=st.integers(0, 9),
    newest_first=st.booleans(),
)
def test_pages_of_a_stretch_hold_each_reading_once(
    minutes: list[int], limit: int, low: int, high: int, newest_first: bool
) -> None:
    device = f"d{hash((tuple(minutes), limit, low, high))}"
    measured(device, *minutes)
    from_, to = (f"2026-01-01T12:{minute:02d}:00Z" for minute in (low, high))
    expected = [
        f"m-{n + 1}"
        for n, minute in sorted(enumerate(minutes), key=lambda pair: (pair[1], pair[0]))
        if low <= minute <= high
    ]
    if newest_first:
        (found,) = service.newest([device], from_, to, limit)
        assert [reading.id for reading in found] == expected[::-1][:limit]
        return
    seen, token = [], None
    while True:
        page = service.readings(device, from_, to, None, limit, token)
        seen += [reading.id for reading in page.items]
        if (token := page.next_token) is None:
            break
    assert seen == expected


def test_last_readings_of_devices_are_asked_for_side_by_side() -> None:
    measured("pump", 3, 1)
    measured("fan", 9)
    parents = [{"id": id} for id in ("pump", "none", "fan", "pump")]

    with counted() as calls:
        found = invoke(handler, batch("Device.lastReading", parents))

    assert [(each["data"] or {}).get("id") for each in found] == ["m-2", None, "m-1", "m-2"]
    assert calls == {"Query": 3}


def test_newest_readings_of_devices_come_newest_first() -> None:
    measured("pump", 3, 1, 2)

    found = invoke(handler, batch("Device.readings", [{"id": "pump"}], limit=2))

    assert [reading["id"] for reading in found[0]["data"]] == ["m-1", "m-3"]


def test_interest_lasts_some_minutes_and_is_never_shortened() -> None:
    watch = order("watchDevice", id="pump")
    store.watch("pump", watch["expiresAt"] - 60)

    (item,) = store.interest.scan()
    assert (item["deviceId"], int(item["expiresAt"])) == ("pump", watch["expiresAt"])
    assert order("watchDevice")["deviceId"] is None
    with pytest.raises(Invalid, match=r"^id: "):
        order("watchDevice", id="*")


def test_seeds_are_devices_with_rules_readings_and_releases() -> None:
    store.seed(json.loads(SEEDS.read_text()))

    assert releases.newest("twinberry-p1", 0)

    assert ask("device", id="pump-1")["alertRules"][0]["severity"] == "WARNING"
    assert len(ids(ask("readings", deviceId="pump-1"))) == 4
