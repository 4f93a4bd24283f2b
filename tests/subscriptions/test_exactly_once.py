"""Whatever comes twice, crashes or is refused: each message is one reading, and gets published."""

from collections.abc import Sequence
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from resolvers.devices import service
from resolvers.shared.publish import Unavailable
from subscriptions import dedupe
from tests.subscriptions.pipeline import (
    BROKEN,
    Crash,
    Json,
    Pipeline,
    at_call,
    dumped,
    payload,
    queued,
    record,
    register,
    stored,
)

CALLS = 24  # no batch here makes more
MESSAGES = st.tuples(st.sampled_from([0, 1]), st.sampled_from("abcdef"))
# What comes in, in order, from which device; None is poison.
TRAFFIC = st.lists(MESSAGES | st.none(), min_size=1, max_size=12)
# What goes wrong at which AWS call: killed before or after it, or answered with an error.
TROUBLE = st.dictionaries(
    st.integers(1, CALLS), st.sampled_from(["before", "after", "error"]), max_size=6
)
QUICK = settings(
    max_examples=25,
    phases=[Phase.explicit, Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
_examples = count()


@pytest.fixture(autouse=True)
def small_transactions(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have batches of a few messages take several transactions."""
    monkeypatch.setattr(dedupe, "CHUNK", 2)


def two_devices() -> list[str]:
    """Register two new devices: the examples of a property share the tables."""
    example = next(_examples)
    devices = [f"pump-{example}", f"fan-{example}"]
    register(*devices)
    return devices


def records(traffic: Sequence[tuple[int, str] | None], devices: list[str]) -> list[Json]:
    """Make records of messages; a message's value tells which it is, and some are alarming."""
    return [
        record(devices[0], b"poison")
        if each is None
        else record(devices[each[0]], message(each[1]))
        for each in traffic
    ]


def message(id: str) -> Json:
    return payload(id, value=87 + "abcdef".index(id))


class Troubled:
    """Each trouble happens once, at the so many-eth call from the start."""

    def __init__(self, trouble: dict[int, str]) -> None:
        self._left = dict(trouble)

    def __call__(self, number: int, moment: str, _operation: str) -> Any:
        kind = self._left.get(number)
        if kind is None or (kind == "after") != (moment == "after"):
            return None
        del self._left[number]
        if kind == "error":
            return BROKEN
        raise Crash


@QUICK
@given(traffic=TRAFFIC, trouble=TROUBLE, refusals=st.sets(st.integers(1, 4)))
def test_crashes_lose_nothing_and_double_nothing(
    traffic: list[tuple[int, str] | None], trouble: dict[int, str], refusals: set[int]
) -> None:
    devices = two_devices()
    pipeline = Pipeline()

    def refuse() -> None:
        if pipeline.requests in refusals:
            raise Unavailable("429")

    pipeline.before_send = refuse
    with at_call(Troubled(trouble)):
        pipeline.deliver(records(traffic, devices))

    check(pipeline, traffic, devices)


def check(pipeline: Pipeline, traffic: list[tuple[int, str] | None], devices: list[str]) -> None:
    """Compare what there is with what there should be."""
    expected = list(dict.fromkeys((devices[each[0]], each[1]) for each in traffic if each))
    for device in devices:
        ids = [id for owner, id in expected if owner == device]
        assert stored(device) == ids, "stored once, in the order of the first coming"
        cursors = [r["cursor"] for r in pipeline.readings() if r["deviceId"] == device]
        first = list(dict.fromkeys(cursors))
        assert first == sorted(first), "published in the order of cursors"
    published = {(reading["deviceId"], reading["id"]) for reading in pipeline.readings()}
    assert published == set(expected)
    lines = {(line["deviceId"], line["id"]) for line in dumped()}
    assert {line for line in lines if line[0] in devices} == set(expected)
    alerts = {given["id"] for kind, given in pipeline.published if kind == "publishAlert"}
    assert alerts == {f"{device}/{id}" for device, id in expected if id in "ef"}
    poison = {message["sequenceNumber"] for message in queued()}
    assert len(poison) == traffic.count(None)


@QUICK
@given(
    left=st.lists(MESSAGES, min_size=1, max_size=6),
    right=st.lists(MESSAGES, min_size=1, max_size=6),
    call=st.integers(1, 6),
    moment=st.sampled_from(["before", "after"]),
)
def test_two_shards_with_the_same_messages_make_one_reading_of_each(
    left: list[tuple[int, str]], right: list[tuple[int, str]], call: int, moment: str
) -> None:
    """The second shard's batch is done whole in the midst of the first one's."""
    devices = two_devices()
    one, other = Pipeline(), Pipeline()
    theirs = records(right, devices)
    meanwhile = [theirs]

    def interleave(number: int, now: str, _operation: str) -> None:
        if number >= call and now == moment and meanwhile:
            other.deliver(meanwhile.pop())

    with at_call(interleave):
        one.deliver(records(left, devices))
    if meanwhile:
        other.deliver(theirs)

    for device in devices:
        expected = {id for owner, id in [*left, *right] if devices[owner] == device}
        assert sorted(stored(device)) == sorted(expected)
    readings = [(r["deviceId"], r["id"]) for r in [*one.readings(), *other.readings()]]
    every = {(devices[owner], id) for owner, id in [*left, *right]}
    assert sorted(readings) == sorted(every), "published once: nothing crashed"


@QUICK
@given(
    ids=st.lists(st.integers(0, 40), min_size=1, max_size=40),
    sizes=st.lists(st.integers(1, 7), min_size=1),
    cuts=st.lists(st.booleans(), min_size=1),
    limit=st.integers(1, 5),
)
def test_who_resumes_by_cursor_sees_every_reading_once(
    ids: list[int], sizes: list[int], cuts: list[bool], limit: int
) -> None:
    """A subscriber whose socket is cut at random; on coming back it asks for what it missed."""
    devices = two_devices()
    pipeline, seen, connected = Pipeline(), list[Json](), True
    todo = [record(devices[0], payload(f"m-{id}")) for id in ids]
    for turn in range(len(todo)):
        batch = todo[: sizes[turn % len(sizes)]]
        todo = todo[len(batch) :]
        pipeline.published.clear()
        if batch:
            pipeline.deliver(batch)
        if connected and not cuts[turn % len(cuts)]:
            seen += pipeline.readings()
            continue
        seen += pipeline.readings()[:1] if connected else []  # cut in the midst of a batch
        connected = not connected
        if connected:
            seen += missed(devices[0], seen, limit)
    seen += missed(devices[0], seen, limit)

    assert [reading["id"] for reading in seen] == [f"m-{id}" for id in dict.fromkeys(ids)]


def missed(device: str, seen: list[Json], limit: int) -> list[Json]:
    """Read all behind the last reading seen, page by page."""
    found, token, after = list[Json](), None, seen[-1]["cursor"] if seen else None
    while True:
        page = service.readings(device, None, None, after, limit, token)
        found += [{"id": reading.id, "cursor": reading.cursor} for reading in page.items]
        token = page.next_token
        if token is None:
            return found
