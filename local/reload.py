"""`--reload`: keep the embedded AWS and the port, and start the rest anew at every change."""

import asyncio
import contextlib
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import watchfiles

from local.cloud.engine import Engine
from local.options import Options
from local.terminal import fail, log, progress
from local.tls.authority import Authority

ROOT = Path(__file__).parents[1]
FOLDERS = ("resolvers", "subscriptions", "local", "infra")
LAST_SECONDS = 20  # for a child to end; it gives requests under way half of that
BROKEN = b'{"errors":[{"message":"The code does not start; see the terminal."}]}'
UNAVAILABLE = (
    b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\n"
    b"access-control-allow-origin: *\r\nconnection: close\r\n"
    b"content-length: %d\r\n\r\n%s" % (len(BROKEN), BROKEN)
)


class _Sources(watchfiles.PythonFilter):
    """Python, GraphQL and seeds; not what the playground is built of, nor what is made of them."""

    ignore_entity_patterns = (
        *watchfiles.PythonFilter.ignore_entity_patterns,
        r"^operations\.graphql$",  # made of the schema, before a child starts
    )

    def __init__(self) -> None:
        super().__init__(extra_extensions=(".graphql", ".json"))
        self.ignore_dirs = (*self.ignore_dirs, "playground")


async def supervise(options: Options, listener: socket.socket) -> int:
    """Run the twin in a child process, a new one after every change; raises EngineError."""
    stop, hurry = asyncio.Event(), asyncio.Event()

    def told() -> None:
        (hurry if stop.is_set() else stop).set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, told)
    async with contextlib.AsyncExitStack() as stack:
        endpoint_url, lane, died = options.endpoint_url, None, None
        if endpoint_url is None:
            engine = Engine(options.data, log=log)
            stack.push_async_callback(engine.stop)
            endpoint_url = await engine.start()
            lane = engine.lane
            Authority(options.data).prepare()
            died = asyncio.ensure_future(engine.exited())
            died.add_done_callback(lambda _: stop.set())
        await _Supervisor(listener, endpoint_url, lane, stop, hurry).run(fresh=options.fresh)
        if died and died.done():
            return fail("The embedded AWS ended by itself; its last words are above.")
    return 0


class _Supervisor:
    def __init__(
        self,
        listener: socket.socket,
        endpoint_url: str,
        lane: Path | None,
        stop: asyncio.Event,
        hurry: asyncio.Event,
    ) -> None:
        """`stop` is set when told to stop, `hurry` when told again."""
        self._listener = listener
        self._endpoint_url = endpoint_url
        self._lane = lane
        self._stop = stop
        self._hurry = hurry

    async def run(self, *, fresh: bool) -> None:
        """Run children until told to stop."""
        flags = ["--fresh"] if fresh else []
        changes = _changes(self._stop)
        changed: asyncio.Future[str | None] = asyncio.ensure_future(anext(changes, None))
        while True:
            child = await self._spawn(flags)
            flags = ["--again"]
            await self._until(changed, child)
            await self._end(child)
            if (names := changed.result()) is None:
                return
            progress(f"Changed: {names}")
            if "schema.graphql" in names:
                await _write_operations()
            changed = asyncio.ensure_future(anext(changes, None))

    async def _until(self, changed: "asyncio.Future[str | None]", child: Process) -> None:
        """Wait for a change; if the child ends before, tell clients so meanwhile."""
        ended = asyncio.ensure_future(child.wait())
        first: set[asyncio.Future[Any]] = {changed, ended}
        await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
        if changed.done() or self._stop.is_set():
            await changed
            return
        progress("The code does not start. Waiting for a change …")
        copy = self._listener.dup()
        async with await asyncio.start_server(_refuse, sock=copy):
            await changed

    async def _spawn(self, flags: list[str]) -> Process:
        # The child takes over the listening socket: while it starts, clients wait instead of
        # being refused. It ends when its stdin does, so that it never outlives this process.
        number = self._listener.fileno()
        given = [each for each in sys.argv[1:] if each not in {"--reload", "--fresh"}]
        own = ["--fd", str(number), "--endpoint-url", self._endpoint_url]
        own += ["--lane", str(self._lane)] if self._lane else []
        arguments = [*given, *own, *flags]
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "local",
            *arguments,
            pass_fds=[number],
            stdin=PIPE,
            start_new_session=True,  # Ctrl-C reaches it once, as our SIGTERM
        )

    async def _end(self, child: Process) -> None:
        """End a child; by force if it does not come to its end, or if told again to stop."""
        ended = asyncio.ensure_future(child.wait())
        hurry = asyncio.ensure_future(self._hurry.wait())
        if child.returncode is None:
            child.terminate()
        first: set[asyncio.Future[Any]] = {ended, hurry}
        await asyncio.wait(first, timeout=LAST_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        hurry.cancel()
        if child.returncode is None:
            child.kill()
        await ended


async def _write_operations() -> None:
    command = (sys.executable, "-m", "infra.operations")
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT)
    await process.wait()  # it has said what is wrong, if anything; so will the child


async def _changes(stop: asyncio.Event) -> AsyncIterator[str]:
    """Give the names of what changed, until told to stop."""
    queue: asyncio.Queue[str | None] = asyncio.Queue()
    folders = [ROOT / name for name in FOLDERS if (ROOT / name).exists()]
    deep = watchfiles.awatch(*folders, watch_filter=_Sources(), stop_event=stop)
    # The folder, not the file: editors and git replace a file, and a watch goes with the old one.
    flat = watchfiles.awatch(ROOT, watch_filter=_is_schema, recursive=False, stop_event=stop)

    async def pump(watch: AsyncIterator[set[tuple[watchfiles.Change, str]]]) -> None:
        async for found in watch:
            names = sorted({str(Path(path).relative_to(ROOT)) for _, path in found})
            queue.put_nowait(", ".join(names))
        queue.put_nowait(None)

    pumps = [asyncio.ensure_future(pump(watch)) for watch in (deep, flat)]
    while (names := await queue.get()) is not None:
        yield names
    await asyncio.gather(*pumps)


def _is_schema(_change: watchfiles.Change, path: str) -> bool:
    return path.endswith(".graphql")


async def _refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        await reader.read(1)
        writer.write(UNAVAILABLE)
        await writer.drain()
    writer.close()


async def orphaned(stdin: int = 0) -> None:
    """Wait until the supervisor, who holds the other end of our stdin, is gone."""
    gone = asyncio.Event()
    asyncio.get_running_loop().add_reader(stdin, gone.set)
    await gone.wait()
