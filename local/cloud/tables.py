"""Whether all tables are there: two calls from the server, where provision.py holds up a start.

It needs a function's environment, which the functions' parent cannot fork before it is warm.
"""

from collections.abc import Iterable
from typing import Any

from local.cloud.channels import digest
from local.cloud.client import AwsError, Client
from local.events.checkpoints import Checkpoints
from local.functions import STAGE
from resolvers.shared.resources import Context, physical_name

COMPLETE = ("tables", "complete")  # where among the checkpoints it stands which tables are


async def complete(client: Client, contexts: Iterable[Context]) -> bool:
    """Tell whether what is declared has been made and seeded, and no table was taken away since."""
    declared = list(contexts)
    try:
        if await Checkpoints(client).read(*COMPLETE) != digest(declared):
            return False
        existing = await _existing(client)
    except (AwsError, OSError):
        return False  # provision.py has the words for what is wrong
    return existing >= {
        physical_name(STAGE, context.name, table.name)
        for context in declared
        for table in context.tables
    }


async def note(client: Client, contexts: Iterable[Context]) -> None:
    """Keep that everything is complete."""
    await Checkpoints(client).write(*COMPLETE, digest(list(contexts)))


async def _existing(client: Client) -> set[str]:
    found, after = set[str](), dict[str, Any]()
    while True:
        page = await client.call("DynamoDB_20120810.ListTables", after)
        found.update(page["TableNames"])
        if "LastEvaluatedTableName" not in page:
            return found
        after = {"ExclusiveStartTableName": page["LastEvaluatedTableName"]}
