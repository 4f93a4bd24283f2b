"""What Lambda code asks AppSync to publish: `python -m infra.operations` writes it anew.

Subscribers see no more than the publishing mutation itself selected. So for every mutation that
signed requests may ask for and that some subscription names, `subscriptions/operations.graphql` has
an operation which selects every field there is. It is made of the contract, without the twin.
"""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from graphql import (
    FieldDefinitionNode,
    GraphQLSyntaxError,
    InterfaceTypeDefinitionNode,
    ListTypeNode,
    NamedTypeNode,
    NonNullTypeNode,
    ObjectTypeDefinitionNode,
    TypeNode,
    UnionTypeDefinitionNode,
    parse,
    print_ast,
)

from infra.contract import heard_of, open_to_iam

ROOT = Path(__file__).parent.parent
SCHEMA = ROOT / "schema.graphql"
OPERATIONS = ROOT / "subscriptions" / "operations.graphql"
HEAD = """\
# Made of schema.graphql by `python -m infra.operations`, which make runs; not to be edited.
"""
# No list of fields is the whole of these.
SEVERAL = (InterfaceTypeDefinitionNode, UnionTypeDefinitionNode)
Types = Mapping[str, Any]


class Unpublishable(ValueError):
    """A type that no operation can select whole; str() says why."""


def operations(sdl: str) -> str:
    """Write the operations; raises Unpublishable."""
    types = {
        kind.name.value: kind
        for kind in parse(sdl).definitions
        if isinstance(kind, (ObjectTypeDefinitionNode, *SEVERAL))
    }
    published = list(_published(types, open_to_iam(sdl)))
    kinds = dict.fromkeys(_named(field.type) for field in published)
    parts = [_operation(field) for field in published]
    return "\n".join([HEAD, *parts, *(_fragment(types, kind) for kind in kinds)])


def _published(types: Types, signed: tuple[str, ...]) -> Iterator[FieldDefinitionNode]:
    """Give the mutations that are open to signed requests and have a subscription."""
    if "Mutation" not in types or "Subscription" not in types:
        return
    heard = {name for field in types["Subscription"].fields or () for name in heard_of(field)}
    for field in types["Mutation"].fields or ():
        if field.name.value in heard and f"Mutation.{field.name.value}" in signed:
            yield field


def _operation(field: FieldDefinitionNode) -> str:
    name, arguments = field.name.value, field.arguments or ()
    declared = ", ".join(f"${each.name.value}: {print_ast(each.type)}" for each in arguments)
    passed = ", ".join(f"{each.name.value}: ${each.name.value}" for each in arguments)
    head, call = (f"{name}({declared})", f"{name}({passed})") if arguments else (name, name)
    kind = _named(field.type)
    return f"mutation {head} {{\n  {call} {{\n    ...{kind}\n  }}\n}}\n"


def _fragment(types: Types, kind: str) -> str:
    if kind not in types:
        raise Unpublishable(f"{kind} can't be published: it has no fields")
    lines = "\n".join(_selection(types, kind, (kind,)))
    return f"fragment {kind} on {kind} {{\n{lines}\n}}\n"


def _selection(types: Types, kind: str, path: tuple[str, ...]) -> Iterator[str]:
    """Give the lines that select every field of a type, but no type within itself."""
    if isinstance(types[kind], SEVERAL):
        raise Unpublishable(f"{kind} can't be published: it is several types")
    indent = "  " * len(path)
    for field in types[kind].fields or ():
        inner = _named(field.type)
        if inner in path:
            continue
        _check_arguments(kind, field)
        if inner not in types:
            yield f"{indent}{field.name.value}"
        elif lines := list(_selection(types, inner, (*path, inner))):
            yield f"{indent}{field.name.value} {{"
            yield from lines
            yield f"{indent}}}"


def _check_arguments(kind: str, field: FieldDefinitionNode) -> None:
    for argument in field.arguments or ():
        if isinstance(argument.type, NonNullTypeNode) and argument.default_value is None:
            raise Unpublishable(
                f"{kind}.{field.name.value} can't be published: nothing gives its argument "
                f"{argument.name.value} a value"
            )


def _named(kind: TypeNode) -> str:
    while isinstance(kind, (ListTypeNode, NonNullTypeNode)):
        kind = kind.type
    assert isinstance(kind, NamedTypeNode)
    return kind.name.value


def main() -> int:
    """Write the file; returns the exit status."""
    try:
        OPERATIONS.write_text(operations(SCHEMA.read_text()))
    except GraphQLSyntaxError as error:
        line = error.locations[0].line if error.locations else 0
        return _fail(f"schema.graphql:{line}: {error.message}")
    except Unpublishable as error:
        return _fail(f"schema.graphql: {error}")
    return 0


def _fail(sentence: str) -> int:
    sys.stderr.write(f"{sentence}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
