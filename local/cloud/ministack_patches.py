"""What MiniStack does too slowly, or forgets: run beside ministack_host.py, in its process.

A record that Kinesis has acknowledged is in the journal, so that it outlives a kill of MiniStack,
which saves its state only every few seconds. The journal is not synced to the disk: it outlives
processes, not a power failure.
"""

import json
import sys
from bisect import bisect_left
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from threading import Lock
from time import monotonic, time
from types import ModuleType
from typing import Any

# Pure functions of their arguments that MiniStack calls anew for each item of a query.
PURE = ("_condition_syntax_error", "_number_size_bytes")
SWEEP_SECONDS = 10
# What MiniStack takes from hypercorn, only to mend it. The real ones take 40 ms to load.
HYPERCORN = {
    "h11": (),
    "hypercorn": (),
    "hypercorn.config": ("Config",),
    "hypercorn.protocol": (),
    "hypercorn.protocol.events": ("EndBody", "Response"),
    "hypercorn.protocol.h11": ("H11Protocol",),
    "hypercorn.protocol.ws_stream": ("WSStream",),
    "ministack.core.hypercorn_compat": ("install",),
}
CHANGES, TRIMMED = "stream_records", "stream_trimmed"


def replace_hypercorn() -> None:
    """Give MiniStack empty classes where it would mend a server that is not used."""
    for name, attributes in HYPERCORN.items():
        module = sys.modules[name] = ModuleType(name)
        for attribute in attributes:
            setattr(module, attribute, type(attribute, (), {}))


def remember(dynamodb: Any) -> None:
    """Let DynamoDB parse an expression once, not once per item: half the time of a query."""
    for name in PURE:
        setattr(dynamodb, name, lru_cache(4096)(getattr(dynamodb, name)))
    tokens = lru_cache(1024)(dynamodb._tokenize)
    dynamodb._tokenize = lambda expression: list(tokens(expression))


def keep_changes(dynamodb: Any) -> None:
    """Have the records of DynamoDB streams saved with the tables; MiniStack leaves them out."""
    state, load = dynamodb.get_state, dynamodb.load_persisted_state

    def get_state() -> Any:
        saved = {CHANGES: dynamodb._stream_records, TRIMMED: dynamodb._stream_trimmed}
        return state() | saved

    def load_persisted_state(data: Any) -> None:
        load(data)
        dynamodb._stream_records.update(data.get(CHANGES, {}))
        dynamodb._stream_trimmed.update(data.get(TRIMMED, {}))

    dynamodb.get_state, dynamodb.load_persisted_state = get_state, load_persisted_state


def keep_private(ministack: Any, s3: Any) -> None:
    """Let nobody without credentials at a bucket that is not public, as AWS does.

    MiniStack knows how, but only where it evaluates IAM policies for every service.
    """
    check = s3._apply_bucket_scope

    def strictly(*arguments: Any) -> Any:
        before, ministack.AUTH = ministack.AUTH, True
        try:
            return check(*arguments)
        finally:  # nothing was awaited in between: no other request saw it
            ministack.AUTH = before

    s3._apply_bucket_scope = strictly


def expire_quickly(kinesis: Any) -> None:
    """Look at a stream's oldest record, not at all of them, at each call.

    An iterator is a position in a list: it moves along when the list loses its beginning.
    """
    sweep, swept = kinesis._expire_iterators, monotonic()

    def expire_iterators() -> None:
        nonlocal swept
        if monotonic() - swept > SWEEP_SECONDS:
            swept = monotonic()
            sweep()

    def expire_records(stream: Any) -> None:
        oldest = time() - stream["RetentionPeriodHours"] * 3600
        for shard_id, shard in stream["shards"].items():
            records = shard["records"]
            if records and records[0]["ApproximateArrivalTimestamp"] < oldest:
                gone = bisect_left(records, oldest, key=_arrival)
                del records[:gone]
                for iterator in kinesis._shard_iterators.all_values():
                    if (iterator["stream_arn"], iterator["shard_id"]) == (
                        stream["StreamARN"],
                        shard_id,
                    ):
                        iterator["position"] = max(0, iterator["position"] - gone)

    kinesis._expire_iterators, kinesis._expire_records = expire_iterators, expire_records


