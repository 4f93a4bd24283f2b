"""docs/cost.md: what the script writes, and sums that one can do by hand."""

from infra import prices
from infra.cost import PAGE, page
from infra.prices import Price
from infra.workloads import Line, fleet, mix, shop


def line(lines: list[Line], price: Price) -> Line:
    (found,) = [each for each in lines if each.price is price]
    return found


def test_page_is_what_the_script_writes() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m infra.cost"


def test_shop_has_the_seeds_requests_and_invocations() -> None:
    lines = shop(180e6)

    assert sum(times for times, _ in mix()) == 60
    assert round(line(lines, prices.INVOCATIONS).quantity) == 240_000_000
    assert line(lines, prices.OPERATIONS).dollars == 720  # 180 x $4
    assert round(line(lines, prices.INVOCATIONS).dollars, 2) == 48  # 240 x $0.20


def test_a_reading_is_five_writes_and_a_hundredth_of_an_invocation() -> None:
    lines = fleet(1000, subscribers=1)
    sent = 1000 * 30 * 24 * 3600

    assert line(lines, prices.WRITES).quantity == 5 * sent
    assert line(lines, prices.INVOCATIONS).quantity == sent / 100
    assert line(lines, prices.OPERATIONS).quantity == sent / 100
    assert line(lines, prices.UPDATES).quantity == sent / 1000
    assert line(lines, prices.MESSAGES).dollars == 1000
    assert round(line(lines, prices.MORE_MESSAGES).dollars, 2) == 1273.60  # 1,592 x $0.80


def test_what_nobody_watches_is_not_published() -> None:
    assert [each for each in fleet(1000, watched=0) if each.price is prices.OPERATIONS] == []
