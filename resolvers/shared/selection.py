"""What a client selected of an answer, so that no more is read of an item than that takes.

AppSync tells it twice, and neither is all: a list of paths, fragments flattened, that has aliases
for names; and the text, which has both, but of a named fragment only the name. Within one answer a
path is always the same field, or one of each type that it may be of, so the text explains the list.
Where it does not, everything is read.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache, lru_cache
from typing import Any

from resolvers.shared.items import Only
from resolvers.shared.settings import keeps_every_answer
from resolvers.shared.shapes import camel

Reads = Mapping[str, tuple[str, ...] | None]

STRINGS = re.compile(r'"""(?:\\"""|[^"]|"(?!""))*"""|"(?:\\.|[^"\\])*"')
# Without strings an argument has no bracket of this kind; without arguments a colon is an alias's.
ARGUMENTS = re.compile(r"\([^()]*\)")
CONDITIONS = re.compile(r"(?<=\.\.\.)\s*on\s+\w+|@\w+")
SPREAD = re.compile(r"\.\.\.\s*\w")
TOKENS = re.compile(r"(?:(\w+)\s*:\s*)?(\w+)|(\.\.\.|[{}])")


@dataclass(frozen=True, slots=True)
class Selection:
    """The fields selected of an answer, as paths of their names; None where that can't be told.

    `reads` has, by coordinate, what the context's fields of types take of their parents.
    """

    paths: frozenset[str] | None
    reads: Reads

    def of(self, kind: type, at: str = "") -> Only:
        """Name the attributes of `kind`, a dataclass, that the fields selected `at` a path take.

        A field that another function answers takes what its batch `reads`; one whose needs are not
        known takes everything.
        """
        if self.paths is None:
            return None
        wanted = set[str]()
        for path in self.paths:
            place, _, name = path.rpartition("/")
            if place != at or name == "__typename":
                continue
            taken = self.reads.get(f"{kind.__name__}.{name}", _itself(kind, name))
            if taken is None:
                return None
            wanted.update(taken)
        return frozenset(wanted)


def selection(events: Sequence[Mapping[str, Any]], reads: Reads) -> Selection:
    """Read what the events of one invocation select together."""
    infos = [event.get("info") or {} for event in events]
    told = {
        (info.get("selectionSetGraphQL") or "", tuple(info.get("selectionSetList") or ()))
        for info in infos
    }
    return Selection(None if keeps_every_answer() else _all(_paths(*each) for each in told), reads)


def _all(parts: Iterable[frozenset[str] | None]) -> frozenset[str] | None:
    found = frozenset[str]()
    for part in parts:
        if part is None:
            return None
        found |= part
    return found


@lru_cache(maxsize=64)
def _paths(text: str, listed: tuple[str, ...]) -> frozenset[str] | None:
    """Give the paths by name, if the text explains every one that is listed."""
    for noise in (STRINGS, ARGUMENTS, CONDITIONS):
        text = noise.sub("", text)
    found = _named(text)
    known = listed and not SPREAD.search(text) and {shown for shown, _ in found} >= {*listed}
    return frozenset(real for _, real in found) if known else None


def _named(text: str) -> set[tuple[str, str]]:
    """Give each path, as the answer has it, with the path of the fields' names."""
    found = set[tuple[str, str]]()
    within, last = [("", "")], ("", "")
    for alias, name, sign in TOKENS.findall(text):
        if sign == "{":
            within.append(last)
        elif sign == "}":
            within.pop()
        elif sign:  # an inline fragment selects of what it stands in
            last = within[-1]
        else:
            shown, real = within[-1]
            last = (f"{shown}{alias or name}/", f"{real}{name}/")
            found.add((last[0][:-1], last[1][:-1]))
    return found


@cache
def _itself(kind: type, name: str) -> tuple[str, ...] | None:
    return (name,) if name in {camel(field.name) for field in fields(kind)} else None
