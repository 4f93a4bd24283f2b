"""What is asked to publish: the operations of `subscriptions/operations.graphql`, put together."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

OPERATIONS = Path(__file__).parents[2] / "subscriptions" / "operations.graphql"
# The file is made by `infra/operations.py`, so that its form is known to the letter.
OPERATION = re.compile(r"^mutation (\w+)(?:\((.*)\))? \{\n.*\n    \.\.\.(\w+)\n", re.MULTILINE)
VARIABLE = re.compile(r"\$(\w+): ([^,]+)")
FRAGMENT = re.compile(r"^fragment (\w+) on \w+ \{\n.*?^\}$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Publication:
    """One call of a publishing mutation: `Publication("publishUser", {"id": "u-1"})`."""

    field: str
    arguments: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Operation:
    """A mutation's arguments with their types, and the fragment that selects all of its value."""

    arguments: Mapping[str, str]
    fragment: str


@dataclass(frozen=True, slots=True)
class Request:
    """A document that publishes several things; `keys` name them in its answer, in their order."""

    document: str
    variables: Mapping[str, Any]
    keys: tuple[str, ...]


def compose(publications: Sequence[Publication]) -> Request:
    """Put publications into one document, executed in their order; raises LookupError."""
    # A lone one goes by its own name: that AppSync publishes a mutation with an alias is general
    # practice, but AWS has nowhere written it down.
    single = len(publications) == 1
    declared: list[str] = []
    calls: list[str] = []
    variables: dict[str, Any] = {}
    fragments: dict[str, str] = {}
    keys = tuple(each.field if single else f"p{n}" for n, each in enumerate(publications))
    for key, each in zip(keys, publications, strict=True):
        operation = _operation(each)
        names = {name: f"{key}_{name}" for name in each.arguments}
        declared += [f"${alias}: {operation.arguments[name]}" for name, alias in names.items()]
        variables |= {alias: each.arguments[name] for name, alias in names.items()}
        passed = ", ".join(f"{name}: ${alias}" for name, alias in names.items())
        alias = "" if single else f"{key}: "
        call = f"{each.field}({passed})" if names else each.field
        calls.append(f"  {alias}{call} {{ ...{operation.fragment} }}")
        fragments[operation.fragment] = _known()[1][operation.fragment]
    head = f"mutation publish({', '.join(declared)})" if declared else "mutation publish"
    document = "\n".join([f"{head} {{", *calls, "}", *fragments.values()])
    return Request(document, variables, keys)


def _operation(publication: Publication) -> Operation:
    operation = _known()[0].get(publication.field)
    if operation is None:
        raise LookupError(
            f"{publication.field} is not in subscriptions/operations.graphql: is it open to "
            "signed requests (@aws_iam), and does a subscription name it?"
        )
    if unknown := publication.arguments.keys() - operation.arguments.keys():
        raise LookupError(f"{publication.field} has no argument {', '.join(sorted(unknown))}")
    return operation


@cache
def _known() -> tuple[Mapping[str, Operation], Mapping[str, str]]:
    """Read the operations and the fragments, by name."""
    text = OPERATIONS.read_text()
    operations = {
        name: Operation(dict(VARIABLE.findall(declared)), fragment)
        for name, declared, fragment in OPERATION.findall(text)
    }
    return operations, {found[1]: found[0] for found in FRAGMENT.finditer(text)}
