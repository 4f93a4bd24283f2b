"""What the contract says of roles: read from schema.graphql, without the CDK or the twin."""

from collections.abc import Iterator

from graphql import (
    FieldDefinitionNode,
    ListValueNode,
    ObjectTypeDefinitionNode,
    StringValueNode,
    parse,
)

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


def heard_of(field: FieldDefinitionNode) -> Iterator[str]:
    """Name the mutations that a subscription field tells of, by its `@aws_subscribe`."""
    directives = [each for each in field.directives or () if each.name.value == "aws_subscribe"]
    for argument in (each for directive in directives for each in directive.arguments or ()):
        given = argument.value
        values = given.values if isinstance(given, ListValueNode) else (given,)
        yield from (value.value for value in values if isinstance(value, StringValueNode))
