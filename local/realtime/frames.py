"""Frames as both protocols read them."""

from typing import Any

from local.appsync import json_text
from local.appsync.errors import Refusal


def read_frame(message: str) -> dict[str, Any]:
    """Read a JSON object as bodies are read; anything else is as good as an empty one."""
    try:
        frame = json_text.read(message.encode())
    except Refusal:
        return {}
    return frame if isinstance(frame, dict) else {}
