"""More processes as concurrency asks, the last used first, a queue at the limit; lost callers."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.unit.lambdas.support import MODULE, Pipe, Service, function, running


async def begun(service: Service, pipe: Pipe, waiting: int) -> "asyncio.Task[Any]":
    """Begin an invocation that waits at the pipe; it is the so-manyth that does so."""
    task = asyncio.create_task(service.call("wait", pipe.event))
    await service.log.has("waiting", times=waiting)
    return task


def test_one_process_serves_one_event_at_a_time(tmp_path: Path) -> None:
    pipes = [Pipe(tmp_path / str(n)) for n in range(3)]

    async def scenario() -> None:
        async with running(function("wait"), concurrency=3) as service:
            tasks = [await begun(service, pipe, n) for n, pipe in enumerate(pipes, 1)]
            for n, pipe in enumerate(pipes):
                await pipe.write(str(n))
            answers = await asyncio.gather(*tasks)
            assert [answer["read"] for answer in answers] == ["0", "1", "2"]
            assert len({answer["pid"] for answer in answers}) == 3

    asyncio.run(scenario())


def test_last_used_environment_is_used_first(tmp_path: Path) -> None:
    first, second = Pipe(tmp_path / "first"), Pipe(tmp_path / "second")

    async def scenario() -> None:
        async with running(function("wait")) as service:
            one = await begun(service, first, 1)
            other = await begun(service, second, 2)
            await first.write("")
            await one
            await second.write("")
            last = (await other)["pid"]
            for n in range(3, 6):
                again = await begun(service, first, n)
                await first.write("")
                assert (await again)["pid"] == last

    asyncio.run(scenario())


def test_queue_beyond_the_limit_is_first_come_first_served(tmp_path: Path) -> None:
    pipe = Pipe(tmp_path / "pipe")
    functions = [function("wait")]

    async def scenario() -> None:
        async with running(*functions, concurrency=1) as service:
            tasks = [await begun(service, pipe, 1)]
            tasks += [asyncio.create_task(service.call("wait", pipe.event)) for _ in range(4)]
            for n, task in enumerate(tasks, 1):
                await service.log.has("waiting", times=n)
                assert not task.done()
                await pipe.write(str(n))
                assert (await task)["read"] == str(n)
            assert len({task.result()["pid"] for task in tasks}) == 1

    asyncio.run(scenario())


def test_burst_never_exceeds_the_limit() -> None:
    async def scenario() -> None:
        async with running(function("echo"), function("who"), concurrency=4) as service:
            events = list(range(300))
            answers = await asyncio.gather(*(service.call("echo", event) for event in events))
            assert answers == events
            whos = await asyncio.gather(*(service.call("who") for _ in range(300)))
            assert len({who["pid"] for who in whos}) <= 4

    asyncio.run(scenario())


def test_busy_function_does_not_hold_up_another(tmp_path: Path) -> None:
    pipe = Pipe(tmp_path / "pipe")

    async def scenario() -> None:
        async with running(function("wait"), function("echo"), concurrency=1) as service:
            task = await begun(service, pipe, 1)
            assert await service.call("echo", "meanwhile") == "meanwhile"
            await pipe.write("")
            await task

    asyncio.run(scenario())


def test_caller_who_leaves_does_not_stop_the_function(tmp_path: Path) -> None:
    pipe = Pipe(tmp_path / "pipe")
    functions = [function("wait"), function("other", f"{MODULE}.wait")]

    async def scenario() -> None:
        async with running(*functions, concurrency=1) as service:
            left = await begun(service, pipe, 1)
            left.cancel()
            with pytest.raises(asyncio.CancelledError):
                await left
            # The one environment is still at work for who left; the next caller waits for it.
            following = asyncio.create_task(service.call("wait", pipe.event))
            await pipe.write("for the first")
            await service.log.has("waiting", times=2)
            await pipe.write("for the second")
            assert (await following)["read"] == "for the second"

    asyncio.run(scenario())


def test_invocation_in_the_queue_runs_though_its_caller_left(tmp_path: Path) -> None:
    pipe = Pipe(tmp_path / "pipe")

    async def scenario() -> None:
        async with running(function("wait"), concurrency=1) as service:
            first = await begun(service, pipe, 1)
            queued = asyncio.create_task(service.call("wait", pipe.event))
            await asyncio.sleep(0)
            queued.cancel()
            await pipe.write("")
            await first
            await service.log.has("waiting", times=2)
            await pipe.write("")

    asyncio.run(scenario())


def test_warm_makes_an_environment_ahead_of_time(tmp_path: Path) -> None:
    (tmp_path / "announced.py").write_text(
        "def handler(event, context):\n    return 1\n\n\nprint('up')\n"
    )
    cold = function("cold", "announced.handler", variables={"PYTHONPATH": str(tmp_path)})

    async def scenario() -> None:
        async with running(cold, concurrency=2) as service:
            await service.warm("twinberry-test-cold")
            assert service.log.lines == ["[cold init] up"]
            assert await service.call("cold") == 1
            assert service.log.lines == ["[cold init] up"]
            for _ in range(3):
                await service.warm("twinberry-test-cold")
            assert service.log.lines == ["[cold init] up"] * 2

    asyncio.run(scenario())


def test_start_waits_for_the_preload_only_if_asked(tmp_path: Path) -> None:
    pipe = Pipe(tmp_path / "pipe")
    (tmp_path / "slow.py").write_text(
        f"from pathlib import Path\n\nPath({str(tmp_path / 'pipe')!r}).read_text()\n"
    )
    echo = function("echo", variables={"PYTHONPATH": str(tmp_path)})

    async def scenario() -> None:
        async with running(echo, preload=["slow"]) as service:
            await service.start()
            warmed = asyncio.create_task(service.start(wait=True))
            answer = asyncio.create_task(service.call("echo", 1))
            await pipe.write("")
            await warmed
            assert await answer == 1

    asyncio.run(scenario())
