"""The whole life of a service, on asyncio's own loop and on uvloop."""

import asyncio
from collections.abc import Callable

import pytest
import uvloop

from tests.unit.lambdas.support import function, running


@pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_service_lives_on_either_loop(loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
    functions = [function("echo"), function("end"), function("spin", timeout=0.2), function("who")]

    async def scenario() -> None:
        async with running(*functions, concurrency=3) as service:
            await service.start()
            await service.warm("twinberry-test-echo")
            large = "x" * 5_000_000
            echoes = await asyncio.gather(*(service.call("echo", [n]) for n in range(50)))
            assert echoes == [[n] for n in range(50)]
            assert await service.call("echo", large) == large
            crash = await service.call("end", ["_exit", 1])
            assert crash["errorType"] == "Runtime.ExitError"
            assert (await service.call("spin"))["errorType"] == "Sandbox.Timedout"
            before = await service.call("who")
            await service.reload()
            assert (await service.call("who"))["parent"] != before["parent"]

    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(scenario())
