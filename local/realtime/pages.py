"""What the twin tells about subscribers: AppSync itself can't say whether anybody listens."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from local.realtime.service import Realtime

CORS = {"access-control-allow-origin": "*"}


def subscription_pages(realtime: Realtime) -> list[BaseRoute]:
    """Make `GET /local/subscriptions`: the connections, and the subscriptions of each field."""

    async def show(_: Request) -> Response:
        return JSONResponse(realtime.counts(), headers=CORS)

    return [Route("/local/subscriptions", show)]
