"""How deep a document goes."""

from collections.abc import Mapping

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)


def depth(document: DocumentNode) -> int:
    """Count the levels of the deepest operation, leaves included; introspection does not count.

    The document must be valid: fragments that contain each other would never end.
    """
    fragments = {
        node.name.value: node
        for node in document.definitions
        if isinstance(node, FragmentDefinitionNode)
    }
    known: dict[str, int] = {}
    operations = [n for n in document.definitions if isinstance(n, OperationDefinitionNode)]
    return max((_levels(each.selection_set, fragments, known) for each in operations), default=0)


def _levels(
    selected: SelectionSetNode | None,
    fragments: Mapping[str, FragmentDefinitionNode],
    known: dict[str, int],
) -> int:
    deepest = 0
    for node in selected.selections if selected else ():
        if isinstance(node, FieldNode):
            hidden = node.name.value.startswith("__")
            levels = 0 if hidden else 1 + _levels(node.selection_set, fragments, known)
        elif isinstance(node, FragmentSpreadNode):
            name = node.name.value
            if name not in known:
                known[name] = _levels(fragments[name].selection_set, fragments, known)
            levels = known[name]
        else:
            assert isinstance(node, InlineFragmentNode)
            levels = _levels(node.selection_set, fragments, known)
        deepest = max(deepest, levels)
    return deepest
