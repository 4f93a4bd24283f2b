"""Documents: parsed and validated once per text."""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    parse,
)

from local.appsync.depth import depth
from local.appsync.errors import bad_request, malformed
from local.appsync.validation import validate

QUERY_TOKEN_LIMIT = 15_000  # AppSync's own, for every API
# Of text, in all: a document and what is derived of it weigh some 250 bytes a character.
CACHED_CHARACTERS = 300_000


@dataclass(eq=False)
class Document:
    """A document that parsed, what is wrong with it, and what was derived from it so far."""

    text: str
    node: DocumentNode
    errors: list[dict[str, Any]]
    depth: int
    selections: dict[Hashable, Any] = field(default_factory=dict)
    plans: dict[Any, Any] = field(default_factory=dict)
    executors: dict[str | None, Any] = field(default_factory=dict)

    @cached_property
    def conditional(self) -> bool:
        """Tell whether what is selected may depend on the variables.

        Only @skip and @include are valid in a document; blanks and comments may follow the sign.
        """
        return "@" in self.text

    @cached_property
    def fragments(self) -> dict[str, FragmentDefinitionNode]:
        """Find the fragments by name."""
        nodes = (n for n in self.node.definitions if isinstance(n, FragmentDefinitionNode))
        return {node.name.value: node for node in nodes}

    def operation(self, name: str | None) -> OperationDefinitionNode:
        """Pick the operation to run; raises Refusal if there is no telling which."""
        found = [
            node for node in self.node.definitions if isinstance(node, OperationDefinitionNode)
        ]
        if name:
            found = [node for node in found if node.name and node.name.value == name]
            if not found:
                raise bad_request(f"No operation matches the provided operation name {name}.")
        if len(found) > 1:
            raise bad_request("Missing operation name.")
        if not found:
            raise malformed()
        return found[0]


class Documents:
    """The documents of one schema; those used last are kept, up to a weight."""

    def __init__(self, contract: GraphQLSchema, *, introspection: bool = True) -> None:
        self._contract = contract
        self._introspection = introspection
        self._kept: OrderedDict[str, Document] = OrderedDict()
        self._characters = 0

    def read(self, text: str) -> Document:
        """Parse and validate a text; raises Refusal if it is no GraphQL."""
        document = self._kept.get(text)
        if document is not None:
            self._kept.move_to_end(text)
            return document
        document = self._kept[text] = self._read(text)
        self._characters += len(text)
        while self._characters > CACHED_CHARACTERS:
            oldest, _ = self._kept.popitem(last=False)
            self._characters -= len(oldest)
        return document

    def _read(self, text: str) -> Document:
        try:
            node = parse(
                text, max_lexical_tokens=QUERY_TOKEN_LIMIT, allow_empty_selection_sets=False
            )
        except GraphQLSyntaxError as error:
            if f"more than {QUERY_TOKEN_LIMIT}" in error.message:
                raise bad_request("Maximum char length exceeded") from None
            raise malformed() from None
        errors = validate(self._contract, node, introspection=self._introspection)
        return Document(text, node, errors, 0 if errors else depth(node))
