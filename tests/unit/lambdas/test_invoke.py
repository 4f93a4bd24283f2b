"""What a handler gets, and what becomes of what it gives back."""

import asyncio
import json
import math
import os
from collections.abc import Iterator
from typing import Any

import pytest

from local.lambdas import Function
from local.lambdas.variables import ROOT
from tests.unit.lambdas.support import MODULE, Service, function

ACCOUNT = {"AWS_ACCESS_KEY_ID": "mine", "AWS_REGION": "eu-west-1"}
FUNCTIONS = [
    function("echo"),
    function("who"),
    function("variables", variables={"TABLE_THINGS": "things"}),
    function("account", f"{MODULE}.variables", variables=ACCOUNT),
    function("profile", f"{MODULE}.variables", variables={"AWS_PROFILE": "mine"}),
    function("describe", timeout=3),
    function("values"),
    function("fail"),
    function("exhaust"),
]


class Invoker:
    """A service and the loop it runs in, for tests that are single invocations."""

    def __init__(self, runner: asyncio.Runner, service: Service) -> None:
        self.runner, self.service = runner, service

    def __call__(self, name: str, event: Any = None, **options: Any) -> Any:
        return self.runner.run(self.service.call(name, event, **options))

    def raw(self, name: str, event: Any = None) -> tuple[bytes, bool]:
        outcome = self.runner.run(self.service.raw(name, event))
        return outcome.payload, outcome.failed


@pytest.fixture(scope="module")
def invoke() -> Iterator[Invoker]:
    with asyncio.Runner() as runner:
        service = Service(*FUNCTIONS, preload=[MODULE])
        yield Invoker(runner, service)
        runner.run(service.stop())


@pytest.mark.parametrize(
    "event", [None, 1.5, "zażółć\u2028", [], {"a": [{"b": None}]}, "x" * 10**6]
)
def test_event_comes_as_json_and_so_does_the_answer(invoke: Invoker, event: Any) -> None:
    payload, failed = invoke.raw("echo", event)
    assert (json.loads(payload), failed) == (event, False)


def test_answer_is_utf8_not_escaped(invoke: Invoker) -> None:
    assert invoke.raw("values", "text") == ('"zażółć ☃"'.encode(), False)


def test_event_that_is_no_json_is_an_unmarshal_error(invoke: Invoker) -> None:
    outcome = invoke.runner.run(invoke.service.invoke("twinberry-test-echo", b"{"))
    assert outcome.failed
    assert json.loads(outcome.payload)["errorType"] == "Runtime.UnmarshalError"


def test_environment_is_reused_and_keeps_its_globals(invoke: Invoker) -> None:
    first, second = invoke("who"), invoke("who")
    assert second == first | {"invocations": first["invocations"] + 1}
    assert first["threads"] == 1


def test_environment_is_in_a_session_of_its_own(invoke: Invoker) -> None:
    assert invoke("who")["session"] != os.getsid(0)


def test_context_tells_about_the_invocation(invoke: Invoker) -> None:
    described = invoke("describe", request_id="6f0c0e5a-0000-4000-8000-000000000001")
    before, after = described.pop("remaining")
    assert 2000 < after <= before - 10 < 3000
    assert described.pop("log_stream_name").partition("/[$LATEST]")[2]
    name = "twinberry-test-describe"
    assert described == {
        "aws_request_id": "6f0c0e5a-0000-4000-8000-000000000001",
        "function_name": name,
        "function_version": "$LATEST",
        "invoked_function_arn": f"arn:aws:lambda:us-east-1:000000000000:function:{name}",
        "memory_limit_in_mb": "256",
        "log_group_name": f"/aws/lambda/{name}",
        "identity": None,
        "client_context": None,
        "tenant_id": None,
    }


def test_variables_are_lambdas_and_the_functions_only(invoke: Invoker) -> None:
    variables = invoke("variables")
    trace, stream = variables.pop("_X_AMZN_TRACE_ID"), variables.pop("AWS_LAMBDA_LOG_STREAM_NAME")
    assert trace.startswith("Root=1-")
    assert "[$LATEST]" in stream
    # macOS needs these two, and adds the third to every process.
    for name in ("OBJC_DISABLE_INITIALIZE_FORK_SAFETY", "no_proxy", "__CF_USER_TEXT_ENCODING"):
        variables.pop(name, None)
    name = "twinberry-test-variables"
    assert variables == {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_EXECUTION_ENV": variables["AWS_EXECUTION_ENV"],
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "256",
        "AWS_LAMBDA_FUNCTION_NAME": name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{name}",
        "AWS_REGION": "us-east-1",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_SESSION_TOKEN": "test",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "LAMBDA_TASK_ROOT": str(ROOT),
        "LANG": "en_US.UTF-8",
        "PATH": os.environ["PATH"],
        "PYTHONWARNINGS": "error",
        "TABLE_THINGS": "things",
        "TZ": ":UTC",
        "_HANDLER": f"{MODULE}.variables",
    }


