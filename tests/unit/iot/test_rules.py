"""Rules: which topics they take in, and what they make of messages."""

import json

import pytest

from local.iot.sql import Message, RuleError, selection, template
from local.iot.topics import is_filter, is_topic, matches

INGEST = "encode(*, 'base64') AS data, topic(2) AS deviceId, timestamp() AS receivedAt"


def message(payload: bytes = b'{"id": "m1", "at": {"zone": "UTC"}}') -> Message:
    return Message("devices/d1/readings", payload, client="c1", received=1545084650987)


@pytest.mark.parametrize(
    ("pattern", "topic", "fits"),
    [
        ("devices/+/readings", "devices/d1/readings", True),
        ("devices/+/readings", "devices/d1/d2/readings", False),
        ("devices/+/readings", "devices//readings", True),
        ("devices/#", "devices/d1/readings", True),
        ("devices/#", "devices", True),
        ("devices/d1", "devices", False),
        ("devices", "devices/d1", False),
        ("#", "a/b", True),
        ("#", "$aws/things", False),
        ("+/things", "$aws/things", False),
        ("$aws/+", "$aws/things", True),
    ],
)
def test_filter_takes_in_topics(pattern: str, topic: str, fits: bool) -> None:
    assert matches(pattern, topic) is fits


def test_topics_and_filters_are_well_formed() -> None:
    assert is_topic("devices/d1/readings")
    assert not any(map(is_topic, ("", "a/+", "a/#", "x" * 257, "/".join("abcdefghi"))))
    assert all(map(is_filter, ("+", "#", "a/+/b", "a/#")))
    assert not any(map(is_filter, ("", "a+", "a/#/b", "#a")))


def test_payload_travels_whatever_it_is() -> None:
    shaped = json.loads(selection(INGEST)(message(b"\xff no JSON")))
    assert shaped == {
        "data": "/yBubyBKU09O",
        "deviceId": "d1",
        "receivedAt": 1545084650987,
    }


def test_everything_and_more() -> None:
    select = "*, topic(2) AS deviceId, at.zone AS zone, 'a, b' AS text, 1.5 AS one, clientid()"
    shaped = json.loads(selection(select)(message()))
    assert shaped == {
        "id": "m1",
        "at": {"zone": "UTC"},
        "deviceId": "d1",
        "zone": "UTC",
        "text": "a, b",
        "one": 1.5,
        "clientid()": "c1",
    }
    nothing = selection("topic(9) AS level, no.such AS value")(message())
    assert json.loads(nothing) == {"level": None, "value": None}


def test_template_is_filled_in() -> None:
    assert template("${topic(2)}-${id}-x")(message()) == "d1-m1-x"


@pytest.mark.parametrize("payload", [b"no JSON", b"[1]", b"\xff"])
def test_fields_of_what_is_no_object_fail(payload: bytes) -> None:
    with pytest.raises(RuleError, match="JSON"):
        selection("id")(message(payload))
    with pytest.raises(RuleError, match="JSON"):
        selection("*")(message(payload))


@pytest.mark.parametrize(
    "select", ["sqrt(2)", "topic(0)", "a + b", "encode(*, 'hex')", "* AS all", "a AS", "get(*, 1)"]
)
def test_other_sql_is_refused(select: str) -> None:
    with pytest.raises(RuleError, match="is not understood"):
        selection(select)
