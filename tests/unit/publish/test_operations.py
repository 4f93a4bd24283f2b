"""Operations made of a contract: whole values, or a plain refusal."""

import pytest

from infra.operations import Unpublishable, operations

HEAD = """
type Query {{ a: Int }}
type Mutation {{ publish(id: ID!, at: [Int!] = [1]): Thing! {auth} other: Thing @aws_iam }}
type Subscription {{ on: Thing @aws_subscribe(mutations: ["publish", "unknown"]) }}
{types}
"""


def made(types: str, auth: str = "@aws_api_key @aws_iam") -> str:
    """Make the operations, without the comment above them."""
    return operations(HEAD.format(types=types, auth=auth)).partition("\n\n")[2]


def test_every_field_is_selected_but_no_type_within_itself() -> None:
    types = """
    type Thing { id: ID! kind: Kind tags: [String!]! parts(limit: Int! = 5): [Part!]! self: Thing }
    type Part { size: Int of: Thing! maker: Maker }
    type Maker { name: String parts: [Part] things: [Thing] }
    enum Kind { A B }
    """
    assert made(types) == (
        "mutation publish($id: ID!, $at: [Int!]) {\n"
        "  publish(id: $id, at: $at) {\n"
        "    ...Thing\n"
        "  }\n"
        "}\n"
        "\n"
        "fragment Thing on Thing {\n"
        "  id\n"
        "  kind\n"
        "  tags\n"
        "  parts {\n"
        "    size\n"
        "    maker {\n"
        "      name\n"
        "    }\n"
        "  }\n"
        "}\n"
    )


def test_type_with_nothing_but_what_came_before_is_left_out() -> None:
    assert "back" not in made("type Thing { id: ID! back: Back } type Back { thing: Thing }")


def test_mutation_that_is_not_for_publishers_is_left_out() -> None:
    assert "mutation" not in made("type Thing { id: ID! }", auth="@aws_api_key")
    assert "other" not in made("type Thing { id: ID! }")


def test_contract_without_subscriptions_has_no_operations() -> None:
    assert "mutation" not in operations("type Mutation { publish: Int @aws_iam }")


@pytest.mark.parametrize(
    ("types", "reason"),
    [
        ("type Thing { part(id: ID!): Int }", "Thing.part .* argument id"),
        ("union Thing = A type A { id: ID! }", "Thing .* several types"),
        ("type Thing { any: Any } interface Any { id: ID! }", "Any .* several types"),
        ("enum Thing { A }", "Thing .* no fields"),
    ],
)
def test_what_cannot_be_selected_whole_is_refused(types: str, reason: str) -> None:
    with pytest.raises(Unpublishable, match=reason):
        made(types)
