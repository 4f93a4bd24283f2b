"""The floor of a fan-out: what uvicorn's own WebSockets reach where there is only sending to do.

`python -m bench.floor` serves it: AppSync's handshake, and on `POST /` one frame, made once, sent
to every subscriber as often as the body says.
"""

import asyncio
import json
import sys
from typing import Any

import uvicorn
import uvloop

ACK = json.dumps({"type": "connection_ack", "payload": {"connectionTimeoutMs": 300000}})
FRAME = json.dumps({"type": "data", "id": "s" * 36, "payload": {"data": {"x": "y" * 440}}})

subscribers: list[Any] = []


async def app(scope: Any, receive: Any, send: Any) -> None:
    """Serve one connection or one burst."""
    if scope["type"] == "websocket":
        await _subscribe(receive, send)
    elif scope["type"] == "http":
        count = int((await receive())["body"])
        await asyncio.gather(*(_burst(each, count) for each in subscribers))
        headers = [(b"content-length", b"2")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"ok"})


async def _burst(send: Any, count: int) -> None:
    for _ in range(count):
        await send({"type": "websocket.send", "text": FRAME})


async def _subscribe(receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "websocket.accept", "subprotocol": "graphql-ws"})
    answers = {"connection_init": [ACK, '{"type":"ka"}'], "start": ['{"type":"start_ack"}']}
    while (event := await receive())["type"] == "websocket.receive":
        for text in answers.get(json.loads(event["text"])["type"], []):
            await send({"type": "websocket.send", "text": text})
        if '"start"' in event["text"]:
            subscribers.append(send)


def main() -> None:
    """Serve on a port of the command line."""
    config = uvicorn.Config(
        app,
        port=int(sys.argv[1]),
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        log_level="error",
        lifespan="off",
    )
    uvloop.run(uvicorn.Server(config).serve())


if __name__ == "__main__":
    main()
