"""Frames as both protocols read them."""

from typing import Any

import orjson


def read_frame(message: str) -> dict[str, Any]:
    """Read a JSON object; anything else is as good as an empty one."""
    try:
        frame = orjson.loads(message)
    except orjson.JSONDecodeError:
        return {}
    return frame if isinstance(frame, dict) else {}
