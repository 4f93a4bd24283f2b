"""Who may see which field, as a page to read: `python -m local.access_matrix` writes it.

make does so whenever the schema has changed.
"""

import sys
from pathlib import Path
from typing import NamedTuple

from graphql import GraphQLObjectType, GraphQLSchema

from local.appsync.access import Access
from local.appsync.auth.identity import Place
from local.contract import SchemaError, contract
from resolvers.shared.identity import Mode

PAGE = Path(__file__).parents[1] / "docs" / "access.md"


class Principal(NamedTuple):
    """Somebody who calls the API: a column."""

    title: str
    mode: Mode
    groups: frozenset[str] = frozenset()


PRINCIPALS = {
    "key": Principal("API key", Mode.API_KEY),
    "alice": Principal("alice (no group)", Mode.USER_POOL),
    "ada": Principal("ada (admin)", Mode.USER_POOL, frozenset({"admin"})),
    "otto": Principal("otto (operator)", Mode.USER_POOL, frozenset({"operator"})),
    "anna": Principal("anna (author)", Mode.USER_POOL, frozenset({"author"})),
    "publishers": Principal("publishers (IAM)", Mode.IAM),
    "partner": Principal("partner-demo (Lambda)", Mode.LAMBDA),
}
HEAD = """\
# Access

Who may see which field by the directives of `schema.graphql`; `Type.*`: all fields of a type.
Made of schema.graphql by make; `tests/graphql/test_access.py` tries it.
"""


def places(schema: GraphQLSchema) -> list[Place]:
    """List every field of every object type, in the order of the contract."""
    kinds = [
        kind
        for kind in schema.type_map.values()
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__")
    ]
    kinds.sort(
        key=lambda kind: kind.ast_node.loc.start if kind.ast_node and kind.ast_node.loc else 0
    )
    return [(kind.name, name) for kind in kinds for name in kind.fields]


def denied(schema: GraphQLSchema, principal: Principal) -> frozenset[Place]:
    """Collect the fields that somebody may not see."""
    return Access(schema).forbidden(principal.mode, principal.groups)


def table(schema: GraphQLSchema) -> str:
    """Write the matrix in Markdown."""
    refused = [denied(schema, principal) for principal in PRINCIPALS.values()]
    kinds: dict[str, dict[str, list[str]]] = {}
    for kind, name in places(schema):
        cells = ["–" if (kind, name) in each else "yes" for each in refused]  # noqa: RUF001
        kinds.setdefault(kind, {})[name] = cells
    titles = [principal.title for principal in PRINCIPALS.values()]
    rows = [["field", *titles], ["---"] * (1 + len(titles))]
    for kind, fields in kinds.items():
        rows += _rows(kind, fields)
    return HEAD + "\n" + "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _rows(kind: str, fields: dict[str, list[str]]) -> list[list[str]]:
    first, *others = fields.values()
    if others and all(each == first for each in others):
        return [[f"`{kind}.*`", *first]]
    return [[f"`{kind}.{name}`", *cells] for name, cells in fields.items()]


def main() -> int:
    """Write the page; returns the exit status."""
    try:
        PAGE.write_text(table(contract()), encoding="utf-8")
    except SchemaError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
