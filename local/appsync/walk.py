"""One walk over a document: where it is, what the schema says there, and what rules found wrong."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeAlias

from graphql import GraphQLInputType, GraphQLSchema, TypeInfo, TypeInfoVisitor, Visitor, visit
from graphql.language import (
    SKIP,
    DocumentNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    Node,
    OperationDefinitionNode,
    VariableDefinitionNode,
    VariableNode,
    VisitorAction,
)

from local.appsync.nesting import nesting
from local.appsync.wording import Complaint, Finding

# graphql-core draws the same line; where the engine does is not known.
MOST_ERRORS = 100


class EnoughErrors(Exception):
    """As many errors as an answer will hold."""


class Budget:
    """Work that a hostile document may cause before nobody looks any further."""

    def __init__(self, left: int) -> None:
        self.left = left

    def spend(self) -> bool:
        """Take one step; tells whether it may be taken."""
        self.left -= 1
        return self.left >= 0


class Usage(NamedTuple):
    """A variable in use: where, and as what."""

    node: VariableNode
    expected: GraphQLInputType | None
    path: tuple[str, ...]


class Uses:
    """What a definition uses: variables and fragments; and what it defines, if an operation."""

    def __init__(self, defined: Mapping[str, VariableDefinitionNode] | None) -> None:
        self.defined = defined
        self.variables: list[Usage] = []
        self.spreads: list[tuple[FragmentSpreadNode, tuple[str, ...]]] = []


class Walk:
    """The state that rules read, and where they complain."""

    def __init__(
        self, schema: GraphQLSchema, document: DocumentNode, *, introspection: bool = True
    ) -> None:
        self.schema = schema
        self.introspection = introspection
        self.types = TypeInfo(schema)
        self.path: list[str] = []
        self.parents: list[Node] = []
        self.found: list[Finding] = []
        self.uses = Uses(None)
        self.fragment_uses: dict[str, Uses] = {}
        # What is said of an operation's fragments belongs where the operation ended.
        self.ended: list[tuple[int, Uses]] = []
        self.seen: defaultdict[str, set[str]] = defaultdict(set)
        self.operations = [
            n for n in document.definitions if isinstance(n, OperationDefinitionNode)
        ]
        self.fragments = {
            n.name.value: n for n in document.definitions if isinstance(n, FragmentDefinitionNode)
        }
        self.nesting = nesting(self.operations, self.fragments)

    def complain(self, complaint: Complaint, *words: object, at: Sequence[Node]) -> None:
        """Note what is wrong here."""
        self.note(Finding(complaint, words, tuple(self.path), at))

    def note(self, finding: Finding) -> None:
        """Note what is wrong; raises EnoughErrors when that makes enough."""
        self.found.append(finding)
        if len(self.found) >= MOST_ERRORS:
            raise EnoughErrors

    def first(self, group: str, name: str) -> bool:
        """Tell whether a name comes up for the first time."""
        known = self.seen[group]
        new = name not in known
        known.add(name)
        return new


Rule: TypeAlias = Callable[[Walk, Any], None]
Rules: TypeAlias = Mapping[str, Sequence[Rule]]


class _Visitor(Visitor):
    def __init__(self, walk: Walk, entering: Rules, leaving: Rules) -> None:
        super().__init__()
        self.walk = walk
        self.entering = entering
        self.leaving = leaving

    def enter(self, node: Node, *_: object) -> VisitorAction:
        if len(self.walk.parents) == 1 and not isinstance(node, EXECUTABLE):
            return SKIP  # a definition of types, which has no place here
        if node.kind in NAMED:
            self.walk.path.append(node.name.value)  # type: ignore[attr-defined]
        for rule in self.entering.get(node.kind, ()):
            rule(self.walk, node)
        self.walk.parents.append(node)
        return None

    def leave(self, node: Node, *_: object) -> None:
        self.walk.parents.pop()
        if node.kind in NAMED:
            self.walk.path.pop()
        for rule in self.leaving.get(node.kind, ()):
            rule(self.walk, node)


# The engine's query path: names of fields, not aliases, after the fragment they are written in.
NAMED = frozenset({"field", "fragment_definition"})
EXECUTABLE = (OperationDefinitionNode, FragmentDefinitionNode)


def run(walk: Walk, document: DocumentNode, entering: Rules, leaving: Rules) -> None:
    """Walk over a document, applying rules by kind of node, in the order given."""
    visit(document, TypeInfoVisitor(walk.types, _Visitor(walk, entering, leaving)))
