"""How far a start has come, and when: for `bench`, which asks by `--stages`."""

import json
import time

_reached: dict[str, tuple[float, float]] = {}


def reached(stage: str) -> None:
    """Note that a stage of the start has been reached just now."""
    _reached[stage] = (time.perf_counter(), time.process_time())


def report() -> str:
    """Give a line of JSON: for each stage the clock and this process's processor time, in s."""
    return json.dumps({"stages": _reached})
