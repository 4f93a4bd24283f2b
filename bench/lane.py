"""The way from functions to the embedded DynamoDB: the query below `products`, by lane and by HTTP.

Both clients are in one process and ask one engine in turns; a ratio is the median of the turns'.
"""

import asyncio
from pathlib import Path
from statistics import median

from bench.dynamo import Botocore
from bench.rows import Row, spread
from local.cloud.engine import Engine

ROUNDS, TIMES = 20, 25


def measure(data: Path) -> list[Row]:
    """Time both on a twin's folder of state; gives medians, 99th percentiles in ms, and a ratio."""
    engine = Engine(data)
    with asyncio.Runner() as runner:
        url = runner.run(engine.start())
        try:
            return _measure(Botocore(url), Botocore(url, engine.lane))
        finally:
            runner.run(engine.stop())


def _measure(plain: Botocore, quick: Botocore) -> list[Row]:
    slow: list[float] = []
    fast: list[float] = []
    ratios = []
    for _ in range(ROUNDS):
        slow += plain.latencies(TIMES)
        fast += quick.latencies(TIMES)
        ratios.append(median(slow[-TIMES:]) / median(fast[-TIMES:]))
    return [
        spread("20 items from the embedded DynamoDB, over the lane", fast, "ms"),
        spread("20 items from the embedded DynamoDB, by plain botocore", slow, "ms"),
        Row("the lane over plain botocore, 20 items", median(ratios), "x"),
    ]
