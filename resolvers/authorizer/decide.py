"""The authorizer's edge: AppSync's event in, its answer out. The token is never logged."""

import time
from typing import TYPE_CHECKING, Any

from resolvers.authorizer import service

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext


def handler(event: dict[str, Any], _context: "LambdaContext") -> dict[str, Any]:
    """Decide on the token of a request."""
    return service.decide(event["authorizationToken"], time.time())
