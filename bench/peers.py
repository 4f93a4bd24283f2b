"""The twin beside what a user would pick instead, over HTTP, in one run.

All are up at once and take turns in short bursts, so that whatever else the machine does meets
each of them alike. `PEER=URL` (with `PEER_KEY` and `PEER_NAME`) adds any other server that has the
field `products`.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from bench.dynamo import Botocore
from bench.load import Sample, Target, ask, burst
from bench.process import cpu_of_tree, serving
from bench.rows import Row, p99, spread
from tests.support.twin import running

CONCURRENCIES = (1, 2, 4, 8, 16, 32)
SIZES = (1, 20, 50, 100, 200)
BOOKS = '{ products(category: "book", limit: 20) { name description price } }'
ANY = "{{ products(limit: {}) {{ name description price }} }}"
ROUNDS, BRIEF, LONG = 5, 0.15, 0.3  # seconds of a burst, the longer ones where verdicts fall
OURS, PLAIN = "twin, constant", "plain Strawberry, constant"
OURS_STORED, PLAIN_STORED = "twin, DynamoDB", "plain Strawberry, DynamoDB"
FLOOR = "the same 20 items by botocore alone"
TAIL = 16  # the concurrency, beside 1, at which the issue looks
Series = dict[str, dict[int, float]]  # by server, a figure for each concurrency or size


@dataclass
class Found:
    """What was measured: samples by server and concurrency, latencies by server and size."""

    bursts: dict[tuple[str, int], list[Sample]] = field(default_factory=dict)
    sizes: dict[tuple[str, int], list[float]] = field(default_factory=dict)
    floor: list[float] = field(default_factory=list)
    cpu: dict[str, list[float]] = field(default_factory=dict)

    def take(self, target: Target, concurrency: int, seconds: float) -> None:
        """Measure one burst, and what the server computes in it if it is known."""
        before = cpu_of_tree(target.pid) if target.pid else 0.0
        sample = burst(target, BOOKS, concurrency=concurrency, seconds=seconds)
        self.bursts.setdefault((target.name, concurrency), []).append(sample)
        if target.pid:
            requests = len(sample.latencies) + concurrency  # each connection's first included
            spent = (cpu_of_tree(target.pid) - before) / requests
            self.cpu.setdefault(target.name, []).append(spent * 1000)

    def latencies(self, name: str, concurrency: int) -> list[float]:
        """Give the milliseconds of every request of all rounds."""
        return [each for sample in self.bursts[name, concurrency] for each in sample.latencies]

    def rate(self, name: str, concurrency: int) -> float:
        """Give the median of the rounds' requests a second."""
        return median(sample.rate for sample in self.bursts[name, concurrency])

    def ratio(self, name: str, other: str, concurrency: int) -> float:
        """Give how many times the other's rate a server reaches; each round compares its own."""
        pairs = zip(self.bursts[name, concurrency], self.bursts[other, concurrency], strict=True)
        return median(ours.rate / theirs.rate for ours, theirs in pairs)

    @property
    def throughput(self) -> Series:
        """Give requests a second by server and concurrency."""
        return _series({key: self.rate(*key) for key in self.bursts})

    @property
    def by_size(self) -> Series:
        """Give median milliseconds by server and number of products."""
        return _series({key: median(taken) for key, taken in self.sizes.items()})


def measure(data: Path) -> Found:
    """Start everything, and let all take turns; `data` is a folder for the twins' state."""
    found = Found()
    with _targets(data) as (targets, aws):
        floor = Botocore(aws)
        for _ in range(ROUNDS):
            found.floor += floor.latencies(100)
            for concurrency in CONCURRENCIES:
                seconds = LONG if concurrency in (1, TAIL) else BRIEF
                for target in targets:
                    found.take(target, concurrency, seconds)
            for size in SIZES:
                for target in targets:
                    sample = burst(target, ANY.format(size), concurrency=1, seconds=BRIEF)
                    found.sizes.setdefault((target.name, size), []).extend(sample.latencies)
    return found


