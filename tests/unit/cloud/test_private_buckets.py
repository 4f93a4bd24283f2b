"""Buckets of the embedded AWS are private: who shows no credentials is refused."""

import asyncio
from pathlib import Path

import httpx

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
