"""What the users need: one table."""

from resolvers.shared.resources import Context, Table

USERS = Table("users", partition="id")

CONTEXT = Context("users", tables=(USERS,))
