"""Credentials: which of AppSync's modes a request uses, and whether they hold.

Each mode has a file: `api_key`, `user_pool`, `oidc`, `iam`, `authorizer`. `modes` picks the one.
"""

from local.appsync.auth.call import Call, Sent
from local.appsync.auth.identity import Identity
from local.appsync.auth.modes import Authenticator

__all__ = ["Authenticator", "Call", "Identity", "Sent"]
