"""Which protocol a connection speaks, and the class of connections that uvicorn is given."""

from collections.abc import Callable, Mapping
from typing import Any

from uvicorn.server import ServerState

from local.realtime import graphql_transport_ws, graphql_ws
from local.realtime.service import Realtime
from local.realtime.socket import Connection, Session, Socket, Timing, Upgrade


def sockets(realtime: Realtime, timing: Timing | None = None) -> Callable[..., Socket]:
    """Make what uvicorn calls for each connection that is upgraded."""
    timing = timing or Timing()

    def choose(connection: Connection, upgrade: Upgrade) -> tuple[str | None, Session]:
        return _session(connection, upgrade, realtime)

    def make(server_state: ServerState, **_uvicorns: Mapping[str, Any]) -> Socket:
        return Socket(server_state, choose, timing)

    return make


def _session(
    connection: Connection, upgrade: Upgrade, realtime: Realtime
) -> tuple[str | None, Session]:
    offered = upgrade.subprotocols
    # Some clients offer both names and mean the newer protocol: AppSync's own never offer it.
    if graphql_transport_ws.SUBPROTOCOL in offered:
        session: Session = graphql_transport_ws.TransportSession(connection, upgrade, realtime)
        return graphql_transport_ws.SUBPROTOCOL, session
    if graphql_ws.SUBPROTOCOL in offered:
        return graphql_ws.SUBPROTOCOL, graphql_ws.AppSyncSession(connection, upgrade, realtime)
    return None, graphql_ws.Unspoken(connection)
