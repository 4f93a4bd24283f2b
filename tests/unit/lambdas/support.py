"""Functions to invoke, and a service that is stopped whatever happens."""

import asyncio
import json
import os
import threading
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

from local.lambdas import Function, Outcome
from local.lambdas.service import Lambdas

MODULE = "tests.unit.lambdas.handlers"
PATIENCE = 10.0


def function(
    name: str,
    handler: str = "",
    *,
    timeout: float = 5,
    variables: Mapping[str, str] = MappingProxyType({}),
) -> Function:
    """Describe one, of the sample handlers unless told otherwise; its warnings are errors."""
    return Function(
        name=f"twinberry-test-{name}",
        label=name,
        handler=handler or f"{MODULE}.{name}",
        timeout=timeout,
        memory=256,
        environment={"PYTHONWARNINGS": "error", **variables},
    )


class Log:
    """Log lines, which can be waited for."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._news = asyncio.Event()

    def __call__(self, line: str) -> None:
        self.lines.append(line)
        self._news.set()

    async def has(self, text: str, times: int = 1) -> list[str]:
        """Wait until so many lines have the text, and give them."""
        async with asyncio.timeout(PATIENCE):
            while len(found := [line for line in self.lines if text in line]) < times:
                self._news.clear()
                await self._news.wait()
        return found


class Service(Lambdas):
    """The service under test, with its log."""

    def __init__(self, *functions: Function, **options: Any) -> None:
        self.log = Log()
        super().__init__(functions, log=self.log, **options)

    async def call(self, name: str, event: Any = None, *, request_id: str | None = None) -> Any:
        """Invoke, and read the answer; an error's answer is a dict with errorType."""
        return json.loads((await self.raw(name, event, request_id=request_id)).payload)

    async def raw(self, name: str, event: Any = None, *, request_id: str | None = None) -> Outcome:
        """Invoke, and give the answer as it comes."""
        invocation = self.invoke(
            f"twinberry-test-{name}", json.dumps(event).encode(), request_id=request_id
        )
        async with asyncio.timeout(PATIENCE):
            return await invocation


@asynccontextmanager
async def running(*functions: Function, **options: Any) -> AsyncIterator[Service]:
    """Run a service for a while."""
    service = Service(*functions, **{"preload": [MODULE], **options})
    try:
        yield service
    finally:
        await service.stop()


class Pipe:
    """A named pipe that a handler waits at."""

    def __init__(self, path: Path) -> None:
        self._path = path
        os.mkfifo(path)

    @property
    def event(self) -> dict[str, str]:
        """Name the pipe to the handler."""
        return {"pipe": str(self._path)}

    async def write(self, text: str) -> None:
        """Let one handler through; a thread, because opening waits for it."""
        await asyncio.to_thread(self._path.write_text, text)


class Lifeline:
    """A pipe that a zygote and all its forks hold open: it ends when the last of them has."""

    MODULE = "import os\n\nkept = os.open(os.environ['LIFELINE'], os.O_WRONLY)\n"

    def __init__(self, folder: Path) -> None:
        (folder / "lifeline.py").write_text(self.MODULE)
        self._path = folder / "lifeline"
        os.mkfifo(self._path)
        self.variables = {"PYTHONPATH": str(folder), "LIFELINE": str(self._path)}
        self._over = threading.Event()
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        self._path.read_bytes()
        self._over.set()

    def ended(self) -> bool:
        """Wait until nobody holds it, or patience ends."""
        return self._over.wait(PATIENCE)


async def gone(pid: int) -> None:
    """Wait until there is no such process, not even as a zombie."""
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                os.kill(pid, 0)
            except ProcessLookupError:
                return
            await asyncio.sleep(0.001)
