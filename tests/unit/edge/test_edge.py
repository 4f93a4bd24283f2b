"""The edge over HTTP (in-process): what reaches the origin, ranges, conditions, signatures."""

import asyncio
import base64
import time
from collections import Counter
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1
from starlette.applications import Starlette

from local.cloud.client import Answer
from local.edge.cache import MANIFEST_SECONDS, REFUSED_SECONDS, Cache
from local.edge.pages import edge_routes
from local.edge.signing import Signatures, canned_policy

FILE = "thermo/1.2.0/firmware.bin"
MANIFEST = "manifests/thermo.json"
BODY = bytes(range(256)) * 4


class Origin:
    """A bucket that counts who asks; `down` while it does not answer."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.objects = {FILE: BODY, MANIFEST: b'{"version": "1.2.0"}'}
        self.down = False
        self.now = 0.0
        self.slow = asyncio.Event()
        self.slow.set()

    async def fetch(self, key: str, etag: str | None) -> Answer:
        self.asked[key] += 1
        await self.slow.wait()
        if self.down:
            raise ConnectionRefusedError
        if key not in self.objects:
            return Answer(404)
        tag = f'"{hash(self.objects[key]):x}"'
        if tag == etag:
            return Answer(304)
        return Answer(200, {"etag": tag, "content-type": "text/plain"}, self.objects[key])


@pytest.fixture
def origin() -> Origin:
    return Origin()


def client(origin: Origin, signatures: Signatures | None = None) -> httpx.AsyncClient:
    async def allows(key: str, query: Any) -> bool:
        return signatures is None or signatures.allows(f"https://edge/{key}", query)

    cache = Cache(origin.fetch, clock=lambda: origin.now)
    app = Starlette(routes=edge_routes({"releases": cache}, {"releases": allows}))
    transport = httpx.ASGITransport(app)
    return httpx.AsyncClient(transport=transport, base_url="http://twin/edge/releases/")


def get(origin: Origin, *requests: dict[str, str], key: str = FILE) -> list[httpx.Response]:
    """Ask one after the other, with these headers."""

    async def scenario() -> list[httpx.Response]:
        async with client(origin) as http:
            return [await http.get(key, headers=headers) for headers in requests]

    return asyncio.run(scenario())


def test_a_surge_reaches_the_origin_once(origin: Origin) -> None:
    async def scenario() -> list[httpx.Response]:
        origin.slow.clear()
        async with client(origin) as http:
            asking = [asyncio.ensure_future(http.get(FILE)) for _ in range(500)]
            while not origin.asked:
                await asyncio.sleep(0)
            origin.slow.set()
            return await asyncio.gather(*asking)

    answers = asyncio.run(scenario())
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.content for answer in answers} == {BODY}
    assert origin.asked == {FILE: 1}


def test_a_client_that_leaves_takes_nothing_from_others(origin: Origin) -> None:
    async def scenario() -> httpx.Response:
        origin.slow.clear()
        async with client(origin) as http:
            leaving, staying = (asyncio.ensure_future(http.get(FILE)) for _ in range(2))
            while not origin.asked:
                await asyncio.sleep(0)
            leaving.cancel()
            await asyncio.sleep(0)
            origin.slow.set()
            return await staying

    assert asyncio.run(scenario()).content == BODY
    assert origin.asked == {FILE: 1}


def test_files_are_immutable_and_say_where_they_come_from(origin: Origin) -> None:
    first, second = get(origin, {}, {})
    assert first.headers["x-cache"] == "Miss from cloudfront"
    assert second.headers["x-cache"] == "Hit from cloudfront"
    assert second.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert second.headers["etag"] == first.headers["etag"]
    assert second.headers["content-type"] == "text/plain"


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-9", 0, 10),
        ("bytes=10-", 10, 1024),
        ("bytes=-5", 1019, 1024),
        ("bytes=1000-9999", 1000, 1024),
        ("bytes=-9999", 0, 1024),
    ],
)
def test_a_part_can_be_had(origin: Origin, asked: str, start: int, end: int) -> None:
    (answer,) = get(origin, {"range": asked})
    assert answer.status_code == 206
    assert answer.content == BODY[start:end]
    assert answer.headers["content-range"] == f"bytes {start}-{end - 1}/1024"


def test_a_broken_download_goes_on(origin: Origin) -> None:
    (whole,) = get(origin, {})
    tag = whole.headers["etag"]
    rest, other = get(
        origin,
        {"range": "bytes=500-", "if-range": tag},
        {"range": "bytes=500-", "if-range": '"another"'},
    )
    assert BODY[:500] + rest.content == BODY
    assert (other.status_code, other.content) == (200, BODY)


def test_parts_that_are_not_there_or_not_understood(origin: Origin) -> None:
    asked = "bytes=1024-", "lines=1-2", "bytes=0-1,4-5", f"bytes={'9' * 5000}-", "bytes=5-2"
    beyond, *others = get(origin, *({"range": each} for each in asked))
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, "bytes */1024")
    assert [other.status_code for other in others] == [200, 200, 200, 200]


def test_what_has_not_changed_is_not_sent_again(origin: Origin) -> None:
    (whole,) = get(origin, {})
    (again,) = get(origin, {"if-none-match": whole.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_new_manifest_appears_within_its_minute(origin: Origin) -> None:
    async def scenario() -> list[bytes]:
        async with client(origin) as http:
            seen = [(await http.get(MANIFEST)).content]
            origin.objects[MANIFEST] = b'{"version": "1.3.0"}'
            for later in (1, MANIFEST_SECONDS):
                origin.now = later
                seen.append((await http.get(MANIFEST)).content)
            origin.now += MANIFEST_SECONDS
            await http.get(MANIFEST)  # which has not changed
        return seen

    old, new = b'{"version": "1.2.0"}', b'{"version": "1.3.0"}'
    assert asyncio.run(scenario()) == [old, old, new]
    assert origin.asked[MANIFEST] == 3


def test_what_is_known_outlives_the_origin(origin: Origin) -> None:
    async def scenario() -> list[int]:
        async with client(origin) as http:
            await http.get(MANIFEST)
            origin.down = True
            origin.now = MANIFEST_SECONDS + 1
            statuses = [(await http.get(key)).status_code for key in (MANIFEST, FILE)]
            origin.down = False
            origin.now += REFUSED_SECONDS + 1
            return [*statuses, (await http.get(FILE)).status_code]

    assert asyncio.run(scenario()) == [200, 502, 200]


def test_what_is_not_there_is_refused_and_asked_for_seldom(origin: Origin) -> None:
    answers = get(origin, {}, {}, key="no/such")
    assert [answer.status_code for answer in answers] == [403, 403]
    assert origin.asked == {"no/such": 1}


def test_only_signed_urls_that_are_still_good_are_served(origin: Origin) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    signatures = Signatures(key.public_key(), "K1")

    def signed(path: str, expires: float, key_id: str = "K1") -> dict[str, str]:
        policy = canned_policy(f"https://edge/{path}", int(expires))
        raw = key.sign(policy, PKCS1v15(), SHA1())  # noqa: S303 - CloudFront's
        text = base64.b64encode(raw).decode().translate(str.maketrans("+=/", "-_~"))
        return {"Expires": str(int(expires)), "Signature": text, "Key-Pair-Id": key_id}

    soon, past = time.time() + 60, time.time() - 1
    good = signed(FILE, soon)
    cases = [
        good,
        {},
        signed(FILE, past),
        signed(MANIFEST, soon),
        good | {"Expires": str(int(soon) + 1)},
        good | {"Expires": "9" * 5000},
        signed(FILE, soon, "K2"),
        good | {"Signature": "!"},
    ]

    async def scenario() -> list[int]:
        async with client(origin, signatures) as http:
            return [(await http.get(FILE, params=case)).status_code for case in cases]

    assert asyncio.run(scenario()) == [200, 403, 403, 403, 403, 403, 403, 403]
