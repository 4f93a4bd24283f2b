"""What a tree of processes weighs."""

from pathlib import Path


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
