"""What fields and workers ask of AWS: docs/calls.md states it, tests/unit/test_calls.py counts it.

The cost of a workload is worked out of the same rows (`infra.cost`).
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parent.parent / "docs" / "calls.md"
# | `Product.category` | `20 x {}` | 1 BatchGetItem | 4 | 0 |
ROW = re.compile(
    r"^\| `(?P<name>[\w.-]+)` \| `(?:(?P<times>\d+) x )?(?P<given>\{.*\})` "
    r"\| (?P<calls>[^|]*) \| (?P<reads>[\d.]+) \| (?P<writes>\d+) \|$",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Row:
    """One invocation: of a field by its coordinate, or of a worker, and what it asked for.

    A batched field has so many parents (`times`), a worker's batch so many records. `reads` and
    `writes` are DynamoDB's units of capacity, which it charges for.
    """

    name: str
    given: Mapping[str, Any]
    calls: Mapping[str, int]
    reads: float
    writes: int
    times: int = 0

    def __str__(self) -> str:
        """Write the row as the page has it."""
        times = f"{self.times} x " if self.times else ""
        calls = ", ".join(f"{n} {call}" for call, n in sorted(self.calls.items())) or "none"
        asked = f"{times}{json.dumps(self.given, ensure_ascii=False)}"
        return f"| `{self.name}` | `{asked}` | {calls} | {self.reads:g} | {self.writes} |"


def rows() -> list[Row]:
    """Read the page's rows, in their order."""
    return list(_rows(PAGE.read_text(encoding="utf-8")))


def _rows(text: str) -> Iterator[Row]:
    for found in ROW.finditer(text):
        calls = re.findall(r"(\d+) (\w+)", found["calls"])
        yield Row(
            found["name"],
            json.loads(found["given"]),
            {name: int(number) for number, name in calls},
            float(found["reads"]),
            int(found["writes"]),
            int(found["times"] or 0),
        )
