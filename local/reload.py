"""`--reload`: keep the embedded AWS and the port, start the rest anew at every change."""

import asyncio
import signal
import socket
import sys
from asyncio.subprocess import Process
from contextlib import AsyncExitStack
from pathlib import Path

import watchfiles

from local.cloud.engine import Engine
from local.options import Options
from local.terminal import log, progress
from local.tls.authority import Authority

ROOT = Path(__file__).parents[1]
WATCHED = ("resolvers", "subscriptions", "local", "infra", "schema.graphql")


class _Sources(watchfiles.PythonFilter):
    """Python, GraphQL and seeds; not what the playground is built of."""

    def __init__(self) -> None:
        super().__init__(extra_extensions=(".graphql", ".json"))
        self.ignore_dirs = (*self.ignore_dirs, "playground")


async def supervise(options: Options, listener: socket.socket) -> int:
    """Run the twin in a child process, a new one after every change; raises EngineError."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with AsyncExitStack() as stack:
        endpoint_url = options.endpoint_url
        if endpoint_url is None:
            engine = Engine(options.data, log=log)
            stack.push_async_callback(engine.stop)
            endpoint_url = await engine.start()
            Authority(options.data).prepare()
        child = await _spawn(listener, endpoint_url, fresh=options.fresh)
        watched = [ROOT / name for name in WATCHED if (ROOT / name).exists()]
        async for changes in watchfiles.awatch(*watched, watch_filter=_Sources(), stop_event=stop):
            names = ", ".join(sorted({str(Path(path).relative_to(ROOT)) for _, path in changes}))
            progress(f"Changed: {names}")
            await _end(child)
            child = await _spawn(listener, endpoint_url, fresh=False)
        await _end(child)
    return 0


async def _spawn(listener: socket.socket, endpoint_url: str, *, fresh: bool) -> Process:
    # The child takes over the listening socket: while it starts, clients wait instead of being
    # refused.
    number = listener.fileno()
    given = [argument for argument in sys.argv[1:] if argument not in {"--reload", "--fresh"}]
    arguments = [
        *given,
        "--fd",
        str(number),
        "--endpoint-url",
        endpoint_url,
        *(["--fresh"] if fresh else []),
    ]
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "local", *arguments, pass_fds=[number]
    )


async def _end(child: Process) -> None:
    if child.returncode is None:
        child.terminate()
    await child.wait()
