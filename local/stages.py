"""How far a start has come, when and with what: for who asks by `--stages`."""

import json
import sys
import time
from collections import Counter

_reached: dict[str, tuple[float, float]] = {}


def reached(stage: str) -> None:
    """Note that a stage of the start has been reached just now."""
    _reached[stage] = (time.perf_counter(), time.process_time())


def report() -> str:
    """Give a line of JSON.

    `stages` has the clock and this process's processor time of each, in seconds; `modules`, how
    many are imported by now, by package.
    """
    modules = Counter(name.partition(".")[0] for name in list(sys.modules))
    return json.dumps({"stages": _reached, "modules": modules})
