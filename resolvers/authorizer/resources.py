"""What the authorizer needs: its table, and a function that answers no fields."""

from resolvers.shared.resources import AUTHORIZER, Context, Table

TOKENS = Table("tokens", partition="digest", ttl="expiresAt")

CONTEXT = Context(AUTHORIZER, tables=(TOKENS,), timeout=10, memory=256, entry="decide")
