"""A batch of the stream: stored once, then dumped, alarmed about and published."""

import json
from typing import Any

import pytest

from resolvers.devices import store
from resolvers.shared import aws, settings
from resolvers.shared.publish import Unavailable
from subscriptions import dedupe, transformer
from tests.subscriptions.pipeline import (
    BROKEN,
    HOT,
    Json,
    Pipeline,
    at_call,
    calls,
    dumped,
    later,
    payload,
    queued,
    raw_record,
    record,
    register,
    stored,
)
from tests.unit.calls import LambdaContext


def test_message_is_stored_dumped_and_published() -> None:
    register("pump")
    pipeline = Pipeline()

    pipeline.deliver([record("pump", payload("m-1", value=68, unit="°F"))])

    (reading,) = store.by_cursor("pump", None, 10)
    expected = {
        "id": "m-1",
        "deviceId": "pump",
        "metric": "temperature",
        "value": 20,
        "unit": "C",
        "at": "2026-01-01T11:59:00.000Z",
        "cursor": reading.cursor,
    }
    assert pipeline.published == [("publishReading", expected)]
    assert dumped() == [expected]


def test_hundred_new_records_are_three_calls_and_one_request() -> None:
    register(*(f"d{n}" for n in range(20)))
    batch = [record(f"d{n % 20}", payload(f"m-{n}")) for n in range(100)]
    pipeline = Pipeline()

    with calls() as cold:
        pipeline.deliver(batch)
    resent = [record(f"d{n % 20}", payload(f"m-{n}")) for n in range(100)]
    with calls() as duplicates:
        pipeline.deliver(resent)

    assert cold == {"BatchGetItem": 1, "TransactWriteItems": 2, "PutRecord": 1}
    assert duplicates == {"BatchGetItem": 1}
    assert (pipeline.requests, len(pipeline.published)) == (1, 100)


def test_hundred_devices_at_once_leave_no_room_for_markers_and_yet_all_is_stored_once() -> None:
    register(*(f"d{n}" for n in range(100)))
    messages = [(f"d{n}", payload("m")) for n in range(100)]
    Pipeline().deliver([record(*each) for each in messages[:3]])
    pipeline = Pipeline()  # an environment that knows nothing yet

    pipeline.deliver([record(*each) for each in messages])

    assert sorted(r["deviceId"] for r in pipeline.readings()) == sorted(
        f"d{n}" for n in range(3, 100)
    )
    assert [stored(f"d{n}") for n in range(100)] == [["m"]] * 100


def test_duplicates_of_one_batch_are_one_reading() -> None:
    register("pump", "fan")
    pipeline = Pipeline()

    pipeline.deliver([record(device, payload("m-1")) for device in ("pump", "pump", "fan")])

    assert stored("pump") == stored("fan") == ["m-1"]
    assert len(pipeline.published) == 2


def test_order_of_coming_is_the_order_of_cursors_whatever_the_device_says() -> None:
    register("pump")
    times = ["11:59:00", "11:30:00", "11:45:00"]

    Pipeline().deliver(
        [record("pump", payload(f"m-{n}", at=f"2026-01-01T{t}Z")) for n, t in enumerate(times)]
    )

    assert stored() == ["m-0", "m-1", "m-2"]


def test_cursors_of_shorter_numbers_still_grow() -> None:
    register("pump")
    short, long = record("pump", payload("a")), record("pump", payload("b"))
    short["kinesis"]["sequenceNumber"], long["kinesis"]["sequenceNumber"] = "99", "100"

    Pipeline().deliver([short, long])

    assert stored() == ["a", "b"]


@pytest.mark.parametrize(("seconds", "readings"), [(dedupe.TTL - 1, 1), (dedupe.TTL, 2)])
def test_message_is_known_as_long_as_its_marker_lives(seconds: int, readings: int) -> None:
    register("pump")
    pipeline = Pipeline()
    pipeline.deliver([record("pump", payload("m-1"))])
    pipeline.clock = later(seconds)  # the item is still there: DynamoDB deletes it when it may

    pipeline.deliver([record("pump", payload("m-1"))])

    assert stored() == ["m-1"] * readings


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (b"\xff\xfe", "the payload is not JSON in UTF-8"),
        (b"{", "the payload is not JSON in UTF-8"),
        (b"[" * 5000, "the payload is not JSON in UTF-8"),
        (b"[]", "the payload is no JSON object"),
        (b'{"value": NaN}', "NaN is no JSON"),
        (b'{"value": -Infinity}', "-Infinity is no JSON"),
        (payload("m", value=None), "value is missing"),
        (payload("m", value="20"), "value is not a number"),
        (payload("m", value=True), "value is not a number"),
        (payload("m", value=10**400), "value is beyond what can be stored"),
        (b'{"value": 1e999}', "value is beyond what can be stored"),
        (payload("m", value=1e-200), "value is beyond what can be stored"),
        (payload("m", at="2099-01-01T00:00:00Z"), "at is in the future"),
        (payload("m", at="1970-01-01T00:00:00Z"), "at is before 2000"),
        (payload("m", at="2026-01-01T00:00:00"), "at is no date and time with an offset"),
        (payload("m", at="2026-02-30T00:00:00Z"), "at is no date and time with an offset"),
        (payload("m", at="0001-01-01T00:00:00+14:00"), "at is no date and time with an offset"),
        (payload("m", at=1767268740), "at is not a text"),
        (payload(""), "id is empty"),
        (payload("x" * 129), "id is empty, has more than 128 characters"),
        (payload("\ud800"), "id is empty"),
        (payload("m", metric=["temperature"]), "metric is not a text"),
        (payload("m", unit=7), "unit is not a text"),
        (payload("m", note="x" * 20_000), "larger than 16,384 characters of base64"),
    ],
    ids=lambda given: given if isinstance(given, str) else "",
)
def test_poison_is_set_aside_with_its_reason_and_the_rest_flows(sent: Any, reason: str) -> None:
    register("pump")
    bad = record("pump", sent)

    Pipeline().deliver([record("pump", payload("a")), bad, record("pump", payload("b"))])

    assert stored() == ["a", "b"]
    (message,) = queued()
    assert message["reason"].startswith(reason)
    assert message["data"] == bad["kinesis"]["data"]
    assert message["sequenceNumber"] == bad["kinesis"]["sequenceNumber"]


