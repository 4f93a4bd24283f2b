"""What is left out of Powertools is there, and the same, for who asks; if it can't be, all is."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from resolvers.shared.powertools import lean

FRESH = """
import sys
from resolvers.shared import powertools
import aws_lambda_powertools.event_handler.appsync as resolver
assert "aws_lambda_powertools.event_handler.api_gateway" not in sys.modules
assert "aws_lambda_powertools.utilities.data_classes.sqs_event" not in sys.modules

from aws_lambda_powertools import event_handler
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, AppSyncResolver
from aws_lambda_powertools.utilities.data_classes import *
from aws_lambda_powertools.utilities.data_classes import appsync_resolver_event
assert AppSyncResolver is powertools.AppSyncResolver is event_handler.AppSyncResolver
assert AppSyncResolverEvent is appsync_resolver_event.AppSyncResolverEvent
assert SQSEvent and APIGatewayRestResolver
assert event_handler.appsync is resolver
"""
# Some of these modules need their whole package, which needs them, so it has to come first.
OTHERS = [
    "import aws_lambda_powertools.event_handler as x; x.Response",
    "import aws_lambda_powertools.event_handler; aws_lambda_powertools.event_handler.Response",
    "import aws_lambda_powertools; aws_lambda_powertools.event_handler.appsync.AppSyncResolver",
    "from aws_lambda_powertools import event_handler as x; x.Response",
    "from aws_lambda_powertools.event_handler.api_gateway import Response",
    "from aws_lambda_powertools.event_handler.bedrock_agent import BedrockAgentResolver",
    "from aws_lambda_powertools.event_handler.exceptions import NotFoundError",
    "from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSEvent",
    "from aws_lambda_powertools.utilities.batch import BatchProcessor",
    "import importlib, aws_lambda_powertools.event_handler as x; importlib.reload(x).Response",
]


@pytest.fixture
def future(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Give a package `later`, of a module `wanted` and one more, to be completed by a test."""
    package = tmp_path / "later"
    package.mkdir()
    (package / "__init__.py").write_text("from later.more import MORE\nfrom later.wanted import it")
    (package / "more.py").write_text("MORE = 1")
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path])
    monkeypatch.syspath_prepend(str(tmp_path))
    yield package
    for name in [name for name in sys.modules if name.startswith("later")]:
        del sys.modules[name]


def test_the_packages_are_whole_for_who_imports_them_afterwards() -> None:
    subprocess.run([sys.executable, "-c", FRESH], check=True)


@pytest.mark.parametrize("others", OTHERS)
def test_other_parts_are_imported_as_ever(others: str) -> None:
    code = f"from resolvers.shared import powertools; {others}"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_package_that_is_put_off_does_not_run(future: Path) -> None:
    (future / "wanted.py").write_text("it = object()")

    assert lean("later.wanted", {"later": {}}).it

    assert "later.more" not in sys.modules


def test_a_package_runs_when_something_else_of_it_is_wanted(future: Path) -> None:
    (future / "wanted.py").write_text(
        dedent("""
            import later
            it = lambda: later.MORE
        """)
    )

    assert lean("later.wanted", {"later": {}}).it() == 1


def test_a_module_that_needs_its_package_first_gets_it(future: Path) -> None:
    (future / "wanted.py").write_text("from later import MORE as it")

    assert lean("later.wanted", {"later": {}}).it == 1


def test_a_package_that_no_longer_has_a_module_is_imported_whole(future: Path) -> None:
    (future / "wanted.py").write_text("it = object()")

    assert lean("later.wanted", {"later": {"Event": "events"}}).it is sys.modules["later"].it


def test_a_module_that_is_not_there_is_an_import_error() -> None:
    with pytest.raises(ImportError, match="no_such_package"):
        lean("no_such_package.wanted", {"no_such_package": {}})
