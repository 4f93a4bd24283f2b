"""The architecture's rules that code can break: shapes, sizes, imports."""

import ast
import subprocess
import sys
from pathlib import Path

import grimp
import pytest

from resolvers.registry import registry

ROOT = Path(__file__).parents[2]
PACKAGES = ("resolvers", "subscriptions", "infra", "local")
LAMBDA = ("resolvers", "subscriptions")
SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
NEEDED = {"__init__.py", "fields.py", "service.py", "store.py", "model.py", "resources.py"}
# A context with two stores has a module for each; the rules of a search are many, in three layers.
ALLOWED = NEEDED | {"workers.py", "releases.py", "search.py", "nearness.py", "joining.py"}
LONGEST_FILE = 300
LONGEST_FUNCTION = 50


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("context", registry().contexts)
def test_context_has_the_common_shape(context: str) -> None:
    files = {path.name for path in (ROOT / "resolvers" / context).glob("*.py")}
    entry = f"{registry().contexts[context].entry}.py"
    assert NEEDED - {"fields.py"} | {entry} <= files <= ALLOWED | {entry}


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_file_is_short(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= LONGEST_FILE


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_functions_are_short(path: Path) -> None:
    functions = [
        node
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    ]
    long = [f.name for f in functions if (f.end_lineno or 0) - f.lineno >= LONGEST_FUNCTION]
    assert long == []


def lambda_files_with(text: str) -> list[str]:
    files = [path for package in LAMBDA for path in (ROOT / package).rglob("*.py")]
    return [name(path) for path in files if text in path.read_text()]


def test_only_settings_reads_the_environment_of_lambda_code() -> None:
    assert lambda_files_with("os.environ") == ["resolvers/shared/settings.py"]


def test_only_one_module_makes_clients_of_lambda_code() -> None:
    assert lambda_files_with("create_client") == ["resolvers/shared/aws.py"]


def test_contexts_import_each_other_only_as_declared() -> None:
    graph = grimp.build_graph("resolvers", cache_dir=None)
    contexts = registry().contexts
    for context in contexts:
        for other in set(contexts) - {context, *contexts[context].uses}:
            chains = graph.find_shortest_chains(f"resolvers.{context}", f"resolvers.{other}")
            assert not chains, f"{context} reaches into {other} without declaring it"


def test_import_rules_hold() -> None:
    done = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
