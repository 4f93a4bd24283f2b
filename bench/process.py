"""Processes beside the bench: servers that are compared with, and what a tree of them weighs."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.twin import ROOT


@contextmanager
def serving(module: str, *arguments: str) -> Iterator[int]:
    """Run `python -m module PORT …` until the block ends; gives its port once that is open."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    server = subprocess.Popen([sys.executable, "-m", module, str(port), *arguments], cwd=ROOT)
    try:
        while True:
            assert server.poll() is None, f"{module} ended by itself"
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except ConnectionRefusedError:
                time.sleep(0.05)
        yield port
    finally:
        server.terminate()
        server.wait()


def memory_of_tree(pid: int) -> float:
    """Add up a process and its descendants, shared pages once (PSS), in MB; Linux only."""
    own = _proportional(pid)
    children = [
        int(child)
        for task in Path(f"/proc/{pid}/task").glob("*/children")
        for child in task.read_text().split()
    ]
    return own + sum(memory_of_tree(child) for child in children)


def _proportional(pid: int) -> float:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1000
    return 0.0
