"""What the bench makes of its figures; the figures themselves are no test's business."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from bench import report, rows
from bench.charts import Chart
from bench.compare import line
from bench.iot import Flood
from bench.load import whole
from bench.rows import Row, p99, spread

SLOW = Row("start", 2.0, "s", promised=0.6)
FAST = Row("ratio", 6.0, "x", promised=5, least=True, p99=7.5)
PLAIN = Row("memory", 1.0, "MB")
NAMESPACE = "{http://www.w3.org/2000/svg}"


def test_promise_is_a_bound_from_either_side() -> None:
    assert (SLOW.kept, FAST.kept, PLAIN.kept) == (False, True, True)
    assert not Row("ratio", 4.9, "x", promised=5, least=True).kept


def test_spread_gives_median_and_tail() -> None:
    row = spread("latency", [*range(1, 100), 1000], "ms")
    assert (row.value, row.p99) == (50.5, 1000)
    assert p99([3]) == 3


@pytest.mark.parametrize(
    ("acknowledged", "stored", "arrived", "recognised", "amiss"),
    [
        (11, 10, [10, 10], [10, 10], 0),
        (9, 10, [10, 10], [10, 10], 2),  # not acknowledged
        (11, 9, [10, 10], [10, 10], 1),  # lost
        (11, 12, [10, 10], [10, 10], 2),  # doubled
        (11, 10, [10, 9], [9, 9], 3),  # one lost at each subscriber, one doubled at the first
    ],
)
def test_flood_counts_what_did_not_come_once(
    acknowledged: int, stored: int, arrived: list[int], recognised: list[int], amiss: int
) -> None:
    """Of eleven messages, ten of them different."""
    taken = [1.0] * acknowledged
    found = Flood(11, 10, 1.0, taken, stored, 0.0, arrived, recognised, {}, 0)
    assert found.amiss == amiss


def test_kept_results_are_read_back_and_the_run_before_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("RESULTS", "PREVIOUS"):
        monkeypatch.setattr(rows, name, tmp_path / name)
    monkeypatch.setattr(rows, "OUT", tmp_path)
    rows.keep([SLOW])
    rows.keep([FAST, PLAIN])
    assert rows.read(tmp_path / "PREVIOUS") == {"start": SLOW}
    assert rows.read(tmp_path / "RESULTS") == {"ratio": FAST, "memory": PLAIN}


def test_comparison_gives_new_over_old() -> None:
    faster = Row("ratio", 9.0, "x", p99=15.0)
    assert line(FAST, faster).split() == ["ratio", "6.00", "9.00", "x", "1.50", "2.00"]
    assert line(Row("lost", 0, ""), Row("lost", 1, "")).split() == ["lost", "0.00", "1.00"]


def test_page_keeps_what_stands_around_the_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "performance.md"
    monkeypatch.setattr(report, "PAGE", page)
    page.write_text(f"before\n{report.BEGIN}\nold\n{report.END}\nafter\n")
    for _ in range(2):
        report.write_page([SLOW, FAST, PLAIN])
    text = page.read_text()
    assert text.startswith("before\n") and text.endswith("after\n")
    assert "old" not in text and text.count("| start |") == 1
    assert "| start | 2.00 s |  | at most 0.6 | **not met** |" in text
    assert "| ratio | 6.00 x | 7.50 x | at least 5 | met |" in text
    assert "1 of 2 met" in text


def test_chart_draws_every_line_inside_and_escapes_names() -> None:
    chart = Chart("t", "n", "ms", {"a <b>": {1: 10.0, 16: 0.0}, "c": {1: 1.0, 16: 1.0}})
    root = ElementTree.fromstring(chart.svg())  # noqa: S314 - our own
    assert {"a <b>", "c"} <= {each.text for each in root.iter(f"{NAMESPACE}text")}
    lines = [each.attrib["points"] for each in root.iter(f"{NAMESPACE}polyline")]
    heights = [float(point.split(",")[1]) for each in lines for point in each.split()]
    assert len(lines) == 2
    assert min(heights) >= chart.y(chart.top) and max(heights) <= chart.y(0)


@pytest.mark.parametrize(
    "body",
    ["content-length: 2\r\n\r\nok", "transfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"],
)
def test_client_knows_when_an_answer_iswhole(body: str) -> None:
    answer = f"HTTP/1.1 200 OK\r\n{body}".encode()
    assert [whole(answer[:size]) for size in range(len(answer))] == [False] * len(answer)
    assert whole(answer)
