"""Where the time of a start goes: the stages that a twin passes, as `--stages` tells them."""

import json
import time
from pathlib import Path
from statistics import median
from typing import Any

from bench.rows import Row
from tests.support.twin import running


def measure(data: Path, count: int = 5) -> list[Row]:
    """Start a twin that has its tables again and again; give when it reaches what, in ms."""
    starts = [_start(data) for _ in range(count)]
    names = sorted(starts[-1]["stages"], key=lambda name: starts[-1]["stages"][name])
    found = [
        Row(f"of a warm start: {name}", median(s["stages"][name][0] for s in starts) * 1000, "ms")
        for name in names
    ]
    spent = median(max(used for _, used in s["stages"].values()) for s in starts) * 1000
    modules = sum(starts[-1]["modules"].values())
    return [
        *found,
        Row("of a warm start: processor time of the server", spent, "ms"),
        Row("of a warm start: modules in the server", modules, ""),
    ]


def _start(data: Path) -> dict[str, Any]:
    began = time.perf_counter()
    with running("--data", str(data), "--stages") as twin:
        told: dict[str, Any] = json.loads(twin.await_line(r'(\{"stages".*)'))
    told["stages"] = {n: (at - began, used) for n, (at, used) in told["stages"].items()}
    return told
