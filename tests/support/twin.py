"""A twin started as a user would, in a process of its own; `TWIN_ARGS` are given to every one."""

import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).parents[2]
PATIENCE = 60  # seconds
SEED_QUERY = '{ products(category: "book") { name description price } }'


class RunningTwin:
    """One `python -m local`; made when its banner has been printed."""

    def __init__(self, *arguments: str, cwd: Path = ROOT, module: str = "local") -> None:
        # A file, not a pipe: nobody reads along, and a full pipe would stop the twin.
        self._errors = tempfile.TemporaryFile("w+")  # noqa: SIM115 - as long as the twin
        given = shlex.split(os.environ.get("TWIN_ARGS", ""))  # a test's own arguments come later
        self.process = subprocess.Popen(
            [sys.executable, "-m", module, *given, *arguments],
            cwd=cwd,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
        )
        self.said = ""
        self.url = "http://127.0.0.1:" + self.await_line(r"localhost:(\d+)/graphql")
        self.key = self.await_line(r"API key +(\S+)")
        self.client = httpx.Client(base_url=self.url, timeout=30)

    def await_line(self, pattern: str) -> str:
        """Read what the twin prints until a line fits; gives its first group."""
        assert self.process.stdout is not None
        # Who waits for a line can't look at a clock: the end of the twin ends the waiting.
        impatience = threading.Timer(PATIENCE, self.process.kill)
        impatience.start()
        try:
            for line in self.process.stdout:
                self.said += line
                if found := re.search(pattern, line):
                    return found.group(1) if found.groups() else found.group()
        finally:
            impatience.cancel()
        raise AssertionError(
            f"no {pattern!r}: the twin ended, or was killed after {PATIENCE} seconds of waiting: "
            f"{self.said}{self._complaints()}"
        )

    def post(
        self, query: str, variables: dict[str, Any] | None = None, **headers: str
    ) -> httpx.Response:
        """Send a GraphQL request with the API key."""
        body = {"query": query, "variables": variables}
        return self.client.post("/graphql", json=body, headers={"x-api-key": self.key, **headers})

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """Send a GraphQL request that must succeed; gives its data."""
        answer = self.post(query, variables).json()
        assert "errors" not in answer, answer["errors"]
        data: dict[str, Any] = answer["data"]
        return data

    def stop(self, number: int = signal.SIGINT) -> tuple[int, str]:
        """Stop it; gives the exit status and what it said on stderr."""
        self.client.close()
        self.process.send_signal(number)
        out, _ = self.process.communicate(timeout=20)
        self.said += out
        return self.process.returncode, self._complaints()

    def _complaints(self) -> str:
        with self._errors as errors:
            errors.seek(0)
            return errors.read()


@contextmanager
def running(*arguments: str, module: str = "local") -> Iterator[RunningTwin]:
    """Run a twin on a free port for a while; `module` starts it."""
    twin = RunningTwin("--port", "0", *arguments, module=module)
    try:
        yield twin
    finally:
        if twin.process.poll() is None:
            twin.stop(signal.SIGTERM)
