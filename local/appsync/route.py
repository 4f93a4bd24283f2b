"""Where fields are answered."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Route:
    """The function that answers a field, and for how many parents at a time (0: one, alone)."""

    function: str
    max_batch: int
