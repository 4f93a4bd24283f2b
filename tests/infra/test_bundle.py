"""The bundle: what Lambda needs, nothing else, and the same each time."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from infra import bundle as bundling
from infra.bundle import Unbundled, build
from resolvers.registry import registry

MEGABYTE = 1024 * 1024


def _files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_bundle_holds_what_lambda_imports(bundle: Path) -> None:
    tops = {path.name for path in bundle.iterdir() if not path.name.endswith(".dist-info")}

    assert tops == {
        "resolvers",
        "subscriptions",
        "aws_lambda_powertools",
        "jmespath",
        "typing_extensions.py",
    }


def test_bundle_has_neither_bytecode_nor_tests(bundle: Path) -> None:
    odd = ("__pycache__", ".pyc", "/tests/", "RECORD")

    assert [name for name in _files(bundle) if any(part in name for part in odd)] == []


@pytest.mark.parametrize("context", registry().contexts)
def test_handler_imports_from_the_bundle_alone(context: str, bundle: Path) -> None:
    module = registry().contexts[context].handler.rpartition(".")[0]
    script = f"import sys; sys.path.insert(0, {str(bundle)!r}); import {module}"

    subprocess.run([sys.executable, "-I", "-S", "-B", "-c", script], check=True)


def test_publishing_finds_its_operations_in_the_bundle(bundle: Path) -> None:
    script = f"""import sys; sys.path.insert(0, {str(bundle)!r})
from resolvers.shared.operations import OPERATIONS
sys.stdout.write(OPERATIONS.read_text())"""
    command = [sys.executable, "-I", "-S", "-B", "-c", script]

    found = subprocess.run(command, check=True, capture_output=True, text=True).stdout

    assert found == (bundle / "subscriptions" / "operations.graphql").read_text()


def test_bundle_is_the_same_each_time(bundle: Path, tmp_path: Path) -> None:
    stale = tmp_path / "again" / "resolvers" / "gone.py"
    stale.parent.mkdir(parents=True)
    stale.touch()

    assert _files(build(tmp_path / "again")) == _files(bundle)


def test_zipped_bundle_is_under_five_megabytes(bundle: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "bundle.zip", "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in _files(bundle).items():
            packed.writestr(name, content)

    assert (tmp_path / "bundle.zip").stat().st_size < 5 * MEGABYTE


@pytest.mark.parametrize(
    ("lock", "reason"),
    [("jmespath==0.0.1\n", "is locked, .* installed"), ("orjson=={orjson}\n", "compiled")],
)
def test_package_that_cannot_be_copied_is_refused(
    lock: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from importlib.metadata import version

    locked = tmp_path / "lambda.txt"
    locked.write_text(lock.format(orjson=version("orjson")))
    monkeypatch.setattr(bundling, "LOCK", locked)

    with pytest.raises(Unbundled, match=reason):
        build(tmp_path / "bundle")
