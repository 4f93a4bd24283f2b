"""How far each mapping has come in each shard: kept in a table beside what the functions wrote.

In the same store on purpose: whatever state the embedded AWS comes up with again, the checkpoint is
never ahead of what was done.
"""

from local.cloud.client import AwsError, Client
from local.functions import STAGE, TWIN
from resolvers.shared.resources import Table, physical_name

CHECKPOINTS = Table("checkpoints", partition="reader", sort="shard")
TABLE = physical_name(STAGE, TWIN, CHECKPOINTS.name)


class Checkpoints:
    """Sequence numbers by reader and shard."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def read(self, reader: str, shard: str) -> str | None:
        """Give the sequence number up to which all is done; None at the beginning."""
        request = {"TableName": TABLE, "Key": _key(reader, shard), "ConsistentRead": True}
        found = await self._client.call("DynamoDB_20120810.GetItem", request)
        return str(found["Item"]["sequence"]["S"]) if "Item" in found else None

    async def write(self, reader: str, shard: str, sequence: str) -> bool:
        """Keep one; tells whether that was possible: if not, work is only done again."""
        item = _key(reader, shard) | {"sequence": {"S": sequence}}
        try:
            request = {"TableName": TABLE, "Item": item}
            await self._client.call("DynamoDB_20120810.PutItem", request)
        except (AwsError, OSError):
            return False
        return True


def _key(reader: str, shard: str) -> dict[str, dict[str, str]]:
    return {"reader": {"S": reader}, "shard": {"S": shard}}
