"""The look at the tables that spares a start the making of them."""

import asyncio
from dataclasses import replace
from pathlib import Path

from local.cloud import tables
from local.cloud.client import Client
from resolvers.shared.resources import Table
from tests.support.aws import embedded_aws, make_table
from tests.unit.events.support import context

SHOP = replace(context(), tables=(Table("prices", partition="id"),))
MORE = replace(SHOP, tables=(*SHOP.tables, Table("offers", partition="id")))


def test_they_are_complete_once_that_is_noted_while_all_are_there(tmp_path: Path) -> None:
    async def scenario() -> list[bool]:
        async with embedded_aws(tmp_path, SHOP) as (client, _):
            name = await make_table(client, SHOP, "prices")
            found = [await tables.complete(client, [SHOP])]
            await tables.note(client, [SHOP])
            found.append(await tables.complete(client, [SHOP]))
            found.append(await tables.complete(client, [MORE]))
            await client.call("DynamoDB_20120810.DeleteTable", {"TableName": name})
            return [*found, await tables.complete(client, [SHOP])]

    not_noted, complete, one_more_declared, one_taken_away = asyncio.run(scenario())

    assert complete
    assert not not_noted
    assert not one_more_declared
    assert not one_taken_away


def test_all_pages_of_tables_are_looked_at(tmp_path: Path) -> None:
    names = [f"t{number:03}" for number in range(101)]  # a page has a hundred
    many = replace(SHOP, tables=tuple(Table(name, partition="id") for name in names))

    async def scenario() -> bool:
        async with embedded_aws(tmp_path, many) as (client, _):
            await asyncio.gather(*(make_table(client, many, name) for name in names))
            await tables.note(client, [many])
            return await tables.complete(client, [many])

    assert asyncio.run(scenario())


def test_where_nothing_answers_they_are_not_complete() -> None:
    assert not asyncio.run(tables.complete(Client("http://127.0.0.1:1"), [SHOP]))