def test_reading_of_an_unknown_device_is_set_aside_until_it_is_known() -> None:
    register("pump")
    pipeline = Pipeline()

    pipeline.deliver([record("ghost", payload("a")), record("pump", payload("b"))])
    register("ghost")
    pipeline.deliver([record("ghost", payload("c"))])

    assert [message["reason"] for message in queued()] == ["an unknown device"]
    assert (stored("ghost"), stored("pump")) == (["c"], ["b"])


def test_what_is_no_message_of_the_rule_is_set_aside() -> None:
    records = [raw_record(b"hello"), raw_record(b'{"deviceId": 7}'), raw_record(b"")]

    Pipeline().deliver(records)

    assert len(queued()) == 3


def test_batch_of_six_megabytes_is_set_aside_whole_but_for_what_no_queue_takes() -> None:
    register("pump")
    large = [raw_record(b"x" * 180_000) for _ in range(24)] + [raw_record(b"y" * 700_000)]

    Pipeline().deliver([*large, record("pump", payload("a"))])

    messages = queued()
    assert stored() == ["a"]
    assert sorted(message["length"] for message in messages) == [240_000] * 24 + [933_336]
    assert max(len(message["data"]) for message in messages) == 240_000


def test_poison_is_set_aside_once_however_often_publishing_fails() -> None:
    register("pump")
    pipeline, tries = Pipeline(), iter(range(20))

    def unavailable() -> None:
        if next(tries) < 10:
            raise Unavailable("for a while")

    pipeline.before_send = unavailable
    pipeline.deliver(
        [
            raw_record(b"?"),
            record("pump", payload("m1")),
            raw_record(b"!"),
            record("pump", payload("m2")),
        ]
    )
    assert len(queued()) == 2
    assert stored() == ["m1", "m2"]


def test_set_aside_is_counted(capsys: pytest.CaptureFixture[str]) -> None:
    Pipeline().deliver([raw_record(b"?"), raw_record(b"?")])

    (line,) = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert line["MessagesSetAside"] == [2]
    assert line["_aws"]["CloudWatchMetrics"][0]["Metrics"][0]["Name"] == "MessagesSetAside"


def test_alert_goes_to_the_topic_and_to_subscribers_and_names_its_reading() -> None:
    register("pump", "fan")
    subscribe_poison_queue_to_alerts()
    pipeline = Pipeline()

    pipeline.deliver(
        [
            record("pump", payload("hot", value=91)),
            record("pump", payload("warm", value=90)),
            record("fan", payload("damp", metric="humidity", value=99)),
        ]
    )

    alert = {
        "id": "pump/hot",
        "deviceId": "pump",
        "metric": "temperature",
        "value": 91,
        "severity": "CRITICAL",
        "at": "2026-01-01T11:59:00.000Z",
    }
    assert [given for kind, given in pipeline.published if kind == "publishAlert"] == [alert]
    assert [json.loads(message["Message"]) for message in queued()] == [alert]


def subscribe_poison_queue_to_alerts() -> None:
    queue = settings.place("queue", "devices", "poison")
    arn = aws.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    topic = settings.place("topic", "devices", "alerts")
    aws.client("sns").subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint=arn["Attributes"]["QueueArn"]
    )


def test_publisher_that_is_busy_is_asked_again_and_nothing_is_stored_twice() -> None:
    register("pump")
    pipeline = Pipeline()
    answers = iter([Unavailable("429"), Unavailable("503"), None])

    def busy() -> None:
        if error := next(answers):
            raise error

    pipeline.before_send = busy
    batch = [record("pump", payload(id)) for id in "abc"]

    assert pipeline.once(batch) == 0
    pipeline.deliver(batch)

    assert stored() == ["a", "b", "c"]
    assert [reading["id"] for reading in pipeline.readings()] == ["a", "b", "c"]


