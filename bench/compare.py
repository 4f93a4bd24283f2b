"""`make bench-compare`: two runs side by side, as ratios of the second to the first.

Absolute figures are comparable only if both ran on the same machine under the same load; the rows
in `x` are ratios within one run, and move less.
"""

import sys
from pathlib import Path

from bench.rows import PREVIOUS, RESULTS, Row, read


def main() -> int:
    """Compare the files of the command line, or the last two runs; returns the exit status."""
    given = sys.argv[1:]
    paths = [Path(each) for each in given] if len(given) == 2 else [PREVIOUS, RESULTS]
    missing = [str(path) for path in paths if not path.is_file()]
    if missing:
        print(f"No such file: {', '.join(missing)}. `make bench` writes them.", file=sys.stderr)
        return 1
    old, new = (read(path) for path in paths)
    print(f"{'':58} {'old':>11} {'new':>11} {'':5} {'new/old':>8} {'p99':>8}")
    for what in old:
        if what in new:
            print(line(old[what], new[what]))
    for what in old.keys() ^ new.keys():
        print(f"{what:58} only in the {'old' if what in old else 'new'} one")
    return 0


def line(old: Row, new: Row) -> str:
    """Print one figure of both runs, and by how much it has changed."""
    figures = f"{old.value:11.2f} {new.value:11.2f} {new.unit:5} {_ratio(old.value, new.value):>8}"
    return f"{new.what:58} {figures} {_ratio(old.p99, new.p99):>8}"


def _ratio(old: float | None, new: float | None) -> str:
    return f"{new / old:.2f}" if old and new is not None else ""


if __name__ == "__main__":
    sys.exit(main())
