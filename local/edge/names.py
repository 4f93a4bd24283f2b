"""Where edges are, and what their keys are called; the functions are told so."""

from collections.abc import Iterable

from resolvers.shared.resources import Bucket, Context, physical_name, variable


def edge_variables(context: Context, stage: str, graphql_url: str) -> dict[str, str]:
    """Tell a context's functions where its edges are, and in which secrets the keys to sign by."""
    places = {
        variable("edge", context.name, bucket.name): base(graphql_url, context, bucket)
        for bucket in edges(context)
    }
    secrets = {
        variable("edge_key", context.name, bucket.name): secret(stage, context, bucket)
        for bucket in edges(context)
    }
    return places | secrets


def edges(context: Context) -> Iterable[Bucket]:
    """Give the buckets that an edge serves."""
    return [bucket for bucket in context.buckets if bucket.edge]


def edge_name(context: Context, bucket: Bucket) -> str:
    """Name an edge, in its addresses."""
    return f"{context.name}-{bucket.name}"


def base(graphql_url: str, context: Context, bucket: Bucket) -> str:
    """Give the address under which an edge serves a bucket's keys."""
    return f"{graphql_url.rpartition('/')[0]}/edge/{edge_name(context, bucket)}"


def secret(stage: str, context: Context, bucket: Bucket) -> str:
    """Name the secret of a bucket's key."""
    return physical_name(stage, context.name, bucket.name, "key")
