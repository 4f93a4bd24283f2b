"""New code, dead zygotes, and the end: nothing old answers, nothing is left behind."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from local.lambdas import Function
from local.lambdas.variables import ROOT
from tests.unit.lambdas.support import MODULE, Lifeline, Pipe, function, gone, running

# What a server does, for tests that kill it: one invocation, which hangs, and a line when it does.
SERVER = """
import asyncio, os, sys
from tests.unit.lambdas.support import function, running

async def main():
    variables = dict(argument.split("=", 1) for argument in sys.argv[2:])
    spin = function("spin", timeout=float(sys.argv[1]), variables=variables)
    who = function("who", variables=variables)
    async with running(spin, who, preload=["lifeline"]) as service:
        zygote = (await service.call("who"))["parent"]
        task = asyncio.create_task(service.call("spin"))
        await service.log.has("spinning")
        print(zygote, flush=True)
        try:
            await task
        finally:
            await service.stop()
            print(service.log.lines[-1])

asyncio.run(main())
"""


def version(folder: Path, number: int) -> Function:
    """Write a module that answers with its version, no two of one size, and give its function."""
    text = f"from {MODULE} import wait\n\n\ndef handler(event, context):\n    "
    body = f"return {number}" + "\n" * number
    (folder / "versioned.py").write_text(text + body)
    return function("versioned", "versioned.handler", variables={"PYTHONPATH": str(folder)})


@pytest.mark.parametrize("preload", [[], ["versioned"]])
def test_reload_brings_new_code(tmp_path: Path, preload: list[str]) -> None:
    async def scenario() -> None:
        async with running(version(tmp_path, 1), preload=preload) as service:
            assert await service.call("versioned") == 1
            version(tmp_path, 2)
            assert await service.call("versioned") == 1
            await service.reload()
            assert await service.call("versioned") == 2

    asyncio.run(scenario())


def test_reload_lets_invocations_finish_and_retires_their_environments(tmp_path: Path) -> None:
    pipe = Pipe(tmp_path / "pipe")

    async def scenario() -> None:
        async with running(function("wait"), function("who"), concurrency=1) as service:
            idle = await service.call("who")
            task = asyncio.create_task(service.call("wait", pipe.event))
            await service.log.has("waiting")
            await service.reload()
            await gone(idle["pid"])
            queued = asyncio.create_task(service.call("wait", pipe.event))
            await pipe.write("old")
            old = await task
            await service.log.has("waiting", times=2)
            await pipe.write("new")
            new = await queued
            assert (old["read"], new["read"]) == ("old", "new")
            assert old["pid"] != new["pid"]
            await gone(old["pid"])
            await gone(idle["parent"])
            assert (await service.call("who"))["parent"] != idle["parent"]

    asyncio.run(scenario())


def test_reload_while_starting_fails_nobody(tmp_path: Path) -> None:
    pipe = Pipe(tmp_path / "pipe")
    slow = f"from pathlib import Path\n\nPath({str(tmp_path / 'pipe')!r}).read_text()\n"
    (tmp_path / "slow.py").write_text(slow)

    async def scenario() -> None:
        versioned = version(tmp_path, 1)
        async with running(versioned, preload=["slow"], concurrency=2) as service:
            tasks = [asyncio.create_task(service.call("versioned")) for _ in range(5)]
            await asyncio.sleep(0)
            (tmp_path / "slow.py").write_text("")
            version(tmp_path, 2)
            await service.reload()
            await service.reload()
            assert await asyncio.gather(*tasks) == [2] * 5

    assert pipe.event
    asyncio.run(scenario())


def test_death_of_the_zygote_is_made_good_by_the_next_invocation(tmp_path: Path) -> None:
    pipe = Pipe(tmp_path / "pipe")

    async def scenario() -> None:
        async with running(function("wait"), function("who")) as service:
            before = await service.call("who")
            task = asyncio.create_task(service.call("wait", pipe.event))
            await service.log.has("waiting")
            os.kill(before["parent"], signal.SIGKILL)
            await gone(before["parent"])
            after = await service.call("who")
            assert after["parent"] != before["parent"]
            assert after["invocations"] == 1
            # Who was at work when it died finishes.
            await pipe.write("finished")
            assert (await task)["read"] == "finished"

    asyncio.run(scenario())


def test_zygote_that_dies_while_preloading_fails_invocations_not_the_server(tmp_path: Path) -> None:
    (tmp_path / "deadly.py").write_text("import os\n\nos._exit(1)\n")
    echo = function("echo", variables={"PYTHONPATH": str(tmp_path)})

    async def scenario() -> None:
        async with running(echo, preload=["deadly"]) as service:
            reports = await asyncio.gather(*(service.call("echo") for _ in range(12)))
            assert {report["errorType"] for report in reports} == {"Runtime.ExitError"}
            (tmp_path / "deadly.py").write_text("")
            await service.reload()
            assert await service.call("echo", 1) == 1

    asyncio.run(scenario())


def test_stop_ends_everything_and_fails_what_is_under_way(tmp_path: Path) -> None:
    lifeline = Lifeline(tmp_path)
    functions = [
        function("spin", variables=lifeline.variables),
        function("echo", variables=lifeline.variables),
    ]

    async def scenario() -> None:
        async with running(*functions, preload=["lifeline"], concurrency=1) as service:
            await service.call("echo")
            tasks = [asyncio.create_task(service.call("spin")) for _ in range(2)]
            await service.log.has("spinning")
            await service.stop()
            for report in await asyncio.gather(*tasks):
                assert report["errorType"] == "Runtime.ExitError"
            with pytest.raises(RuntimeError):
                await service.start()
            with pytest.raises(RuntimeError):
                await service.call("echo")

    asyncio.run(scenario())
    assert lifeline.ended()


def test_stop_while_preloading_does_not_wait_for_it(tmp_path: Path) -> None:
    lifeline = Lifeline(tmp_path)
    (tmp_path / "endless.py").write_text("import time\n\nwhile True:\n    time.sleep(60)\n")

    async def scenario() -> None:
        echo = function("echo", variables=lifeline.variables)
        async with running(echo, preload=["lifeline", "endless"]) as service:
            await service.start()
            task = asyncio.create_task(service.call("echo"))
            await asyncio.sleep(0)
            await service.stop()
            assert (await task)["errorType"] == "Runtime.ExitError"

    asyncio.run(scenario())


@pytest.mark.parametrize("also_the_zygote", [False, True])
def test_death_of_the_server_leaves_nobody_behind(tmp_path: Path, also_the_zygote: bool) -> None:
    lifeline = Lifeline(tmp_path)
    # With the zygote gone too, it is the environment's own alarm that ends it.
    timeout = "0.5" if also_the_zygote else "600"
    variables = [f"{name}={value}" for name, value in lifeline.variables.items()]
    command = [sys.executable, "-c", SERVER, timeout, *variables]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        zygote = int(server.stdout.readline())
        if also_the_zygote:
            os.kill(zygote, signal.SIGSTOP)
        server.kill()
        if also_the_zygote:
            os.kill(zygote, signal.SIGKILL)
    assert lifeline.ended()


def test_interrupt_at_the_terminal_reaches_the_server_alone(tmp_path: Path) -> None:
    lifeline = Lifeline(tmp_path)
    variables = [f"{name}={value}" for name, value in lifeline.variables.items()]
    command = [sys.executable, "-c", SERVER, "600", *variables]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    ) as server:
        assert server.stdout
        assert server.stdout.readline()
        os.killpg(server.pid, signal.SIGINT)
        # Not `signal: interrupt`: it was the server that ended it, on its own way out.
        assert server.stdout.read().endswith("Runtime exited with error: signal: killed\n")
    assert lifeline.ended()
