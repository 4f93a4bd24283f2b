"""The compiled plan against graphql-core alone: the same bytes, whatever the data, errors included.

Schemas, queries and data are made at random, data that mostly fits and sometimes does not.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

import orjson
import pytest
from graphql import ExecutionResult, GraphQLSchema, build_schema, parse
from graphql.execution import Executor, execute_root_selection_set

from local.appsync.execution import Guard

LEAVES = ["String", "Int", "Float", "Boolean", "ID", "Colour", "Shout"]
TYPES = ["A", "B", "C"]
SCHEMAS, QUERIES, DATA = 40, 25, 20  # 20,000 in all
ODD = [None, 1, -7, 2**40, 1.5, 1e300, "x", "RED", "1", True]
RANDOM: tuple[Any, ...] = (*ODD, {}, [], [None], {"a": 1})


@dataclass
class Context:
    """What `Guard` asks of a request."""

    denied: frozenset[tuple[str, str]] = frozenset()
    nulled: frozenset[tuple[str, str]] = frozenset()
    bound: frozenset[str] = frozenset()
    depth_limit: int = 0
    too_deep: bool = False
    completed: None = None
    plans: dict[Any, Any] = field(default_factory=dict)


class Stock(Guard):
    """The same execution, without plans."""

    def _plan(self, kind: Any, details: Any) -> None:
        return None


def shout(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"can't shout {value!r}")
    return value.upper()


def wrapped(random: Random, name: str) -> str:
    shape = random.choice(["{}", "{}", "{}!", "[{}]", "[{}!]!", "[[{}]!]", "[[{}!]]!"])
    return shape.format(name)


def made_schema(random: Random) -> GraphQLSchema:
    def fields() -> str:
        names = [*random.sample(LEAVES, 5), *random.choices([*TYPES, "Either", "Node"], k=2)]
        random.shuffle(names)
        return " ".join(f"f{i}: {wrapped(random, name)}" for i, name in enumerate(names))

    common = "common: String"
    objects = " ".join(f"type {t} implements Node {{ {common} {fields()} }}" for t in TYPES)
    schema = build_schema(
        f"scalar Shout enum Colour {{ RED GREEN }} union Either = A | B "
        f"interface Node {{ {common} }} {objects} type Query {{ {fields()} }}"
    )
    schema.type_map["Shout"].serialize = shout  # type: ignore[attr-defined]
    schema.type_map["Shout"].coerce_output_value = shout  # type: ignore[attr-defined]
    return schema


def selection(random: Random, schema: GraphQLSchema, kind: str, depth: int) -> str:
    """Select at random; some fields twice, some behind aliases, fragments and directives."""
    chosen = list(selected(random, schema, kind, depth))
    return "{ " + " ".join(chosen or ["__typename"]) + " }"


def selected(random: Random, schema: GraphQLSchema, kind: str, depth: int) -> Iterator[str]:
    if kind in ("Either", "Node"):
        yield "__typename"
        for each in random.sample(TYPES[:2], random.randint(0, 2)):
            yield f"... on {each} {selection(random, schema, each, depth)}"
        return
    members = schema.type_map[kind].fields  # type: ignore[attr-defined]
    for name in random.choices(list(members), k=random.randint(1, 5)):
        inner = str(members[name].type).strip("[]!")
        below = ""
        if inner in (*TYPES, "Either", "Node"):
            if depth == 0:
                continue
            below = selection(random, schema, inner, depth - 1)
        # Fields merge only where they ask the same, so a name of its own tells aliases apart.
        alias = f"a{random.randrange(10**6)}: " if below or random.random() < 0.3 else ""
        directive = random.choice(["", "", "", "@skip(if: $yes)", "@include(if: $yes)"])
        yield f"{alias}{name} {directive} {below}"
    if random.random() < 0.3:
        yield f"... {selection(random, schema, kind, 0)}"


def value(random: Random, kind: str, depth: int, schema: GraphQLSchema) -> Any:
    """Make a value of a type, which in one of forty places is another."""
    if random.random() < 0.025:
        return random.choice(RANDOM)
    if kind.endswith("!"):
        return value(random, kind[:-1], depth, schema)
    if kind.startswith("["):
        return [value(random, kind[1:-1], depth, schema) for _ in range(random.randint(0, 2))]
    leaves = {
        "String": "text",
        "Int": 5,
        "Float": random.choice([1, 2.5]),
        "Boolean": False,
        "ID": "id",
        "Colour": "GREEN",
        "Shout": "psst",
    }
    if kind in leaves:
        return leaves[kind]
    name = random.choice(TYPES[:2]) if kind in ("Either", "Node") else kind
    if depth == 0:
        return None
    return {"__typename": name, **members(random, name, depth - 1, schema)}


def members(random: Random, kind: str, depth: int, schema: GraphQLSchema) -> dict[str, Any]:
    declared = schema.type_map[kind].fields  # type: ignore[attr-defined]
    return {
        name: value(random, str(each.type), depth, schema)
        for name, each in declared.items()
        if random.random() > 0.02
    }


def run(
    executor: type[Executor[Any]], schema: GraphQLSchema, document: Any, root: Any, context: Context
) -> bytes:
    built = executor.build(
        schema, document, root, context, {"yes": True}, type_resolver=lambda v, *_: typename(v)
    )
    assert isinstance(built, Executor), built
    result = execute_root_selection_set(built)
    assert isinstance(result, ExecutionResult)
    errors = [error.formatted for error in result.errors or ()]
    return orjson.dumps({"data": result.data, "errors": errors}, option=orjson.OPT_NON_STR_KEYS)


def typename(value: Any) -> Any:
    return value.get("__typename") if isinstance(value, dict) else None


@pytest.mark.parametrize("seed", range(SCHEMAS))
def test_answers_equal_those_without_plans(seed: int) -> None:
    random = Random(seed)  # noqa: S311 - not a secret
    schema = made_schema(random)
    hidden = {(kind, f"f{random.randrange(7)}") for kind in random.sample(TYPES, 1)}
    plans: list[Any] = []
    for _ in range(QUERIES):
        text = "query($yes: Boolean!) " + selection(random, schema, "Query", 2)
        document, planned, stock = parse(text), Context(), Context()
        planned.denied = stock.denied = frozenset(hidden if random.random() < 0.2 else ())
        for _ in range(DATA):
            root = members(random, "Query", 3, schema)
            asked = json.dumps(root)
            fast = run(Guard, schema, document, root, planned)
            assert fast == run(Stock, schema, document, root, stock), (text, asked)
        plans += [plan for plan in planned.plans.values() if plan]
    assert plans
