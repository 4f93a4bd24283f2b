"""Documents made to keep a server busy: they get an answer, and a short one."""

from typing import Any

import pytest
from graphql import GraphQLSyntaxError, parse
from hypothesis import given, settings
from hypothesis import strategies as st

from local.appsync.validation import validate
from tests.unit.appsync.documents import SCHEMA, messages


def chain(length: int, last: str) -> str:
    links = " ".join(f"fragment F{n} on Post {{...F{n + 1}}}" for n in range(length))
    return f"{{post(id: 1) {{...F0}}}} {links} fragment F{length} on Post {{{last}}}"


def doubling(field: str) -> str:
    """Write a document that unfolds to 2^90 fields."""
    links = " ".join(
        f"fragment F{n} on Post {{self {{...F{n + 1}}} {field} {{...F{n + 1}}}}}" for n in range(90)
    )
    return f"{{post(id: 1) {{...F0}}}} {links} fragment F90 on Post {{id}}"


HARMLESS = {
    "10,000 aliases": "{" + " ".join(f"a{n}: ok" for n in range(10_000)) + "}",
    "10,000 times one field": "{" + "ok " * 10_000 + "}",
    "4,000 times one object": "{" + "post(id: 1) {id}" * 4_000 + "}",
    "200 levels": "{post(id: 1) {" + "self {" * 198 + "id" + "}" * 200,
    "200 levels twice": "{post(id: 1) {" + "self {id} self {" * 198 + "id" + "}" * 200,
    "fragments that double": doubling("other: self"),
    "fragments that double and merge": doubling("self"),
    "a chain of fragments": chain(190, "id"),
    "deep literals": "{posts(filter: " + "{and: " * 190 + "{}" + "}" * 190 + ") {id}}",
    "2,000 variables": "query("
    + " ".join(f"$v{n}: ID!" for n in range(2_000))
    + ") {"
    + " ".join(f"p{n}: post(id: $v{n}) {{id}}" for n in range(2_000))
    + "}",
}


@pytest.mark.parametrize("document", HARMLESS.values(), ids=HARMLESS)
def test_hostile_but_valid_document_passes(document: str) -> None:
    assert validate(SCHEMA, parse(document)) == []


HOSTILE = {
    "unknown fields": ("{" + " ".join(f"b{n}" for n in range(10_000)) + "}", "FieldUndefined"),
    "conflicts": ("{" + "".join(f"a: post(id: {n})" for n in range(3_000)) + "}", "SubSelection"),
    "unused variables": ("query(" + "$x: Int " * 10_000 + ") {ok}", "DuplicateVariable"),
    "unused fragments": (
        "{ok}" + "".join(f"fragment F{n} on Post {{id}}" for n in range(3_000)),
        "UnusedFragment",
    ),
    "a ring of fragments": (chain(2_000, "...F0"), "FragmentCycle"),
    "fragments of many operations": (
        "".join(f"query Q{n}($a: ID!) {{post(id: $a) {{...F}}}}" for n in range(400))
        + "fragment F on Post {"
        + "".join(f"a{n}: title(length: $b)" for n in range(400))
        + "}",
        "UndefinedVariable",
    ),
}


@pytest.mark.parametrize(("document", "kind"), HOSTILE.values(), ids=HOSTILE)
def test_number_of_errors_is_bounded(document: str, kind: str) -> None:
    found = messages(document)
    assert len(found) == 100
    assert all(message.startswith(kind) for message in found)


def test_conflict_among_many_fields_is_found() -> None:
    assert messages("{" + "ok " * 10_000 + "ok: node {id}}") == [
        "FieldsConflict: ok: fields have different nullability shapes"
    ]


@pytest.mark.parametrize("document", [chain(2_000, "id"), chain(201, "id")])
def test_fragments_nested_too_deeply_are_refused(document: str) -> None:
    assert messages(document) == ["InvalidSyntax: Invalid query syntax."]


def test_stack_that_runs_out_is_no_crash() -> None:
    document = parse("{posts(ids: " + "[" * 190 + "]" * 190 + ") {id}}")

    def deep(levels: int) -> list[dict[str, Any]]:
        return deep(levels - 1) if levels else validate(SCHEMA, document)

    assert [error["message"] for error in deep(500)] == [
        "Validation error of type InvalidSyntax: Invalid query syntax."
    ]


WORDS = [
    *"{}{}()[]::$=@!",
    *("query", "mutation", "fragment", "on", "...", "...F", "F", "G", "@skip", "@include", "if"),
    *("Post", "User", "Node", "Kind", "Int", "ID", "$x", "$y", "A", "1", "1.5", "null", "true"),
    *("ok", "post", "posts", "id", "title", "self", "search", "add", "input", "ids", "filter"),
    *('"x"', '"""y"""', "__typename", "__schema"),
]


@given(st.lists(st.sampled_from(WORDS), max_size=60).map(" ".join) | st.text(max_size=60))
@settings(max_examples=300, deadline=None)
def test_garbage_never_crashes(document: str) -> None:
    check(document)


selections = st.recursive(
    st.sampled_from(["id", "ok", "a: title", "a: kind", "...F", "...G", "__typename", "x(y: $x)"]),
    lambda inner: st.builds(
        lambda field, several: f"{field} {{{' '.join(several)}}}",
        st.sampled_from(
            ["post(id: $x)", "a: self", "self", "... on User", "...", "search", "posts(ids: [1])"]
        ),
        st.lists(inner, min_size=1, max_size=4),
    ),
    max_leaves=15,
)


@given(st.lists(selections, min_size=1, max_size=4), selections, selections)
@settings(max_examples=200, deadline=None)
def test_wild_documents_never_crash(fields: list[str], one: str, other: str) -> None:
    check(
        f"query($x: ID!) {{{' '.join(fields)}}} fragment F on Post {{{one}}} "
        f"fragment G on User {{{other}}}"
    )


def check(document: str) -> None:
    """Parse and validate; what does not parse is not our business."""
    try:
        parsed = parse(document)
    except GraphQLSyntaxError:
        return
    for error in validate(SCHEMA, parsed):
        assert list(error) == ["path", "locations", "message"]
