"""Handlers that cannot be imported: an error of each invocation, and of nobody else."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.unit.lambdas.support import MODULE, Service, function, running

MODULES = {
    "missing": "import nowhere_to_be_found\n",
    "syntax": "def handler(event, context:\n    pass\n",
    "raises": "SETTING = {}['ABSENT']\n",
    "exits": "import sys\n\nsys.exit(4)\n",
    "nameless": "",
}


async def first_and_second(service: Service, name: str) -> Any:
    """Invoke twice: the second must find things as the first did."""
    outcomes = [await service.raw(name), await service.raw(name)]
    assert all(outcome.failed for outcome in outcomes)
    return await service.call(name, request_id="abc")


@pytest.mark.parametrize("preloaded", [True, False])
def test_failed_import_is_reported_each_time(tmp_path: Path, preloaded: bool) -> None:
    for name, text in MODULES.items():
        (tmp_path / f"{name}.py").write_text(text)
    path = {"PYTHONPATH": str(tmp_path)}
    functions = [function(name, f"{name}.handler", variables=path) for name in MODULES]
    functions += [
        function("absent", "absent.handler", variables=path),
        function("echo", variables=path),
    ]

    async def scenario() -> dict[str, Any]:
        preload = [*MODULES, "absent", MODULE] if preloaded else []
        async with running(*functions, preload=preload) as service:
            reports = {name: await first_and_second(service, name) for name in MODULES}
            reports["absent"] = await first_and_second(service, "absent")
            assert await service.call("echo", "still here") == "still here"
            return reports

    reports = asyncio.run(scenario())
    assert {name: report["errorType"] for name, report in reports.items()} == {
        "missing": "Runtime.ImportModuleError",
        "absent": "Runtime.ImportModuleError",
        "syntax": "Runtime.UserCodeSyntaxError",
        "nameless": "Runtime.HandlerNotFound",
        "raises": "KeyError",
        "exits": "Runtime.ExitError",
    }
    assert reports["missing"] == {
        "errorMessage": "Unable to import module 'missing': No module named 'nowhere_to_be_found'",
        "errorType": "Runtime.ImportModuleError",
        "requestId": "",
        "stackTrace": [],
    }
    assert reports["nameless"]["errorMessage"] == "Handler 'handler' missing on module 'nameless'"
    assert reports["syntax"]["errorMessage"].startswith("Syntax error in module 'syntax': ")
    assert f'File "{tmp_path}/syntax.py" Line 1' in reports["syntax"]["stackTrace"][0]
    assert "SETTING" in reports["raises"]["stackTrace"][-1]
    assert reports["exits"]["errorMessage"] == (
        "RequestId: abc Error: Runtime exited with error: exit status 4"
    )


def test_handler_is_found_by_a_proper_name_only() -> None:
    functions = [function("bare", "handler"), function("builtin", "sys.exit")]

    async def scenario() -> list[str]:
        async with running(*functions) as service:
            return [(await service.call(name))["errorType"] for name in ("bare", "builtin")]

    assert asyncio.run(scenario()) == [
        "Runtime.MalformedHandlerName",
        "Runtime.BuiltInModuleConflict",
    ]


def test_import_that_does_not_end_is_killed_at_the_init_limit(tmp_path: Path) -> None:
    (tmp_path / "endless.py").write_text("import time\n\nwhile True:\n    time.sleep(60)\n")

    class Hasty(Service):
        init_limit = 0.2

    async def scenario() -> Any:
        service = Hasty(
            function("endless", "endless.handler", variables={"PYTHONPATH": str(tmp_path)})
        )
        report = await service.call("endless", request_id="abc")
        await service.stop()
        return report

    report = asyncio.run(scenario())
    assert report["errorType"] == "Sandbox.Timedout"
    assert report["errorMessage"].endswith("Z abc Task timed out after 0.20 seconds")


def test_preloaded_code_sees_the_variables_all_functions_share(tmp_path: Path) -> None:
    (tmp_path / "seen.py").write_text(
        "import os\n\nSEEN = dict(os.environ)\n\n\ndef handler(event, context):\n    return SEEN\n"
    )
    common = {"PYTHONPATH": str(tmp_path), "STAGE": "local"}
    one = function("one", "seen.handler", variables={"OWN": "1", **common})
    other = function("other", "seen.handler", variables={"OWN": "2", **common})

    async def scenario() -> Any:
        async with running(one, other, preload=["seen"]) as service:
            return await service.call("one")

    seen = asyncio.run(scenario())
    assert seen["STAGE"] == "local"
    assert seen["AWS_REGION"] == "us-east-1"
    assert not {"OWN", "AWS_LAMBDA_FUNCTION_NAME"} & seen.keys()
