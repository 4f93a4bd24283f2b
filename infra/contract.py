"""What the contract says of roles: read from schema.graphql, without the CDK or the twin."""

from graphql import ObjectTypeDefinitionNode, parse

ROOTS = {"Query", "Mutation", "Subscription"}


def open_to_iam(sdl: str) -> tuple[str, ...]:
    """List the root fields that signed requests may ask for, such as `Mutation.publishOrder`."""
    return tuple(
        f"{kind.name.value}.{field.name.value}"
        for kind in parse(sdl).definitions
        if isinstance(kind, ObjectTypeDefinitionNode) and kind.name.value in ROOTS
        for field in kind.fields or ()
        if any(directive.name.value == "aws_iam" for directive in field.directives or ())
    )
