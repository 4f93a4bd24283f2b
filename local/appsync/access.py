"""Who may see which field: the @aws_* directives of fields and types, for all fields at once."""

from collections.abc import Iterable, Mapping
from functools import lru_cache

from graphql import GraphQLInterfaceType, GraphQLObjectType, GraphQLSchema
from graphql.language import ConstDirectiveNode, ListValueNode, StringValueNode

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
        self.denied = lru_cache(maxsize=256)(self._denied)

    def _denied(self, mode: Mode, groups: frozenset[str]) -> frozenset[tuple[str, str]]:
        """Collect every (type, field) that such a caller may not see."""
        return frozenset(
            place for place, rule in self._rules.items() if not _allows(rule, mode, groups)
        )


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
