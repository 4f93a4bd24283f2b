"""The environment variables of a function: Lambda's and its own, and nothing of the developer's."""

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from local.lambdas.model import Function

ROOT = Path(__file__).resolve().parents[2]
# Without these a Python built elsewhere finds no libraries; they start the zygote, no more.
LOADER = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH")
# Credentials that open nothing, and no files: a profile on this machine may lead to a real account.
NO_ACCOUNT = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_SESSION_TOKEN": "test",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}
# macOS: frameworks such as the one that looks up the proxies crash after a fork.
FORK_SAFETY = {"OBJC_DISABLE_INITIALIZE_FORK_SAFETY": "YES", "no_proxy": "*"}


def complete(function: Function) -> Function:
    """Give the function with every variable that its environments have from the start."""
    own = function.environment
    region = own.get("AWS_REGION") or own.get("AWS_DEFAULT_REGION") or "us-east-1"
    variables = {
        "_HANDLER": function.handler,
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory),
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function.name}",
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
    }
    account = {} if {"AWS_ACCESS_KEY_ID", "AWS_PROFILE"} & own.keys() else NO_ACCOUNT
    return replace(function, environment={**_every(), **variables, **account, **own})


def common() -> dict[str, str]:
    """Give what every function has unless it says otherwise: for a zygote that knows none yet."""
    return _every() | NO_ACCOUNT | _loader()


def shared(functions: Sequence[Function]) -> Mapping[str, str]:
    """Give what all (complete) functions agree on: what preloaded code sees at its import."""
    every = [function.environment.items() for function in functions]
    agreed = dict(every[0] if every else ())
    for items in every[1:]:
        agreed = dict(agreed.items() & items)
    return agreed | _loader()


def _every() -> dict[str, str]:
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "en_US.UTF-8",
        "TZ": ":UTC",
        "LAMBDA_TASK_ROOT": str(ROOT),
        "AWS_EXECUTION_ENV": f"AWS_Lambda_python3.{sys.version_info.minor}",
    } | (FORK_SAFETY if sys.platform == "darwin" else {})


def _loader() -> dict[str, str]:
    return {name: os.environ[name] for name in LOADER if name in os.environ}
