"""The order of one partition's items, and what a key condition asks of it."""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

MIRRORED = {"EQ": "EQ", "LT": "GT", "LE": "GE", "GT": "LT", "GE": "LE"}

Place = tuple[Any, ...]


class Unclear(ValueError):
    """What was asked for, or is there, is none of what can be put in order here."""


@dataclass(frozen=True, slots=True)
class Keys:
    """How a table, or an index, is ordered: by attributes of these names and types."""

    index: str | None
    partition: str
    sort: str | None
    order: list[tuple[str, str]]


@dataclass(slots=True)
class Order:
    """The items of one partition: their places, and by what they are found in the table."""

    keys: Keys
    places: list[Place]
    found_by: list[Any]

    def add(self, place: Place, found_by: Any) -> None:
        """Take an item in; Unclear if another has its place."""
        at = bisect_left(self.places, place)
        if at < len(self.places) and self.places[at] == place:
            raise Unclear
        self.places.insert(at, place)
        self.found_by.insert(at, found_by)

    def remove(self, place: Place) -> None:
        """Let an item go; Unclear if it is not there."""
        at = bisect_left(self.places, place)
        if at == len(self.places) or self.places[at] != place:
            raise Unclear
        del self.places[at], self.found_by[at]

    def range(self, test: str, values: list[Any]) -> tuple[int, int]:
        """Find the items whose sort key passes a test, as positions."""
        low = bisect_left(self.places, values[0], key=itemgetter(0))
        high = bisect_right(self.places, values[-1], key=itemgetter(0))
        if test == "begins_with":
            size = len(values[0])
            return low, bisect_right(self.places, values[0], key=lambda place: place[0][:size])
        end = len(self.places)
        ranges = {"LT": (0, low), "LE": (0, high), "GT": (high, end), "GE": (low, end)}
        return ranges.get(test, (low, high))


def parse(clause: list[tuple[str, str]]) -> tuple[str, str, list[str]]:
    """Read a clause of a key condition: which attribute, what test, and with which values."""
    match [token for token in clause if token[0] not in ("LPAREN", "RPAREN")]:
        case [("IDENT" | "NAME_REF", name), (test, _), ("VALUE_REF", value)] if test in MIRRORED:
            return name, test, [value]
        case [("VALUE_REF", value), (test, _), ("IDENT" | "NAME_REF", name)] if test in MIRRORED:
            return name, MIRRORED[test], [value]
        case [("IDENT", "begins_with"), ("IDENT" | "NAME_REF", name), _, ("VALUE_REF", value)]:
            return name, "begins_with", [value]
        case [("IDENT" | "NAME_REF", name), (_, word), (_, low), (_, "AND" | "and"), (_, high)]:
            if word.upper() == "BETWEEN":
                return name, "BETWEEN", [low, high]
    raise Unclear
