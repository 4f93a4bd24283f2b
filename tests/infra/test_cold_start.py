"""What a cold start has to import, handler by handler: counted, since times differ by machine.

A budget is a little more than what there is. Whoever goes beyond it has made every cold start
longer, and says here that it pays; `make bench` has the milliseconds.
"""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from resolvers.registry import registry

# Each costs more than our own code: clients are made of botocore, on first use; shapes are checked
# by shared/shapes.py; Lambda's own tracing needs no SDK.
FORBIDDEN = {"boto3", "pydantic", "aws_xray_sdk", "graphql", "strawberry"}
SCRIPT = """
import json, sys
from importlib import import_module
from pathlib import Path
bundle, handler = sys.argv[1:]
sys.path.insert(0, bundle)
before = set(sys.modules)
import_module(handler)
files = {name: getattr(sys.modules[name], "__file__", None) for name in sys.modules.keys() - before}
bundled = {n: Path(f).stat().st_size for n, f in files.items() if f and f.startswith(bundle)}
print(json.dumps([sorted(files), bundled]))
"""


@dataclass(frozen=True)
class Imported:
    """The modules that an import brings, and of those the bundle has: how many, how many KB."""

    modules: int
    bundled: int
    kilobytes: int


FIELDS = Imported(modules=205, bundled=95, kilobytes=650)  # of which Powertools 52, 290 KB
BUDGETS = {
    "resolvers.authorizer.decide": Imported(modules=60, bundled=16, kilobytes=45),
    "subscriptions.transformer": Imported(modules=165, bundled=85, kilobytes=560),
}
CONTEXTS = registry().contexts.values()
HANDLERS = [context.handler for context in CONTEXTS]
WORKERS = [worker.entry for context in CONTEXTS for worker in context.workers]
MODULES = [entry.rpartition(".")[0] for entry in (*HANDLERS, *WORKERS)]


@pytest.mark.parametrize("module", MODULES)
def test_handler_imports_no_more_than_its_budget(module: str, bundle: Path) -> None:
    # Isolated, without any variable, yet with the environment's packages: Lambda has boto3, too.
    command = [sys.executable, "-I", "-B", "-c", SCRIPT, str(bundle.resolve()), module]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env={})
    names, sizes = json.loads(done.stdout)
    budget = BUDGETS.get(module, FIELDS)
    found = Imported(len(names), len(sizes), sum(sizes.values()) // 1000)

    assert [name for name in names if name.split(".")[0] in FORBIDDEN] == []
    assert [name for name in names if name.startswith("botocore.")] == []  # Powertools takes one
    assert module in sizes
    assert found.modules <= budget.modules
    assert found.bundled <= budget.bundled
    assert found.kilobytes <= budget.kilobytes


def test_budgets_are_of_handlers() -> None:
    assert set(MODULES) >= set(BUDGETS)


def test_bundle_is_within_its_budget(bundle: Path) -> None:
    kilobytes = sum(path.stat().st_size for path in bundle.rglob("*") if path.is_file()) // 1000

    assert kilobytes <= 4400  # as it lies; Lambda unpacks it at every cold start
