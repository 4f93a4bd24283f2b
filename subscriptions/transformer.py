"""The stream's batches: Kinesis' event in, what to try again out."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


def handler(event: dict[str, Any], _context: "LambdaContext") -> dict[str, Any]:
    """Store the readings of a batch, and tell the world."""
    raise NotImplementedError(len(event["Records"]))