@contextmanager
def _targets(data: Path) -> Iterator[tuple[list[Target], str]]:
    peer = _peer()  # before anything is started
    with ExitStack() as stack:
        stored = stack.enter_context(running("--data", str(data / "stored")))
        constant = stack.enter_context(
            running("--data", str(data / "constant"), module="bench.constant")
        )
        aws = stored.client.get("/health").json()["aws"]
        servers = {
            PLAIN: stack.enter_context(serving("bench.plain")),
            PLAIN_STORED: stack.enter_context(serving("bench.plain", aws)),
        }
        twins = {OURS: constant, OURS_STORED: stored}
        targets = [
            Target(name, f"{twin.url}/graphql", twin.key, twin.process.pid)
            for name, twin in twins.items()
        ]
        plain = [
            Target(name, f"http://127.0.0.1:{port}/", pid=pid)
            for name, (port, pid) in servers.items()
        ]
        every = [*targets, *plain, *peer]
        for target in every:
            for query in (BOOKS, *map(ANY.format, SIZES[:2])):
                ask(target, query)
        yield every, aws


def _peer() -> list[Target]:
    if not (url := os.environ.get("PEER")):
        return []
    name = f"peer {os.environ.get('PEER_NAME') or url}"
    peer = Target(name, url, os.environ.get("PEER_KEY", ""))
    try:
        ask(peer, BOOKS)
    except (OSError, ValueError, AssertionError) as error:
        sys.exit(f"PEER={url} can't be measured: {error}")
    return [peer]


def rows(found: Found) -> list[Row]:
    """Give medians, 99th percentiles and ratios; promised are ratios alone."""
    return [*_absolute(found), *_against_plain(found), *_stored(found)]


def _absolute(found: Found) -> Iterator[Row]:
    for name in found.throughput:
        for concurrency in (1, TAIL):
            what = f"20 products, {name}, c={concurrency}"
            yield spread(what, found.latencies(name, concurrency), "ms")
            yield Row(f"{what}, requests/s", found.rate(name, concurrency), "/s")
    yield spread(FLOOR, found.floor, "ms")


def _against_plain(found: Found) -> Iterator[Row]:
    for concurrency in (1, TAIL):
        against = found.ratio(OURS, PLAIN, concurrency)
        what = f"constant list, twin over plain Strawberry, c={concurrency}"
        yield Row(what, against, "x", 5, least=True)
    # Of those with a store, the embedded AWS's part would count for the twin alone.
    for name in (OURS, PLAIN):
        yield Row(f"CPU a request, {name}", median(found.cpu[name]), "ms")
    for concurrency in (1, TAIL):
        against = found.ratio(OURS_STORED, PLAIN_STORED, concurrency)
        yield Row(f"DynamoDB, twin over plain Strawberry, c={concurrency}", against, "x")
    for peer in filter(lambda name: name.startswith("peer "), found.throughput):
        for ours, what in ((OURS, "constant list"), (OURS_STORED, "DynamoDB")):
            for concurrency in (1, TAIL):
                against = found.ratio(ours, peer, concurrency)
                yield Row(f"{what}, twin over {peer}, c={concurrency}", against, "x")


def _stored(found: Found) -> Iterator[Row]:
    whole = median(found.latencies(OURS_STORED, 1))
    yield Row(
        "20 products from DynamoDB, over botocore's own call", whole / median(found.floor), "x", 2
    )
    for name in (OURS, OURS_STORED):
        taken = found.latencies(name, TAIL)
        yield Row(f"p99 over median, {name}, c={TAIL}", p99(taken) / median(taken), "x", 4)


def _series(figures: dict[tuple[str, int], float]) -> Series:
    series: Series = {}
    for (name, place), figure in figures.items():
        series.setdefault(name, {})[place] = figure
    return series
