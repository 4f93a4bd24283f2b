"""The figures of a run: what was measured, what was promised of it, and how they are kept."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from tests.support.twin import ROOT

OUT = ROOT / "bench" / "out"
RESULTS = OUT / "results.json"
PREVIOUS = OUT / "previous.json"


@dataclass(frozen=True)
class Row:
    """One figure, and what was promised of it: at most so much, or, with `least`, at least.

    Of something that was measured many times, `value` is the median and `p99` what one in a hundred
    is above. With `stage`, it is a part of what another figure is the whole of.
    """

    what: str
    value: float
    unit: str
    promised: float | None = None
    least: bool = False
    p99: float | None = None
    stage: bool = False

    @property
    def kept(self) -> bool:
        """Tell whether the promise holds."""
        if self.promised is None:
            return True
        return self.value >= self.promised if self.least else self.value <= self.promised

    @property
    def promise(self) -> str:
        """Say what was promised; empty if nothing was."""
        bound = "at least" if self.least else "at most"
        return "" if self.promised is None else f"{bound} {self.promised:g}"


def spread(what: str, taken: Sequence[float], unit: str, promised: float | None = None) -> Row:
    """Make a row of many measurements of one thing."""
    return Row(what, median(taken), unit, promised, p99=p99(taken))


def p99(taken: Sequence[float]) -> float:
    """Give the value that one in a hundred is above."""
    return sorted(taken)[int(len(taken) * 0.99)]


def print_table(rows: Sequence[Row]) -> None:
    """Print the figures beside what was promised; the verdict says only what is bad news."""
    print(f"{'':58} {'median':>11} {'p99':>9}")
    for row in rows:
        tail = "" if row.p99 is None else f"{row.p99:.2f}"
        verdict = "" if row.kept else "MISSED"
        print(f"{row.what:58} {row.value:11.2f} {tail:>9} {row.unit:5} {row.promise:16} {verdict}")


def keep(rows: Sequence[Row]) -> None:
    """Write the figures as JSON; those of the run before stay beside them, to compare with."""
    assert len({row.what for row in rows}) == len(rows), "two rows of one name"
    OUT.mkdir(parents=True, exist_ok=True)
    if RESULTS.exists():
        RESULTS.replace(PREVIOUS)
    RESULTS.write_text(json.dumps([asdict(row) for row in rows], indent=2))


def read(path: Path) -> dict[str, Row]:
    """Read a run's figures by what they are of."""
    given: list[dict[str, Any]] = json.loads(path.read_text())
    return {each["what"]: Row(**each) for each in given}
