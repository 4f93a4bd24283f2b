"""What a function is, and what an invocation of it comes to."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Function:
    """A Lambda function. `label` marks its log lines; `timeout` is in seconds, `memory` in MB."""

    name: str
    label: str
    handler: str
    timeout: float
    memory: int
    environment: Mapping[str, str]


@dataclass(frozen=True)
class Outcome:
    """JSON, as Lambda hands it back; `failed` is Lambda's X-Amz-Function-Error."""

    payload: bytes
    failed: bool
