"""The Lambda bundle: our packages and those they need, in one folder that every function shares.

What they need is copied from the environment that synthesises, which has it anyway, to import the
registry: no Docker, no network, no cache to go stale. That is right as long as it is pure Python,
the same for every interpreter and processor, and this is checked; boto3 is Lambda's own.
"""

import re
import shutil
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path

ROOT = Path(__file__).parent.parent
LOCK = ROOT / "requirements" / "lambda.txt"
OURS = ("resolvers", "subscriptions")
# Differs between installers, or was made by running what was installed.
LEFT_OUT = {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "__pycache__", "tests"}


class Unbundled(RuntimeError):
    """A locked package that cannot be copied."""


def build(folder: Path) -> Path:
    """Fill the folder anew; the same sources give the same files."""
    shutil.rmtree(folder, ignore_errors=True)
    for name in OURS:
        for source in (ROOT / name).rglob("*"):
            _place(source, folder, source.relative_to(ROOT))
    for package in locked():
        for file in package.files or ():
            _place(Path(str(file.locate())), folder, Path(file))
    return folder


def locked() -> Iterator[Distribution]:
    """Find the locked packages installed; refuse another version, and compiled code."""
    for name, version in re.findall(r"^([\w.-]+)==([^\s;]+)", LOCK.read_text(), re.MULTILINE):
        package = distribution(name)
        if package.version != version:
            raise Unbundled(f"{name} {version} is locked, {package.version} installed: make setup")
        if "Root-Is-Purelib: true" not in (package.read_text("WHEEL") or ""):
            raise Unbundled(f"{name} has compiled code: install it with pip's --platform instead")
        yield package


def _place(source: Path, folder: Path, path: Path) -> None:
    if source.is_dir() or LEFT_OUT & set(path.parts) or ".." in path.parts:
        return
    target = folder / path
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    target.chmod(0o644)  # whatever the developer's umask: on Lambda another user reads it
