"""Where fields are answered."""

from collections.abc import Sequence
from dataclasses import dataclass

from resolvers.shared.routing import Eviction


@dataclass(frozen=True, slots=True)
class Route:
    """The function that answers a field, and for how many parents at a time (0: one, alone).

    A field that evicts has its value in an envelope, like the elements of a batch.
    """

    function: str
    max_batch: int
    evicts: Sequence[Eviction] = ()
