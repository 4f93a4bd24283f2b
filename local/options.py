"""What `python -m local` may be told."""

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Options:
    """The options of one run; `fd` (a listening socket) and `again` are `--reload`'s to itself."""

    port: int
    data: Path
    fresh: bool
    endpoint_url: str | None
    reload: bool
    fd: int | None
    again: bool


def read_options(arguments: Sequence[str] | None = None) -> Options:
    """Read the command line; explains itself and exits if it makes no sense."""
    parser = argparse.ArgumentParser(prog="python -m local", description="AppSync on this machine.")
    port = os.environ.get("PORT") or "4000"
    parser.add_argument("--port", type=_port, default=port, help="port to serve (4000, or PORT)")
    parser.add_argument(
        "--data", type=Path, default=Path(".twinberry"), help="folder of the state (.twinberry)"
    )
    parser.add_argument(
        "--fresh", action="store_true", help="forget the state, start from the seeds"
    )
    parser.add_argument("--endpoint-url", help="use this AWS endpoint instead of the embedded one")
    parser.add_argument(
        "--reload", action="store_true", help="restart when the code or schema changes"
    )
    parser.add_argument("--fd", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--again", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    return Options(**vars(given))


def _port(text: str) -> int:
    try:
        port = int(text)
    except ValueError:
        port = -1
    if not 0 <= port <= 65535:  # noqa: PLR2004 - what a port can be
        raise argparse.ArgumentTypeError(f"{text!r} is not a port")
    return port