def test_alerts_do_not_wait_for_appsync_and_are_told_once_while_it_is_down() -> None:
    register("pump")
    subscribe_poison_queue_to_alerts()
    pipeline = Pipeline()
    down = iter([True] * 10)

    def unavailable() -> None:
        if next(down, False):
            raise Unavailable("for a while")

    pipeline.before_send = unavailable
    batch = [record("pump", payload(id, value=91)) for id in "abc"]
    with calls() as first:
        assert pipeline.once(batch) == 0
    told = queued()
    with calls() as again:
        assert pipeline.once(batch) == 0
    late = record("pump", payload("d", value=91))
    pipeline.deliver([*batch, late])

    assert [json.loads(message["Message"])["id"] for message in told] == [
        "pump/a",
        "pump/b",
        "pump/c",
    ]
    assert first["TransactWriteItems"] == 2  # the readings, and once that they were told
    assert again == {"BatchGetItem": 1}
    assert [json.loads(message["Message"])["id"] for message in queued()] == ["pump/d"]
    assert [line["id"] for line in dumped()] == list("abcd")
    assert [reading["id"] for reading in pipeline.readings()] == list("abcd")


def test_alerts_are_told_again_where_the_note_of_it_is_lost() -> None:
    register("pump")
    subscribe_poison_queue_to_alerts()
    pipeline = Pipeline()
    writes, answers = iter([None, BROKEN]), iter([Unavailable("503"), None])

    def unavailable() -> None:
        if error := next(answers):
            raise error

    def note_fails(_number: int, moment: str, operation: str) -> Any:
        if (moment, operation) == ("before", "TransactWriteItems"):
            return next(writes)
        return None

    pipeline.before_send = unavailable
    batch = [record("pump", payload("a", value=91))]
    with at_call(note_fails):
        assert pipeline.once(batch) == 0
    pipeline.deliver(batch)

    assert len(queued()) == 2
    assert [reading["id"] for reading in pipeline.readings()] == ["a"]


def test_readings_behind_a_chunk_that_failed_wait_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    register("pump")
    monkeypatch.setattr(dedupe, "CHUNK", 2)
    pipeline = Pipeline()
    batch = [record("pump", payload(id)) for id in "abcdef"]
    transactions = iter([None, *[BROKEN] * 9])

    def second_fails(_number: int, moment: str, operation: str) -> Any:
        if (moment, operation) == ("before", "TransactWriteItems"):
            return next(transactions, None)
        return None

    with at_call(second_fails):
        assert pipeline.once(batch) == 2
    assert stored() == ["a", "b"]
    assert [reading["id"] for reading in pipeline.readings()] == ["a", "b"]

    pipeline.deliver(batch[2:])
    assert stored() == list("abcdef")


def test_changed_rules_are_seen_in_time() -> None:
    register("pump", rules=())
    pipeline = Pipeline()
    pipeline.deliver([record("pump", payload("a", value=99))])
    store.set_rules("pump", (), (HOT,))
    pipeline.clock = later(10)

    pipeline.deliver([record("pump", payload("b", value=99))])

    alerts = [given["id"] for kind, given in pipeline.published if kind == "publishAlert"]
    assert alerts == ["pump/b"]


def test_unwatched_device_costs_no_publish_where_it_is_so_set() -> None:
    register("pump", "fan", "cold")
    store.watch("pump", int(later(60).timestamp()))
    store.watch("fan", int(later(0).timestamp()))  # has just run out
    pipeline = Pipeline(watched_only=True)

    def batch(id: str) -> list[Json]:
        return [record(device, payload(id)) for device in ("pump", "fan", "cold")]

    with calls() as made:
        pipeline.deliver(batch("a"))
    store.watch(None, int(later(60).timestamp()))
    pipeline.clock = later(2)
    pipeline.deliver(batch("b"))

    assert made == {"BatchGetItem": 1, "TransactWriteItems": 1, "PutRecord": 1}
    ids = [(reading["deviceId"], reading["id"]) for reading in pipeline.readings()]
    assert ids == [("pump", "a"), ("pump", "b"), ("fan", "b"), ("cold", "b")]
    assert stored("cold") == ["a", "b"]


def test_handler_names_the_record_to_begin_with_again() -> None:
    register("pump")
    transformer.environment.cache_clear()
    batch = [record("pump", payload("a"))]

    def broken(_number: int, moment: str, operation: str) -> Any:
        writes = (moment, operation) == ("before", "TransactWriteItems")
        return BROKEN if writes else None

    with at_call(broken):
        failed = transformer.handler({"Records": batch}, context())
    number = batch[0]["kinesis"]["sequenceNumber"]
    assert failed == {"batchItemFailures": [{"itemIdentifier": number}]}
    poison = [raw_record(b"?")]
    assert transformer.handler({"Records": poison}, context()) == {"batchItemFailures": []}


def context() -> Any:
    return LambdaContext()
