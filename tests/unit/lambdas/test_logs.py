"""What handlers print comes out line by line, marked with the function and the request."""

import asyncio
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from local.lambdas.service import Lambdas
from tests.unit.lambdas.support import MODULE, Pipe, function, running

ID = "1a2b3c4d-0000-4000-8000-000000000001"


def lines_of(name: str, event: Any = None) -> list[str]:
    """Invoke a sample handler and give the lines it wrote, without the prefix."""

    async def scenario() -> list[str]:
        async with running(function(name)) as service:
            await service.call(name, event, request_id=ID)
            return service.log.lines

    prefix = f"[{name} 1a2b3c4d] "
    lines = asyncio.run(scenario())
    assert all(line.startswith(prefix) for line in lines)
    return [line.removeprefix(prefix) for line in lines]


def test_everything_printed_or_logged_comes_out_in_order() -> None:
    lines = lines_of("speak")
    warning = lines.pop(5)
    assert re.fullmatch(r"\[WARNING\]\t\d{4}-\d\d-\d\dT[\d:.]+Z\t" + ID + "\tcareful", warning)
    assert lines == [
        "one two",
        "three",
        "four",
        "to stderr",
        "bytes",
        "from the context",
        "separated by \u2028 and \x0c only",
        "no newline",
    ]


def test_exception_is_logged_as_the_runtime_does() -> None:
    lines = lines_of("fail", {"message": "x"})
    assert lines[:2] == ["[ERROR] NotFoundError: x", "Traceback (most recent call last):"]
    assert lines[-1] == "    raise NotFoundError(message)"


def test_expected_error_is_one_line() -> None:
    assert lines_of("refuse") == ["[ERROR] Invalid: name: is empty"]


def test_long_lines_of_many_processes_do_not_mix() -> None:
    async def scenario() -> Counter[str]:
        async with running(function("speak_at_length"), concurrency=4) as service:
            letters = ["abc", "def", "ghi", "jkl"]
            await asyncio.gather(*(service.call("speak_at_length", text) for text in letters))
            return Counter(line.partition("] ")[2] for line in service.log.lines)

    assert asyncio.run(scenario()) == Counter(letter * 100_000 for letter in "abcdefghijkl")


def test_threads_do_not_break_the_frames() -> None:
    lines = lines_of("speak_from_threads")
    assert Counter(line for line in lines if line) == Counter(
        f"thread {n}" for n in range(8) for _ in range(50)
    )


def test_processes_that_the_handler_starts_do_not_break_the_frames(
    capfd: pytest.CaptureFixture[str],
) -> None:
    async def scenario() -> str:
        async with running(function("speak_from_children")) as service:
            answer: str = await service.call("speak_from_children")
            assert service.log.lines == []
            return answer

    assert asyncio.run(scenario()) == "done"
    assert sorted(capfd.readouterr().err.splitlines()) == ["from the fork", "from the program"]


def test_thread_that_goes_on_logs_under_the_last_request(tmp_path: Path) -> None:
    pipe = Pipe(tmp_path / "pipe")

    async def scenario() -> None:
        async with running(function("keep_talking")) as service:
            assert await service.call("keep_talking", pipe.event, request_id=ID) == "answer"
            await pipe.write("")
            assert await service.log.has("afterthought") == ["[keep_talking 1a2b3c4d] afterthought"]

    asyncio.run(scenario())


def test_powertools_logger_made_in_the_zygote_logs_once() -> None:
    module = "tests.unit.lambdas.logged"
    logged = function("logged", f"{module}.handler", variables={"POWERTOOLS_LOG_LEVEL": "DEBUG"})

    async def scenario() -> list[str]:
        async with running(logged, preload=[module]) as service:
            await service.call("logged", request_id=ID)
            return service.log.lines

    lines = asyncio.run(scenario())
    assert [line[:18] for line in lines] == ["[logged 1a2b3c4d] "] * 2
    records = [json.loads(line[18:]) for line in lines]
    assert [record["level"] for record in records] == ["INFO", "DEBUG"]
    assert records[0]["message"] == "structured"


def test_report_is_given_if_asked_for() -> None:
    async def scenario() -> list[str]:
        async with running(function("echo"), report=True) as service:
            await service.call("echo", request_id=ID)
            return service.log.lines

    start, report = asyncio.run(scenario())
    assert start == "[echo 1a2b3c4d] START"
    assert re.fullmatch(r"\[echo 1a2b3c4d\] REPORT Duration: \d+\.\d\d ms", report)


def test_lines_go_to_stderr_by_default(capfd: pytest.CaptureFixture[str]) -> None:
    async def scenario() -> None:
        lambdas = Lambdas([function("fail")], preload=[MODULE])
        await lambdas.invoke("twinberry-test-fail", b'{"message": "\\ud800"}', request_id=ID)
        await lambdas.stop()

    asyncio.run(scenario())
    output = capfd.readouterr()
    assert output.out == ""
    assert output.err.startswith("[fail 1a2b3c4d] [ERROR] NotFoundError: ")
