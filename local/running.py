"""One run of the twin in its event loop: everything started in order, served, and ended."""

import asyncio
import contextlib
import signal
import socket
import time
from collections.abc import Callable, Coroutine, Iterator
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvloop

from local.cloud.engine import Engine, EngineError, erase
from local.iot.listening import mqtt_listener
from local.lambdas.zygote_process import ZygoteProcess
from local.options import Options
from local.stages import reached, report
from local.starting import StartError, reading
from local.terminal import banner, fail, function_log, log, progress
from local.tls.authority import Authority

if TYPE_CHECKING:
    from local.http_server import HttpServer
    from local.twin import Provisioned, Twin


def in_loop(options: Options, work: Coroutine[Any, Any, int]) -> int:
    """Run to the end what starts a twin; returns the exit status."""
    try:
        if options.fresh and options.endpoint_url is None:
            erase(options.data)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(work)
    except (EngineError, StartError) as error:
        return fail(str(error))
    except asyncio.CancelledError:  # told to stop before it was up
        return 130
    finally:
        work.close()


async def run(options: Options, listener: socket.socket, zygote: ZygoteProcess) -> int:
    """Serve until told to stop; raises EngineError or StartError."""
    began = time.perf_counter()
    reached("the loop runs")
    starting = asyncio.current_task()
    assert starting
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, starting.cancel)
    engine = None if options.endpoint_url else Engine(options.data, log=log)
    async with contextlib.AsyncExitStack() as stack:
        # The engine boots in a process of its own while this one imports the contexts.
        booting = None
        if engine:
            booting = asyncio.ensure_future(engine.start())
            stack.push_async_callback(engine.stop)
            # Were its making cut short, asyncio would kill it, and it would leave its socket.
            stack.push_async_callback(asyncio.wait, {booting})
        await asyncio.sleep(0)
        with reading():
            import_module("resolvers.registry").registry()
            import_module("local.twin")
        reached("the contexts are imported")

        authority = Authority(options.data)
        if engine:  # without one there may be no data folder, and no need for it
            authority.prepare()
        if booting:
            await _import_meanwhile(booting)
        endpoint_url = await booting if booting else str(options.endpoint_url)
        reached("the embedded AWS answers")
        with reading():
            twin = _twin(endpoint_url, options, listener, engine, zygote)
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


def _twin(
    endpoint_url: str,
    options: Options,
    listener: socket.socket,
    engine: Engine | None,
    zygote: ZygoteProcess,
) -> "Twin":
    from local.twin import Twin  # noqa: PLC0415 - heavy, and imported by now

    return Twin(
        endpoint_url,
        f"http://127.0.0.1:{listener.getsockname()[1]}/graphql",
        function_log,
        engine.reset if engine else None,
        options.oidc,
        options.cache,
        lane=_lane(engine, options),
        introspection=options.introspection,
        watched_only=options.watched_only,
        zygote=zygote,
    )


async def _import_meanwhile(booting: "asyncio.Future[str]") -> None:
    """Import what the twin needs next, rather than wait for the embedded AWS."""
    for name in ("strawberry", "local.appsync.service", "local.realtime.service", "local.server"):
        if booting.done():
            return
        import_module(name)
        await asyncio.sleep(0)


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
    if options.stages:
        reached("it says that it is up")
        progress(report())


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
