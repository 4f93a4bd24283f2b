"""What the embedded AWS saves is what it had."""

import asyncio
from pathlib import Path
from typing import Any

from resolvers.shared.resources import Context, Table
from tests.support.aws import embedded_aws, make_table

SHELF = Context("home", tables=(Table("shelf", partition="id"),))


def test_a_text_of_any_script_is_the_same_after_a_restart(tmp_path: Path) -> None:
    item = {"id": {"S": "é \u2028 \U0001f600"}, "raw": {"B": "/w=="}, "n": {"N": "1" * 38}}

    async def scenario() -> dict[str, Any]:
        async with embedded_aws(tmp_path) as (client, _):
            table = await make_table(client, SHELF, "shelf")
            request: dict[str, Any] = {"TableName": table, "Item": item}
            await client.call("DynamoDB_20120810.PutItem", request)
        async with embedded_aws(tmp_path) as (client, _):
            request = {"TableName": table, "Key": {"id": item["id"]}}
            return await client.call("DynamoDB_20120810.GetItem", request)

    assert asyncio.run(scenario())["Item"] == item
