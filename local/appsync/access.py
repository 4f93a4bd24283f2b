"""Who may see which field: the @aws_* directives of fields and types, for all fields at once."""

from collections.abc import Iterable, Mapping
from functools import lru_cache

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)
from graphql.language import ConstDirectiveNode, ListValueNode, StringValueNode

from local.appsync.auth import Identity
from local.appsync.auth.identity import Place, Policy
from local.appsync.document import Document
from local.appsync.errors import unauthorized
from resolvers.shared.identity import Mode

MODES = {
    "aws_api_key": Mode.API_KEY,
    "aws_cognito_user_pools": Mode.USER_POOL,
    "aws_iam": Mode.IAM,
    "aws_oidc": Mode.OIDC,
    "aws_lambda": Mode.LAMBDA,
}
DEFAULT_MODE = Mode.USER_POOL
# Per mode, the groups of which a caller must be in one; None where any caller will do.
Rule = Mapping[Mode, frozenset[str] | None]


class Access:
    """The rules of a contract."""

    def __init__(self, contract: GraphQLSchema) -> None:
        self._rules = {
            (kind.name, name): _rule(field.ast_node, kind.ast_node)
            for kind in contract.type_map.values()
            if isinstance(kind, (GraphQLObjectType, GraphQLInterfaceType))
            and not kind.name.startswith("__")
            for name, field in kind.fields.items()
        }
        self._contract = contract
        roots = (contract.query_type, contract.mutation_type, contract.subscription_type)
        self._root_fields = frozenset(
            (kind.name, name) for kind in roots if kind for name in kind.fields
        )
        # What all callers of a mode and with these groups may not see, whatever a policy says.
        self.forbidden = lru_cache(maxsize=256)(self._find_forbidden)
        self._refused = lru_cache(maxsize=64)(self._find_refused)

    def denied(
        self, identity: Identity, document: Document, operation: OperationDefinitionNode
    ) -> frozenset[Place]:
        """Collect every field that the caller may not see; raises Refusal if that is all it asks.

        An IAM policy bears on root fields alone, as does the refusal.
        """
        denied = self.forbidden(identity.mode, identity.groups)
        if identity.policy is None:
            return denied
        refused = self._refused(identity.policy)
        root = self._contract.get_root_type(operation.operation)
        assert root is not None  # the document is valid
        asked = {(root.name, name) for name in _asked(document, operation)}
        if asked and asked <= refused:
            raise unauthorized("Permission denied")
        return denied | refused

    def _find_forbidden(self, mode: Mode, groups: frozenset[str]) -> frozenset[Place]:
        return frozenset(
            place for place, rule in self._rules.items() if not _allows(rule, mode, groups)
        )

    def _find_refused(self, policy: Policy) -> frozenset[Place]:
        return policy.refused(self._root_fields)


def _asked(document: Document, operation: OperationDefinitionNode) -> set[str]:
    """Name the root fields of an operation, but for introspection's."""
    fragments = {
        node.name.value: node.selection_set
        for node in document.node.definitions
        if isinstance(node, FragmentDefinitionNode)
    }
    names: set[str] = set()
    waiting: list[SelectionSetNode | None] = [operation.selection_set]
    while waiting:
        selected = waiting.pop()
        for node in selected.selections if selected else ():
            if isinstance(node, FieldNode):
                names.add(node.name.value)
            elif isinstance(node, FragmentSpreadNode):
                # Each is looked into once: to follow those of each other every time may take ages.
                waiting.append(fragments.pop(node.name.value, None))
            elif isinstance(node, InlineFragmentNode):
                waiting.append(node.selection_set)
    return {name for name in names if not name.startswith("__")}


def _allows(rule: Rule, mode: Mode, groups: frozenset[str]) -> bool:
    if mode not in rule:
        return False
    wanted = rule[mode]
    return wanted is None or bool(wanted & groups)


def _rule(field: object, kind: object) -> Rule:
    # Directives on a field replace those of its type; without any, only the default mode may pass.
    for node in (field, kind):
        if rule := _stated(getattr(node, "directives", None) or ()):
            return rule
    return {DEFAULT_MODE: None}


def _stated(directives: Iterable[ConstDirectiveNode]) -> dict[Mode, frozenset[str] | None]:
    return {MODES[d.name.value]: _groups(d) for d in directives if d.name.value in MODES}


def _groups(directive: ConstDirectiveNode) -> frozenset[str] | None:
    for argument in directive.arguments or ():
        if argument.name.value == "cognito_groups" and isinstance(argument.value, ListValueNode):
            values = argument.value.values
            return frozenset(value.value for value in values if isinstance(value, StringValueNode))
    return None
