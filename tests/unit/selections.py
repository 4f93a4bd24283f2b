"""Selections of any type of the contract, as hard to follow as GraphQL allows."""

from collections.abc import Callable
from typing import Any

from graphql import GraphQLObjectType, get_named_type
from hypothesis import strategies as st

from local.contract import contract

DEPTH = 3
Draw = Callable[[st.SearchStrategy[Any]], Any]


@st.composite
def operations(draw: Draw, roots: dict[str, list[str]]) -> str:
    """Draw a query for one of the root fields, given each with ways to write its arguments.

    The field may stand there twice: then its selections are one.
    """
    name = draw(st.sampled_from(sorted(roots)))
    arguments = draw(st.sampled_from(roots[name]))
    query = contract().query_type
    assert query
    kind = get_named_type(query.fields[name].type)
    fragments: list[str] = []
    parts = _parts(draw, kind, DEPTH, fragments, times=2)
    fields = " ".join(f"{name}{arguments} {{ {part} }}" for part in parts if part)
    return " ".join([f"{{ {fields} }}", *fragments])


def _parts(draw: Draw, kind: Any, depth: int, fragments: list[str], *, times: int = 1) -> list[str]:
    """Draw selections that together are one: no answer's name means two fields."""
    found: list[str] = []
    for shown, name in _names(draw, kind).items():
        alias = "" if shown == name else f"{shown}: "
        inner = get_named_type(kind.fields[name].type) if name in kind.fields else None
        if not isinstance(inner, GraphQLObjectType):
            found.append(f"{alias}{name}")
        elif depth > 1:
            (nested,) = _parts(draw, inner, depth - 1, fragments)
            found.append(f"{alias}{name} {{ {nested} }}")
    found = [_wrapped(draw, kind, each, fragments) for each in found or ["__typename"]]
    cut = draw(st.integers(1, len(found))) if times > 1 else len(found)
    return [" ".join(found[:cut]), " ".join(found[cut:])][:times]


def _names(draw: Draw, kind: Any) -> dict[str, str]:
    """Draw fields under the names of others, which only aliases tell from these."""
    every = [*kind.fields, "__typename"]
    chosen = draw(st.lists(st.sampled_from(every), min_size=1, max_size=4, unique=True))
    shown = draw(st.permutations(chosen) | st.just(chosen))
    return {
        name if "__typename" in (name, each) else each: name
        for each, name in zip(shown, chosen, strict=True)
    }


def _wrapped(draw: Draw, kind: Any, selected: str, fragments: list[str]) -> str:
    match draw(st.sampled_from(["plain"] * 6 + ["inline", "of the type", "conditional", "named"])):
        case "inline":
            return f"... {{ {selected} }}"
        case "of the type":
            return f"... on {kind.name} {{ {selected} }}"
        case "conditional":
            return f"... @include(if: {draw(st.sampled_from(['true', 'false']))}) {{ {selected} }}"
        case "named":
            fragments.append(f"fragment F{len(fragments)} on {kind.name} {{ {selected} }}")
            return f"...F{len(fragments) - 1}"
        case _:
            return selected
