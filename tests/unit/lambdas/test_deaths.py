"""Timeouts and crashes: an error of one invocation, and a new environment for the next."""

import asyncio
import os
import re
import signal
from typing import Any

import pytest

from tests.unit.lambdas.support import MODULE, function, gone, running


@pytest.mark.parametrize(
    ("way", "code", "error"),
    [
        ("_exit", 3, "Runtime exited with error: exit status 3"),
        ("_exit", 0, "Runtime exited without providing a reason"),
        ("exit", 3, "Runtime exited with error: exit status 3"),
        ("exit", 0, "Runtime exited without providing a reason"),
        ("exit", "a message", "Runtime exited with error: exit status 1"),
        ("interrupt", None, "Runtime exited with error: signal: interrupt"),
        ("signal", signal.SIGKILL, "Runtime exited with error: signal: killed"),
        ("signal", signal.SIGTERM, "Runtime exited with error: signal: terminated"),
        ("fault", None, "Runtime exited with error: signal: segmentation fault"),
    ],
)
def test_end_of_the_process_fails_its_invocation_only(way: str, code: Any, error: str) -> None:
    async def scenario() -> tuple[Any, Any]:
        async with running(function("end"), function("who")) as service:
            before = await service.call("who")
            report = await service.call("end", [way, code], request_id="abc")
            assert await service.call("who") == before | {"invocations": 2}
            # The next one has a process again, and can end it again.
            assert (await service.call("end", ["_exit", 9]))["errorMessage"].endswith(" 9")
            return report, service.log.lines

    report, lines = asyncio.run(scenario())
    message = f"RequestId: abc Error: {error}"
    assert report == {"errorType": "Runtime.ExitError", "errorMessage": message}
    assert f"[end abc] {message}" in lines
    if code == "a message":
        assert "[end abc] a message" in lines


def test_timeout_kills_and_the_next_invocation_starts_anew() -> None:
    functions = [function("spin", timeout=0.2), function("wait", f"{MODULE}.who", timeout=0.2)]

    async def scenario() -> None:
        async with running(*functions, concurrency=1) as service:
            loop = asyncio.get_running_loop()
            begun = loop.time()
            report = await service.call("spin", request_id="abc")
            assert 0.2 <= loop.time() - begun < 0.4
            pattern = (
                r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z abc Task timed out after 0\.20 seconds"
            )
            assert re.fullmatch(pattern, report["errorMessage"])
            assert report == {
                "errorType": "Sandbox.Timedout",
                "errorMessage": report["errorMessage"],
            }
            assert "[spin abc] Task timed out after 0.20 seconds" in service.log.lines
            await service.call("spin")
            pids = {int(line.split()[-1]) for line in await service.log.has("spinning", times=2)}
            assert len(pids) == 2

    asyncio.run(scenario())


def test_timeout_counts_for_the_invocation_not_for_the_wait() -> None:
    async def scenario() -> None:
        async with running(function("spin", timeout=0.15), concurrency=1) as service:
            reports = await asyncio.gather(*(service.call("spin") for _ in range(3)))
            assert {report["errorType"] for report in reports} == {"Sandbox.Timedout"}
            assert len(await service.log.has("spinning")) == 3

    asyncio.run(scenario())


def test_timeout_does_not_outlast_the_invocation() -> None:
    async def scenario() -> None:
        async with running(function("who", timeout=0.1)) as service:
            before = await service.call("who")
            await asyncio.sleep(0.15)
            assert await service.call("who") == before | {"invocations": 2}

    asyncio.run(scenario())


def test_dead_environments_are_reaped() -> None:
    async def scenario() -> None:
        async with running(function("spin", timeout=0.2)) as service:
            await service.call("spin")
            pid = int((await service.log.has("spinning"))[0].split()[-1])
            await gone(pid)

    asyncio.run(scenario())


def test_death_of_an_idle_environment_goes_unnoticed() -> None:
    async def scenario() -> None:
        async with running(function("who")) as service:
            first = await service.call("who")
            os.kill(first["pid"], signal.SIGKILL)
            await gone(first["pid"])
            assert (await service.call("who"))["invocations"] == 1
            assert not [line for line in service.log.lines if "Error" in line]

    asyncio.run(scenario())
