"""Buckets of the embedded AWS: private, and there again after a kill."""

import asyncio
import shutil
from pathlib import Path

import httpx

from local.cloud.engine import FOLDER
from local.functions import STAGE
from resolvers.shared.resources import Bucket, Context, bucket_name
from tests.support.aws import embedded_aws


def test_objects_are_only_for_those_with_credentials(tmp_path: Path) -> None:
    async def scenario() -> list[int]:
        async with embedded_aws(tmp_path) as (client, account):
            made = [
                (await client.send("s3", "PUT", "/shelf")).status,
                (await client.send("s3", "PUT", "/shelf/book", b"secret")).status,
                (await client.send("s3", "GET", "/shelf/book")).status,
            ]
            async with httpx.AsyncClient(base_url=account.sqs) as http:
                reading = [await http.get(path) for path in ("/shelf/book", "/shelf")]
                writing = await http.put("/shelf/book", content=b"mine")
            return [*made, *(answer.status_code for answer in [*reading, writing])]

    assert asyncio.run(scenario()) == [200, 200, 200, 403, 403, 403]


def test_a_bucket_that_a_kill_left_without_its_state_is_made_again(tmp_path: Path) -> None:
    context = Context("home", buckets=(Bucket("dump"),))

    async def scenario() -> bytes:
        async with embedded_aws(tmp_path, context) as (client, account):
            path = f"/{bucket_name(STAGE, 'home', 'dump', account.id)}/kept"
            await client.send("s3", "PUT", path, b"still here")
        shutil.rmtree(tmp_path / FOLDER / "state")
        async with embedded_aws(tmp_path, context) as (client, _):
            return (await client.send("s3", "GET", path)).body

    assert asyncio.run(scenario()) == b"still here"
