"""Subscribers of readings, in a process of their own: what arrives at each, and how late."""

import asyncio
import json
import sys
import time
from collections import Counter
from datetime import datetime

import httpx

from bench.subscribers import Subscriber, Tally, Target

QUERY = "subscription { onReading { at id } }"


class Listener(Subscriber):
    """Notes the id of every reading, and the milliseconds since the device measured it."""

    ids: Counter[str]
    late: list[float]

    def _count(self, data: bytes) -> None:
        now = time.time() * 1000
        for message in self._messages(data):
            reading = json.loads(bytes(message)).get("payload", {}).get("data", {}).get("onReading")
            if reading:
                self.ids[reading["id"]] += 1
                self.late.append(now - datetime.fromisoformat(reading["at"]).timestamp() * 1000)


async def main() -> None:
    """Listen until stdin ends, and tell what arrived, as JSON."""
    url, key, count = sys.argv[1:]
    address = httpx.URL(url)
    host = f"{address.host}:{address.port}"
    headers = {"host": host, "x-api-key": key}
    target = Target(str(address.host), address.port or 80, headers, QUERY)
    loop, made = asyncio.get_running_loop(), []
    for _ in range(int(count)):
        ready = asyncio.Event()
        _, listener = await loop.create_connection(
            lambda: Listener(target, Tally(), ready.set),  # noqa: B023
            target.host,
            target.port,
        )
        listener.ids, listener.late = Counter(), []
        await asyncio.wait_for(ready.wait(), 10)
        made.append(listener)
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    late = sorted(each for listener in made for each in listener.late)
    shares = {"median": 0.5, "p99": 0.99, "longest": 1.0}
    said = {
        "arrived": [sum(listener.ids.values()) for listener in made],
        "distinct": [len(listener.ids) for listener in made],
        "late": {name: late[int((len(late) - 1) * share)] for name, share in shares.items()},
    }
    print(json.dumps(said))


if __name__ == "__main__":
    asyncio.run(main())
