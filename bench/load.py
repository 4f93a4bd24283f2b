"""A client that costs little itself."""

import http.client
import json
import time

import httpx

from tests.support.twin import RunningTwin

WARM_UP = 50


def latencies(twin: RunningTwin, query: str, *, count: int) -> list[float]:
    """Send a query over one connection, one after the other; gives milliseconds each."""
    address = httpx.URL(twin.url)
    connection = http.client.HTTPConnection(address.host, address.port)
    body = json.dumps({"query": query})
    headers = {"x-api-key": twin.key, "content-type": "application/json"}
    taken = []
    for _ in range(WARM_UP + count):
        began = time.perf_counter()
        connection.request("POST", "/graphql", body, headers)
        answer = connection.getresponse().read()
        taken.append((time.perf_counter() - began) * 1000)
    assert "errors" not in json.loads(answer)
    return taken[WARM_UP:]
