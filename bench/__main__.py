"""`make bench`: measure what the issues promise, and print one table."""

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from bench.dynamo import query_latencies
from bench.fanout import fanout
from bench.load import latencies
from bench.process import memory_of_tree
from infra.bundle import build
from tests.support.twin import ROOT, RunningTwin, running

OUT = ROOT / "bench" / "out"
SEED_20 = '{ products(category: "book", limit: 20) { name description price } }'
NESTED = '{ products(category: "book", limit: 20) { name category { name } reviews { rating } } }'
SEARCH = '{ searchProducts(text: "hitchiker", limit: 20) { items { name price } nextToken } }'


@dataclass(frozen=True)
class Row:
    """One figure, and what was promised of it: at most so much, or, with `least`, at least."""

    what: str
    value: float
    unit: str
    promised: float | None = None
    least: bool = False

    @property
    def kept(self) -> bool:
        """Tell whether the promise holds."""
        if self.promised is None:
            return True
        return self.value >= self.promised if self.least else self.value <= self.promised


def main() -> None:
    """Measure everything, print it, and keep it as JSON."""
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        rows = [*starts(data), *serving(data), *subscribers(data), *handler_import(), bundle()]
    print_table(rows)
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / "results.json").write_text(json.dumps([asdict(row) for row in rows], indent=2))


def starts(data: Path) -> list[Row]:
    """Time `python -m local` to the first answered query: with empty tables, then warm."""

    def start() -> float:
        began = time.perf_counter()
        with running("--data", str(data)) as twin:
            twin.ask(SEED_20)
            return time.perf_counter() - began

    first = start()
    warm = median(start() for _ in range(5))
    return [
        Row("first start, tables made and seeded", first, "s"),
        Row("start to first answered query, warm", warm, "s", 0.8),
    ]


def serving(data: Path) -> list[Row]:
    """Time queries one after the other, and weigh the whole twin."""
    with running("--data", str(data)) as twin:
        rows = [
            *timed(twin, "POST /graphql, 20 products", SEED_20, 4.0),
            *timed(twin, "POST /graphql, 20 products with category and reviews", NESTED),
            *timed(twin, "POST /graphql, fuzzy search", SEARCH),
        ]
        floor = median(query_latencies(twin.client.get("/health").json()["aws"], count=400))
        return [
            *rows,
            Row("the same 20 items by botocore alone, median", floor, "ms"),
            Row("POST /graphql over botocore alone", rows[0].value / floor, "x"),
            Row("memory of the twin, all processes", memory_of_tree(twin.process.pid), "MB", 300),
        ]


def subscribers(data: Path) -> list[Row]:
    """Publish to subscribers, and let many wait."""
    with running("--data", str(data)) as twin:
        found = fanout(twin)
    return [
        Row(
            "messages/s to 100 subscribers, 200 mutations", found["rate of 100"], "/s", 130e3, True
        ),
        Row("lost of them", found["lost of 100"], "", 0),
        Row("uvicorn alone, one frame made once, to 100", found["floor"], "/s"),
        Row(
            "of which subscribers get", found["rate of 100"] / found["floor"], "x", 0.52, least=True
        ),
        Row("messages/s to 1,000 subscribers", found["rate of 1000"], "/s", 130e3, least=True),
        Row("lost of them", found["lost of 1000"], "", 0),
        Row("100 subscribers, 10,000 messages/s, p99", found["p99"], "ms", 5),
        Row("5,000 idle connections", found["idle"], "MB", 150),
        Row("publish that nobody waits for, in the broker", found["unheard"], "µs", 100),
        Row("finding one subscription of 1,000", found["look-up"], "µs"),
    ]


def timed(twin: RunningTwin, what: str, query: str, promised: float | None = None) -> list[Row]:
    """Give the median and the 99th percentile of one query."""
    taken = latencies(twin, query, count=400)
    return [
        Row(f"{what}, median", median(taken), "ms", promised),
        Row(f"{what}, p99", sorted(taken)[int(len(taken) * 0.99)], "ms"),
    ]


def handler_import() -> list[Row]:
    """Time the import of a handler in fresh processes, less the interpreter's own start."""

    def spent(code: str) -> float:
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
        return (time.perf_counter() - began) * 1000

    def middle(measure: Callable[[], float]) -> float:
        return median(measure() for _ in range(9))

    bare = middle(lambda: spent("pass"))
    powertools = middle(lambda: spent("import aws_lambda_powertools.event_handler.appsync"))
    full = middle(lambda: spent("import resolvers.catalog.fields"))
    return [
        Row("catalog handler, import in a fresh process", full - bare, "ms", 90),
        Row("of which Powertools alone", powertools - bare, "ms"),
    ]


def bundle() -> Row:
    """Weigh the Lambda bundle as a zip."""
    with tempfile.TemporaryDirectory() as folder:
        content = build(Path(folder) / "bundle")
        archive = shutil.make_archive(f"{folder}/bundle", "zip", content)
        return Row("Lambda bundle, zipped", Path(archive).stat().st_size / 1e6, "MB", 5)


def print_table(rows: list[Row]) -> None:
    """Print the figures beside what was promised."""
    for row in rows:
        bound = "over" if row.least else "under"
        promised = "" if row.promised is None else f"{bound} {row.promised:g}"
        print(f"{row.what:56} {row.value:11.2f} {row.unit:4} {promised:12} {verdict(row)}")


def verdict(row: Row) -> str:
    """Say only what is bad news."""
    return "" if row.kept else "MISSED"


if __name__ == "__main__":
    main()
