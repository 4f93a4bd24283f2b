"""What the seed workloads cost at list price: `python -m infra.cost` writes docs/cost.md."""

from collections.abc import Iterable
from pathlib import Path

from infra import prices
from infra.prices import Price
from infra.workloads import (
    ANSWER_BYTES,
    CALL_MS,
    LINE_BYTES,
    LOG_BYTES,
    MARKER_BYTES,
    READING_BYTES,
    SECONDS,
    STREAM_RECORD,
    WORK_MS,
    Line,
    Workload,
    fleet,
    memory,
    mix,
    shop,
    transformed,
)

PAGE = Path(__file__).parent.parent / "docs" / "cost.md"
HEAD = """\
# What it costs

Made by `python -m infra.cost` of [the calls of each field](calls.md), which are counted, of AWS's
list prices in us-east-1 without free tiers, and of the assumptions below; a month has 30 days. Not
to be edited.
"""


def workloads() -> list[tuple[Workload, bool]]:
    """Give the seed workloads, and whether the page has their parts: others have the same."""
    return [
        (Workload("Shop, 180 M requests a month (240 M invocations)", shop(180e6)), True),
        (Workload("Shop, 70 requests a second", shop(70 * SECONDS)), False),
        (Workload("Shop, 100 requests a second", shop(100 * SECONDS)), False),
        (Workload("1,000 devices, a reading a second each, all published", fleet(1000)), False),
        (
            Workload("1,000 devices, with a subscriber to each", fleet(1000, subscribers=1000)),
            True,
        ),
        (
            Workload("1,000 devices, `publish=watched`, nobody watching", fleet(1000, watched=0)),
            False,
        ),
    ]


def page() -> str:
    """Write the page."""
    found = workloads()
    return "\n".join(
        [
            HEAD,
            _table("workload | $ a month", (f"{w.name} | {w.dollars:,.0f}" for w, _ in found)),
            *(_detail(workload) for workload, detailed in found if detailed),
            _assumptions(),
            _decisions(),
            "## Prices\n",
            _table("item | price | from", map(_price, prices.ALL)),
        ]
    )


def _table(head: str, lines: Iterable[str]) -> str:
    ruler = "|".join("---" for _ in head.split("|"))
    return "\n".join([f"| {head} |", f"|{ruler}|", *(f"| {line} |" for line in lines), ""])


def _detail(workload: Workload) -> str:
    lines = (
        f"{line.price.item} | {_amount(line)} | {line.dollars:,.2f}" for line in workload.lines
    )
    return f"## {workload.name}\n\n" + _table("item | quantity | $ a month", lines)


def _amount(line: Line) -> str:
    if line.price.per == prices.MILLION:
        return f"{line.quantity / prices.MILLION:,.1f} million"
    return f"{line.quantity / line.price.per:,.0f} {line.price.unit.removesuffix('-month')}"


def _price(price: Price) -> str:
    dollars = f"{price.dollars:.10f}".rstrip("0").rstrip(".")
    return f"{price.item} | ${dollars} per {price.unit} | {price.source}"


def _assumptions() -> str:
    counted, batch = mix(), transformed().times
    requests = sum(times for times, _ in counted)
    invocations = sum(times * len(asked) for times, asked in counted)
    asked = "\n".join(
        f"  - {times} of {', '.join(f'`{row.name}`' for row in rows)}" for times, rows in counted
    )
    return f"""\
## What is assumed
- The shop's {requests} requests are {invocations} invocations, as the seed's 180 and 240 million
  are; AppSync caches nothing, nobody subscribes, and an answer has {ANSWER_BYTES} bytes:
{asked}
- A request is one operation of AppSync however many fields it has, as the examples of its pricing
  page read. If each field were one, publishing would cost {batch} times as much.
- A function is billed for {WORK_MS} ms of work and {CALL_MS} ms a call, as if none were made side
  by side; cold starts are left out. Lambda logs {LOG_BYTES} bytes of an invocation. X-Ray and
  AppSync's own logs are left out.
- The transformer's batches are full: {batch} readings. With batches of ten, its invocations, logs
  and publishing would cost ten times as much; what DynamoDB charges would stay.
- A message is a Kinesis record of up to {STREAM_RECORD} bytes, and a reading a line of
  {LINE_BYTES} in the dump. In its table it has {READING_BYTES} bytes, with the index's entry and
  DynamoDB's overhead; a marker has {MARKER_BYTES}, for a week. Storage is what one month adds, and
  is charged again every month after. S3, a few dollars, is left out.
- A subscriber is connected all the time, and hears each reading of one device, in up to 5 KB.
"""


def _decisions() -> str:
    snapshots = sum(prices.SNAPSHOTS.of(SECONDS * each / 1024) for each in memory().values())
    batch = transformed().times
    saved = 1 - prices.COMPUTING.dollars / prices.COMPUTING_X86.dollars
    return f"""\
## What follows
- **arm64** costs {saved:.0%} less than x86 for the same memory and time, and the bundle is pure
  Python.
- **SnapStart** is off. It is made for initialisations of seconds; ours takes about a tenth of
  one (`make bench`). Snapshots of {len(memory())} functions would cost ${snapshots:.2f} a month,
  restorations extra, and every deployment would need versions and aliases.
- **`-c publish=watched`** saves the operations for readings that nobody waits for. They are cheap,
  because a request publishes {batch}; it is the subscribers' updates that cost.
- **DynamoDB's writes** are {_share_of_writes():.0%} of the devices' bill: 5 units a reading, for it
  and its marker are written in one transaction, at twice the price, and an index's entry besides.
"""


def _share_of_writes() -> float:
    bill = Workload("", fleet(1000))
    return sum(line.dollars for line in bill.lines if line.price is prices.WRITES) / bill.dollars


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
