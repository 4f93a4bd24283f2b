"""What a start imports, counted, since times differ by machine; `make bench` has the stages.

A budget is a little more than what there is. Whoever goes beyond it makes every start longer, and
says here that it pays.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.twin import running

# For TLS and tokens; functions; deploying; `--reload` alone. None is needed before a request.
LATER = {"cryptography", "jwt", "boto3", "botocore", "aws_cdk", "jsii", "httpx"}
MOST = 885  # of which graphql-core 153, Strawberry 130, ours 158
BEFORE_THE_ZYGOTE = ("the zygote's process is made", "the loop runs")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Give what a twin tells of its start when it is up; not of the first, which makes keys."""
    data: Path = tmp_path_factory.mktemp("data")
    with running("--data", str(data)):
        pass
    with running("--data", str(data), "--stages") as twin:
        found: dict[str, Any] = json.loads(twin.await_line(r'(\{"stages".*)'))
        return found


def test_the_server_imports_no_more_than_its_budget(told: dict[str, Any]) -> None:
    modules = told["modules"]

    assert sum(modules.values()) <= MOST
    assert modules.keys() & LATER == {"botocore"}  # Powertools takes the package, for its version
    assert modules["botocore"] == 1


def test_the_slowest_process_starts_first(told: dict[str, Any]) -> None:
    first, second, *_ = sorted(told["stages"], key=lambda name: told["stages"][name])

    assert (first, second) == BEFORE_THE_ZYGOTE
