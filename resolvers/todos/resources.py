"""What the todos need: one table."""

from resolvers.shared.resources import Context, Index, Table

# The owner is in the key: another's todo cannot be reached, nor can its id be found to be taken.
# The index is local since only such a one is read consistently: a sync must see every write that
# was answered before it.
TODOS = Table(
    "todos",
    partition="owner",
    sort="id",
    indexes=(Index("by-change", partition="owner", sort="changed", local=True),),
    ttl="expiresAt",
)

CONTEXT = Context("todos", tables=(TODOS,))
