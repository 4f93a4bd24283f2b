"""`python -m local`: the twin in one process tree, from start to Ctrl-C."""

import asyncio
import contextlib
import resource
import signal
import socket
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvloop

from local.cloud.engine import Engine, EngineError, erase
from local.iot.listening import mqtt_listener
from local.options import Options, read_options
from local.starting import StartError, reading
from local.terminal import banner, fail, function_log, log, progress
from local.tls.authority import Authority

if TYPE_CHECKING:
    from local.http_server import HttpServer
    from local.twin import Provisioned, Twin


MOST_FILES = 65_536


def main() -> int:
    """Run what the command line asks for; returns the exit status."""
    if sys.argv[1:2] == ["devices"]:
        from local.devices.command import main as devices  # noqa: PLC0415 - needs no twin

        return devices(sys.argv[2:])
    options = read_options()
    try:
        listener = listen(options)
    except OSError as error:
        return fail(
            f"Port {options.port} can't be used: {error.strerror}. For a twin beside another: "
            "--port 4001 --data .twinberry-2"
        )
    allow_many_connections()
    try:
        with listener, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(_chosen(options)(options, listener))
    except (EngineError, StartError) as error:
        return fail(str(error))
    except (KeyboardInterrupt, asyncio.CancelledError):  # told to stop before it was up
        return 130


def allow_many_connections() -> None:
    """Take as many file descriptors as the system gives: each subscriber needs one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_FILES if hard == resource.RLIM_INFINITY else min(MOST_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _chosen(options: Options) -> Callable[[Options, socket.socket], Coroutine[Any, Any, int]]:
    if options.fresh and options.endpoint_url is None:
        erase(options.data)
    if not options.reload:
        return run
    from local.reload import supervise  # noqa: PLC0415 - only this road needs a file watcher

    return supervise


async def run(options: Options, listener: socket.socket) -> int:
    """Serve until told to stop; raises EngineError or StartError."""
    began = time.perf_counter()
    starting = asyncio.current_task()
    assert starting
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, starting.cancel)
    engine = None if options.endpoint_url else Engine(options.data, log=log)
    async with contextlib.AsyncExitStack() as stack:
        # The engine boots in a process of its own while this one imports the contexts.
        booting = asyncio.ensure_future(engine.start()) if engine else None
        await asyncio.sleep(0)
        with reading():
            from local.twin import Twin  # noqa: PLC0415

        authority = Authority(options.data)
        if engine:  # without one there may be no data folder, and no need for it
            stack.push_async_callback(engine.stop)
            authority.prepare()
        endpoint_url = await booting if booting else str(options.endpoint_url)
        with reading():
            twin = Twin(
                endpoint_url,
                f"http://127.0.0.1:{listener.getsockname()[1]}/graphql",
                function_log,
                engine.reset if engine else None,
                options.oidc,
                options.cache,
                lane=_lane(engine, options),
                introspection=options.introspection,
                watched_only=options.watched_only,
            )
        stack.push_async_callback(twin.stop)
        provisioned = await twin.start(fresh=options.fresh)
        # Not before: what a device sends while it waits to be let in would overtake what it sends
        # again once it is, and its readings would be out of order.
        try:
            devices = mqtt_listener(options.mqtt_port)
        except OSError as error:
            return fail(f"Port {options.mqtt_port} can't be used for MQTT: {error.strerror}.")
        if devices:
            await twin.things.listen(devices, authority)
        tell(provisioned, listener, twin, options, time.perf_counter() - began)
        return await serve(twin, listener, _ends(engine, options), authority)


def tell(
    provisioned: "Provisioned",
    listener: socket.socket,
    twin: "Twin",
    options: Options,
    took: float,
) -> None:
    """Say what was made and where everything is."""
    if provisioned.made:
        seeds = ", ".join(provisioned.seeded)
        progress(f"Made {provisioned.made} tables" + (f" and seeded {seeds}." if seeds else "."))
    if options.again:
        progress(f"Twinberry is up again ({took:.1f} s).")
    else:
        banner(listener.getsockname()[1], twin.things.mqtt_port, twin.api_key, took)


def _lane(engine: Engine | None, options: Options) -> Path | None:
    if options.aws_over_http:
        return None
    return engine.lane if engine else options.lane


def _ends(engine: Engine | None, options: Options) -> "asyncio.Future[object]":
    """Give what ends the twin besides a signal: the end of its AWS, or of its supervisor."""
    if engine:
        return asyncio.ensure_future(engine.exited())
    if options.fd is not None:
        from local.reload import orphaned  # noqa: PLC0415 - only a supervised twin needs it

        return asyncio.ensure_future(orphaned())
    return asyncio.get_running_loop().create_future()


def listen(options: Options) -> socket.socket:
    """Take the port first: nothing else need start if it is not to be had."""
    if options.fd is not None:
        return socket.socket(fileno=options.fd)
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", options.port))
    listener.listen(1024)
    return listener


@contextlib.contextmanager
def _stopping(stop: Callable[[], None]) -> Iterator[None]:
    """Call `stop` on Ctrl-C or SIGTERM, instead of what Python would do."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    try:
        yield
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


def _ending(twin: "Twin", server: "HttpServer") -> Callable[[], None]:
    """Give what ends the twin when it is told to, and at once when it is told again.

    Streams end first: what their functions still have to publish goes through the server.
    """
    under_way = set[asyncio.Task[None]]()

    async def end() -> None:
        await twin.things.stop()
        server.finish()

    def stop() -> None:
        if under_way:
            server.finish()
            server.finish()
        else:
            under_way.add(asyncio.create_task(end()))

    return stop


async def serve(
    twin: "Twin",
    listener: socket.socket,
    ended: "asyncio.Future[object]",
    authority: Authority,
) -> int:
    """Serve HTTP until a signal, or until what it rests on ends by itself."""
    from local.cache_pages import cache_pages  # noqa: PLC0415
    from local.http_server import HttpServer  # noqa: PLC0415
    from local.realtime.pages import subscription_pages  # noqa: PLC0415
    from local.realtime.sessions import sockets  # noqa: PLC0415
    from local.server import Pages, app  # noqa: PLC0415 - heavy
    from local.tls.door import door  # noqa: PLC0415 - imports uvicorn

    pages = Pages(twin.endpoint_url, twin.things.mqtt_port, twin.outputs, twin.reset, twin.sign_in)
    own = [*cache_pages(twin.cache, log), *subscription_pages(twin.realtime)]
    more = [*own, *twin.things.routes()]
    served = app(twin.answer, pages, more)
    server = HttpServer(served, door(authority, log), sockets(twin.realtime))
    with _stopping(_ending(twin, server)):
        serving = asyncio.ensure_future(server.serve([listener]))
        first: set[asyncio.Future[Any]] = {serving, ended}
        await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
        died = ended.done()
        ended.cancel()
        server.finish()
        await serving
    return fail("The embedded AWS ended by itself; its last words are above.") if died else 0


if __name__ == "__main__":
    sys.exit(main())
