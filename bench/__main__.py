"""`make bench`: measure what the issues promise, and print one table."""

import shutil
import subprocess
import sys
import tempfile
import time
from compileall import compile_dir
from pathlib import Path
from statistics import median

from bench import engine, growth, iot, lane, launch, peers, stages
from bench.charts import draw
from bench.fanout import fanout
from bench.load import latencies
from bench.process import memory_of_tree
from bench.report import write_page
from bench.rows import Row, keep, print_table, spread
from infra.bundle import build
from resolvers.catalog.resources import CONTEXT as CATALOG
from resolvers.registry import registry
from tests.support.twin import ROOT, running

NESTED = '{ products(category: "book", limit: 20) { name category { name } reviews { rating } } }'
SEARCH = '{ searchProducts(text: "hitchiker", limit: 20) { items { name price } nextToken } }'


def main() -> None:
    """Measure everything, print it, and keep it as JSON."""
    for folder in ("resolvers", "subscriptions", "infra", "local"):
        compile_dir(ROOT / folder, quiet=2)  # as make does ahead of a start
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder)
        found = peers.measure(data)
        rows = [
            *starts(data / "twin"),
            *launch.measure(data / "twin"),
            *peers.rows(found),
            *engine.measure(),
            *stages.measure(median(found.latencies(peers.OURS, 1))),
            *lane.measure(data / "twin"),
            *serving(data / "twin"),
            *subscribers(data / "twin"),
            *iot.measure(),
            *growth.measure(),
            *handler_import(),
            bundle(),
        ]
    print_table(rows)
    keep(rows)
    write_page(rows)
    draw(found)
    print("\ndocs/performance.md has this too, and says what is what. Charts: bench/out/*.svg")


def starts(data: Path) -> list[Row]:
    """Time `python -m local` to the first answered query: with empty tables, then warm."""

    def start() -> float:
        began = time.perf_counter()
        with running("--data", str(data)) as twin:
            twin.ask(peers.BOOKS)
            return time.perf_counter() - began

    first = start()
    warm = median(start() for _ in range(5))
    return [
        Row("first start, tables made and seeded", first, "s"),
        Row("start to first answered query, warm", warm, "s", 0.6),
    ]


def serving(data: Path) -> list[Row]:
    """Time queries one after the other, and weigh the whole twin."""
    with running("--data", str(data)) as twin:

        def timed(what: str, query: str, promised: float | None = None) -> Row:
            return spread(what, latencies(twin, query, count=400), "ms", promised)

        return [
            timed("POST /graphql, 20 products", peers.BOOKS, 4.0),
            timed("POST /graphql, 20 products with category and reviews", NESTED),
            timed("POST /graphql, fuzzy search", SEARCH),
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
        Row("lost of them, 100 subscribers", found["lost of 100"], "", 0),
        Row("uvicorn alone, one frame made once, to 100", found["floor"], "/s"),
        Row(
            "of which subscribers get", found["rate of 100"] / found["floor"], "x", 0.52, least=True
        ),
        Row("messages/s to 1,000 subscribers", found["rate of 1000"], "/s", 130e3, least=True),
        Row("lost of them, 1,000 subscribers", found["lost of 1000"], "", 0),
        Row("100 subscribers, 10,000 messages/s, p99", found["p99"], "ms", 5),
        Row("5,000 idle connections", found["idle"], "MB", 150),
        Row("publish that nobody waits for, in the broker", found["unheard"], "µs", 100),
        Row("finding one subscription of 1,000", found["look-up"], "µs"),
    ]


def handler_import() -> list[Row]:
    """Time the import of each handler in fresh processes, less the interpreter's own start."""

    def spent(module: str) -> float:
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", f"import {module}"], cwd=ROOT, check=True)
        return (time.perf_counter() - began) * 1000

    catalog, powertools = CATALOG.handler.rpartition(".")[0], "resolvers.shared.powertools"
    entries = [
        entry.rpartition(".")[0]
        for context in registry().contexts.values()
        for entry in (context.handler, *(worker.entry for worker in context.workers))
    ]
    others = [each for each in entries if each != catalog]
    taken: dict[str, list[float]] = {each: [] for each in ("sys", catalog, powertools, *others)}
    for _ in range(9):
        for module, times in taken.items():
            times.append(spent(module))
    bare = median(taken["sys"])
    return [
        Row("catalog handler, import in a fresh process", median(taken[catalog]) - bare, "ms", 90),
        Row("of which Powertools alone", median(taken[powertools]) - bare, "ms"),
        *(Row(f"import of {each}", median(taken[each]) - bare, "ms") for each in others),
    ]


def bundle() -> Row:
    """Weigh the Lambda bundle as a zip."""
    with tempfile.TemporaryDirectory() as folder:
        content = build(Path(folder) / "bundle")
        archive = shutil.make_archive(f"{folder}/bundle", "zip", content)
        return Row("Lambda bundle, zipped", Path(archive).stat().st_size / 1e6, "MB", 5)


if __name__ == "__main__":
    main()
