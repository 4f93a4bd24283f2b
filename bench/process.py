"""Processes beside the bench: servers that are compared with, and what a tree of them weighs."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.twin import ROOT


@contextmanager
def serving(module: str, *arguments: str) -> Iterator[tuple[int, int]]:
    """Run `python -m module PORT …` until the block ends; gives its open port, and its pid."""
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
        yield port, server.pid
    finally:
        server.terminate()
        server.wait()


def memory_of_tree(pid: int) -> float:
    """Add up a process and its descendants, shared pages once (PSS), in MB; Linux only."""
    return sum(map(_proportional, _tree(pid)))


def cpu_of_tree(pid: int) -> float:
    """Add up the seconds that a process and its descendants have computed; Linux only."""
    return sum(map(_computed, _tree(pid)))


def _tree(pid: int) -> Iterator[int]:
    yield pid
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            yield from _tree(int(child))


def _proportional(pid: int) -> float:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1000
    return 0.0


def _computed(pid: int) -> float:
    # Behind the name, which may have spaces in it: user and system time are the 12th and 13th.
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
