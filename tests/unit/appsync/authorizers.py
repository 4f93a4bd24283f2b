"""Authorizers as functions that the tests of LambdaAuthorizer run in real environments."""

import os
import signal
from typing import Any


def throws(event: dict[str, Any], _context: object) -> None:
    raise ValueError(f"no idea what {event['authorizationToken']} is")


def hangs(_event: dict[str, Any], _context: object) -> None:
    signal.pause()


def dies(_event: dict[str, Any], _context: object) -> None:
    os._exit(3)


def nan(_event: dict[str, Any], _context: object) -> Any:
    return {"isAuthorized": True, "ttlOverride": float("nan")}