def test_each_invocation_has_its_own_trace_id(invoke: Invoker) -> None:
    traces = {invoke("variables")["_X_AMZN_TRACE_ID"] for _ in range(3)}
    assert len(traces) == 3


def test_own_credentials_replace_the_dummies(invoke: Invoker) -> None:
    variables = invoke("account")
    assert variables["AWS_ACCESS_KEY_ID"] == "mine"
    assert variables["AWS_REGION"] == variables["AWS_DEFAULT_REGION"] == "eu-west-1"
    assert not {"AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_CONFIG_FILE"} & variables.keys()


def test_own_profile_is_not_hidden_by_dummies(invoke: Invoker) -> None:
    variables = invoke("profile")
    assert variables["AWS_PROFILE"] == "mine"
    assert not {"AWS_ACCESS_KEY_ID", "AWS_SHARED_CREDENTIALS_FILE"} & variables.keys()


def test_exception_is_reported_with_its_trace(invoke: Invoker) -> None:
    assert invoke.raw("fail", {"message": "x"})[1]
    report = invoke("fail", {"message": 'no "thing" ☃'}, request_id="abc")
    first, second = report.pop("stackTrace")
    assert report == {
        "errorMessage": 'no "thing" ☃',
        "errorType": "NotFoundError",
        "requestId": "abc",
    }
    assert first.endswith('in fail\n    _deeper(event["message"])\n')
    assert second.endswith("in _deeper\n    raise NotFoundError(message)\n")


def test_environment_survives_an_exception(invoke: Invoker) -> None:
    assert invoke("exhaust")["errorType"] == "MemoryError"
    assert invoke("exhaust")["errorType"] == "MemoryError"


def test_decimal_becomes_a_number_digit_by_digit(invoke: Invoker) -> None:
    assert invoke.raw("values", "decimal")[0] == b"[12.50, 1E+2, 123456789012345678901.5]"


def test_nan_becomes_what_the_runtime_writes(invoke: Invoker) -> None:
    assert invoke.raw("values", "nan") == (b"[NaN, NaN, -Infinity]", False)
    assert math.isnan(invoke("values", "nan")[0])
    floats = invoke("values", "floats")
    assert math.isnan(floats["no number"])
    assert floats["infinite"] == [1.5, -math.inf]


def test_plain_data_becomes_json(invoke: Invoker) -> None:
    plain = {"a": [1, 2.5], "long": 2**70, "1": True, "none": None}
    assert invoke("values", "plain") == plain


def test_bytes_become_text_or_are_the_answer_itself(invoke: Invoker) -> None:
    assert invoke.raw("values", "bytes")[0] == b'["abc"]'
    assert invoke.raw("values", "raw")[0] == b'{"already": "json"}'


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("datetime", "Object of type datetime is not JSON serializable"),
        ("set", "Object of type set is not JSON serializable"),
        ("uuid", "Object of type UUID is not JSON serializable"),
        ("enum", "Object of type Colour is not JSON serializable"),
        ("dataclass", "Object of type Shape is not JSON serializable"),
        ("key", "keys must be str, int, float, bool or None, not tuple"),
        ("circle", "Circular reference detected"),
        ("surrogate", "'utf-8' codec can't encode character '\\ud800' in position 1: "),
    ],
)
def test_what_json_does_not_know_is_a_marshal_error(
    invoke: Invoker, value: str, reason: str
) -> None:
    report = invoke("values", value, request_id="abc")
    assert report["errorMessage"].startswith(f"Unable to marshal response: {reason}")
    assert report | {"errorMessage": ""} == {
        "errorMessage": "",
        "errorType": "Runtime.MarshalError",
        "requestId": "abc",
        "stackTrace": [],
    }


def test_answer_over_the_limit_is_refused(invoke: Invoker) -> None:
    payload, failed = invoke.raw("values", "large")
    assert failed
    assert json.loads(payload) == {
        "errorType": "Function.ResponseSizeTooLarge",
        "errorMessage": "Response payload size exceeded maximum allowed payload size "
        "(6291556 bytes).",
    }


def test_answer_of_just_the_limit_passes(invoke: Invoker) -> None:
    payload, failed = invoke.raw("values", "largest")
    assert (len(payload), failed) == (6_291_556, False)


def test_unknown_function_is_a_key_error(invoke: Invoker) -> None:
    with pytest.raises(KeyError):
        invoke("nobody")


def test_functions_are_values() -> None:
    assert function("echo") == Function(**vars(function("echo")))
