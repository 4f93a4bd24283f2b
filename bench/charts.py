"""Charts of a run, as SVG: throughput against concurrency, latency against result size."""

from dataclasses import dataclass
from html import escape

from bench.peers import Found, Series
from bench.rows import OUT

WIDTH, HEIGHT = 760, 420
LEFT, RIGHT, TOP, BOTTOM = 70, 250, 50, 50  # margins; the names of the lines stand at the right
COLOURS = ("#0b6e4f", "#1f77b4", "#b5651d", "#c0392b", "#6c3483")
TICKS = 5
APART = 16  # pixels between two names


@dataclass(frozen=True)
class Chart:
    """Lines over the same places; these are set evenly, for they double or nearly so."""

    title: str
    across: str
    up: str
    series: Series

    @property
    def places(self) -> list[int]:
        """List what was measured at."""
        return sorted({place for line in self.series.values() for place in line})

    @property
    def top(self) -> float:
        """Give a round figure that all are below."""
        highest = max(figure for line in self.series.values() for figure in line.values())
        step = 10.0 ** (len(str(int(highest))) - 1)
        return next(step * n / 2 for n in range(1, 21) if step * n / 2 >= highest)

    def x(self, place: int) -> float:
        """Find a place on the canvas."""
        share = self.places.index(place) / max(1, len(self.places) - 1)
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def y(self, figure: float) -> float:
        """Find a figure's height on the canvas."""
        return HEIGHT - BOTTOM - figure / self.top * (HEIGHT - TOP - BOTTOM)

    def svg(self) -> str:
        """Draw it."""
        middle = (LEFT + WIDTH - RIGHT) / 2
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
            'font-family="sans-serif" font-size="12">',
            f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
            _text(LEFT, 24, self.title, size=15),
            _text(middle, HEIGHT - 12, self.across, anchor="middle"),
            _text(LEFT, 42, self.up, colour="#555"),
            *self._grid(),
            *self._lines(),
        ]
        return "\n".join([*parts, "</svg>\n"])

    def _grid(self) -> list[str]:
        parts = []
        for n in range(TICKS + 1):
            figure = self.top * n / TICKS
            y = self.y(figure)
            parts.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>')
            parts.append(_text(LEFT - 8, y + 4, f"{figure:,g}", anchor="end"))
        for place in self.places:
            parts.append(_text(self.x(place), HEIGHT - BOTTOM + 18, f"{place}", anchor="middle"))
        return parts

    def _lines(self) -> list[str]:
        parts, lowest = [], float("inf")
        colours = dict(zip(self.series, COLOURS, strict=False))
        by_end = sorted(self.series.items(), key=lambda line: line[1][max(line[1])])
        for name, line in by_end:
            colour = colours[name]
            points = [(self.x(place), self.y(figure)) for place, figure in sorted(line.items())]
            path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
            parts.append(
                f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
            )
            parts += [
                f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in points
            ]
            lowest = min(points[-1][1] + 4, lowest - APART)  # from below upwards, none over another
            parts.append(_text(points[-1][0] + 10, lowest, name, colour=colour))
        return parts


def draw(found: Found) -> None:
    """Write both charts beside the results."""
    charts = {
        "throughput.svg": Chart(
            "20 products: throughput", "concurrent connections", "requests/s", found.throughput
        ),
        "latency.svg": Chart(
            "One request after the other: median latency", "products", "ms", found.by_size
        ),
    }
    OUT.mkdir(parents=True, exist_ok=True)
    for name, chart in charts.items():
        (OUT / name).write_text(chart.svg())


def _text(
    x: float, y: float, text: str, *, anchor: str = "start", colour: str = "#222", size: int = 12
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}" '
        f'font-size="{size}">{escape(text)}</text>'
    )
