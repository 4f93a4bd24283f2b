"""Firmware from the API to the file: signed URLs, through the edge, once to the origin."""

import asyncio
import hashlib
import json
from collections.abc import Iterator
from urllib.parse import quote

import httpx
import pytest

from local.cloud.client import Client
from local.functions import STAGE, local_account
from resolvers.devices.resources import CONTEXT, RELEASES
from resolvers.shared.resources import bucket_name
from tests.support.twin import RunningTwin, running

QUERY = """query ($model: String!) { firmware(model: $model) { version url sha256 size } }"""
FILE = bytes(range(256)) * 4096  # 1 MB
BUCKET = bucket_name(STAGE, CONTEXT.name, RELEASES.name, local_account("").id)
KEY = "files/thermo/1.2.0.bin"
ODD = "1.3.0+rc #1?"


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningTwin]:
    with running("--data", str(tmp_path_factory.mktemp("data"))) as started:
        manifest = {
            "version": "1.2.0",
            "key": KEY,
            "sha256": hashlib.sha256(FILE).hexdigest(),
            "size": len(FILE),
        }
        put(started, KEY, FILE)
        put(started, "manifests/thermo.json", json.dumps(manifest).encode())
        key = f"files/odd/{ODD}.bin"
        odd = manifest | {"version": ODD, "key": key}
        put(started, key, FILE)
        put(started, "manifests/odd.json", json.dumps(odd).encode())
        yield started


def put(twin: RunningTwin, key: str, body: bytes) -> None:
    async def send() -> int:
        client = Client(twin.client.get("/health").json()["aws"])
        try:
            return (await client.send("s3", "PUT", f"/{BUCKET}/{quote(key)}", body)).status
        finally:
            client.close()

    assert asyncio.run(send()) == 200


def url(twin: RunningTwin, model: str = "thermo") -> str:
    found: str = twin.ask(QUERY, model=model)["firmware"]["url"]
    return found


def test_a_surge_of_devices_gets_the_file_and_the_origin_is_asked_once(twin: RunningTwin) -> None:
    address = url(twin)

    async def surge() -> list[httpx.Response]:
        limits = httpx.Limits(max_connections=10)
        async with httpx.AsyncClient(limits=limits, timeout=60) as http:
            part = {"range": "bytes=-1024"}
            return await asyncio.gather(*(http.get(address, headers=part) for _ in range(500)))

    answers = asyncio.run(surge())
    assert {answer.status_code for answer in answers} == {206}
    assert {answer.content for answer in answers} == {FILE[-1024:]}
    # Those that came while it was being fetched were told of a miss, too; nobody came before.
    assert answers[0].headers["etag"] == httpx.get(address).headers["etag"]
    assert httpx.get(address).headers["x-cache"] == "Hit from cloudfront"


def test_file_is_what_the_api_says_of_it(twin: RunningTwin) -> None:
    firmware = twin.ask(QUERY, model="thermo")["firmware"]
    file = httpx.get(firmware["url"]).content
    assert (len(file), hashlib.sha256(file).hexdigest()) == (firmware["size"], firmware["sha256"])


def test_url_holds_for_its_file_alone(twin: RunningTwin) -> None:
    address = url(twin)
    other = address.replace(KEY, "manifests/thermo.json")
    unsigned = address.partition("?")[0]
    assert [httpx.get(each).status_code for each in (address, other, unsigned)] == [200, 403, 403]


def test_version_may_have_any_characters(twin: RunningTwin) -> None:
    address = url(twin, "odd")
    assert "/files/odd/1.3.0%2Brc%20%231%3F.bin?" in address
    answer = httpx.get(address)
    assert (answer.status_code, answer.content) == (200, FILE)
