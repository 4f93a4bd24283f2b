"""docs/performance.md: the part that a run writes; what stands around it is left as it is."""

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime

from bench.rows import Row
from tests.support.twin import ROOT

PAGE = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- written by `make bench` -->", "<!-- end -->"


def write_page(rows: Sequence[Row]) -> None:
    """Put a run's figures into the page."""
    before, _, rest = PAGE.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n{section(rows)}{END}{after}")


def section(rows: Sequence[Row]) -> str:
    """Write the figures: what was promised first, and whether it is met; then all the others."""
    promised = [row for row in rows if row.promised is not None]
    others = [row for row in rows if row.promised is None and not row.stage]
    stages = [row for row in rows if row.stage]
    met = sum(row.kept for row in promised)
    cores, python = os.cpu_count(), platform.python_version()
    lines = [
        f"Measured on {datetime.now(UTC):%Y-%m-%d}, {cores} cores ({_load()}), Python {python}: "
        f"{met} of {len(promised)} met.",
        "",
        "| promised | median | p99 | | |",
        "|---|---|---|---|---|",
        *(f"{_cells(row)} {row.promise} | {_verdict(row)} |" for row in promised),
        "",
        "| also measured | median | p99 |",
        "|---|---|---|",
        *(_cells(row) for row in others),
        "",
        f"A profile: the {sum(row.value for row in stages):,.0f} µs of one request for 20 products "
        "of a constant list.",
        "",
        "| part | alone, caches warm | share |",
        "|---|---|---|",
        *_shares(stages),
    ]
    return "\n".join(lines) + "\n"


def _load() -> str:
    """Say how busy the machine was: on a busy one, figures above one core's are low."""
    return f"load {os.getloadavg()[1]:.1f} at the end"


def _cells(row: Row) -> str:
    tail = "" if row.p99 is None else f"{row.p99:,.2f} {row.unit}"
    return f"| {row.what} | {row.value:,.2f} {row.unit} | {tail} |"


def _shares(stages: Sequence[Row]) -> list[str]:
    whole = sum(row.value for row in stages)
    return [f"| {r.what} | {r.value:,.0f} {r.unit} | {r.value / whole:.0%} |" for r in stages]


def _verdict(row: Row) -> str:
    return "met" if row.kept else "**not met**"