def number_upwards(kinesis: Any) -> None:
    """Have sequence numbers grow, also where the clock was set back: MiniStack makes them of it.

    What is behind a checkpoint would never be read, and a replay would leave it out.
    """
    make, lock = kinesis._next_sequence_number, Lock()
    shards = [s for stream in kinesis._streams.all_values() for s in stream["shards"].values()]
    last = max((each["SequenceNumber"] for s in shards for each in s["records"][-1:]), default="")

    def next_sequence_number() -> str:
        nonlocal last
        with lock:
            number: str = make()
            last = number if number > last else f"{int(last) + 1:0{len(number)}}"
            return last

    kinesis._next_sequence_number = next_sequence_number


def _arrival(record: Any) -> float:
    moment: float = record["ApproximateArrivalTimestamp"]
    return moment


class Journal:
    """The records that streams took since the last save, one JSON line a call."""

    def __init__(self, kinesis: Any, folder: Path) -> None:
        self._kinesis = kinesis
        self._new, self._old = folder / "kinesis.journal", folder / "kinesis.journal.old"
        self._file = self._new.open("ab", buffering=0)

    def install(self) -> None:
        """Write down from now on what changes a stream."""
        kinesis = self._kinesis
        for name in ("_put_record", "_put_records"):
            setattr(kinesis, name, self._putting(getattr(kinesis, name)))
        for name in ("_create_stream", "_delete_stream"):
            setattr(kinesis, name, self._changing(getattr(kinesis, name)))
        reset = kinesis.reset

        def forget() -> None:
            reset()
            self._old.unlink(missing_ok=True)
            self._file.truncate(0)

        kinesis.reset = forget

    def replay(self) -> None:
        """Take up what the saved state has not got, and go on from there.

        The same records twice are once.
        """
        written = self._new.read_bytes()
        self._file.truncate(written.rfind(b"\n") + 1)  # a line cut short was never acknowledged
        for entry in self._entries():
            account, region, name = entry["key"]
            streams = self._kinesis._streams
            if "stream" in entry:
                streams.pop_scoped(account, region, name, None)
                if entry["stream"]:
                    streams.set_scoped(account, region, name, entry["stream"])
            elif stream := streams.get_scoped(account, region, name):
                for shard, records in entry["records"].items():
                    known = stream["shards"][shard]["records"]
                    last = known[-1]["SequenceNumber"] if known else ""
                    known += [each for each in records if each["SequenceNumber"] > last]
        number_upwards(self._kinesis)

    def begin(self) -> None:
        """Start a new file as the state is copied: what is in the old one is in the copy."""
        with self._old.open("ab") as old:
            old.write(self._new.read_bytes())
        self._file.truncate(0)

    def settle(self) -> None:
        """Forget what was before the copy, now that this is on disk."""
        self._old.unlink(missing_ok=True)

    def _entries(self) -> Iterator[Any]:
        for path in (self._old, self._new):
            if path.exists():
                yield from map(json.loads, path.read_bytes().splitlines())

    def _putting(self, put: Any) -> Any:
        def wrapped(data: Any) -> Any:
            name, stream = self._kinesis._resolve_stream(data)
            if not stream:
                return put(data)
            self._kinesis._expire_records(stream)
            before = {id_: len(shard["records"]) for id_, shard in stream["shards"].items()}
            answer = put(data)
            tails = {id_: stream["shards"][id_]["records"][had:] for id_, had in before.items()}
            self._write(name, records={id_: tail for id_, tail in tails.items() if tail})
            return answer

        return wrapped

    def _changing(self, change: Any) -> Any:
        def wrapped(data: Any) -> Any:
            name, had = self._kinesis._resolve_stream(data)
            answer = change(data)
            stream = self._kinesis._streams.get(name)
            if stream is not had:
                self._write(name, stream=stream)
            return answer

        return wrapped

    def _write(self, name: str, **entry: Any) -> None:
        key = self._kinesis._streams._scoped(name)
        self._file.write(json.dumps({"key": key, **entry}).encode() + b"\n")
