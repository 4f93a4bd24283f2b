"""AppSync's JavaScript for the fields that it answers itself, on one NONE data source.

The runtime knows neither recursion nor `while`, `try`, `throw`, `continue` and `in`, so a filter
argument is spread in rounds. local/realtime/filters.py does the same in Python, and tests hold the
two equal; AppSync itself then refuses what is beyond its limits.
"""

import json
from collections.abc import Iterable
from typing import Any

from aws_cdk import aws_appsync as appsync

from resolvers.shared.local_resolvers import (
    Argument,
    Condition,
    Identity,
    Invalidation,
    LocalMutation,
    LocalResolver,
    Own,
    Subscription,
)

NAME = "local"
MOST_GROUPS = 10  # AppSync's own; it refuses more in its own words
MOST_NODES = 32
IMPORT = "import { extensions, util } from '@aws-appsync/utils';\n"
HELPERS = """
function isGiven(ctx, name) {
  return (ctx.arguments[name] ?? null) !== null;
}

function ofCaller(ctx, name) {
  const value = ctx.identity?.[name] ?? null;
  if (value === null) {
    util.error('This is for people who have signed in.', 'Forbidden');
  }
  return value;
}

function ofArgument(ctx, fieldName, operator, name) {
  return isGiven(ctx, name) ? [{ fieldName, operator, value: ctx.arguments[name] }] : [];
}

function own(ctx, fieldName, unless, replaced) {
  const asked = ctx.arguments[fieldName] ?? null;
  const groups = ctx.identity?.groups ?? [];
  if (unless !== null && groups.some((group) => group === unless)) {
    return replaced || asked === null ? [] : [{ fieldName, operator: 'eq', value: asked }];
  }
  const person = ofCaller(ctx, 'sub');
  if (asked !== null && asked !== person) {
    util.error(`${fieldName}: you may subscribe to your own alone`, 'Forbidden');
  }
  return [{ fieldName, operator: 'eq', value: person }];
}
"""
# For a filter argument.
EXPANSION = f"""
function conditions(given) {{
  const found = [];
  for (const [fieldName, asked] of Object.entries(given)) {{
    if (fieldName !== 'and' && fieldName !== 'or' && asked !== null) {{
      const operators = typeof asked === 'object' ? asked : {{ eq: asked }};
      for (const [operator, value] of Object.entries(operators)) {{
        if (value !== null) {{
          found.push({{ fieldName, operator, value }});
        }}
      }}
    }}
  }}
  return found;
}}

function forked(partial) {{
  if (partial.waiting.length === 0) {{
    return [partial];
  }}
  const first = partial.waiting[0];
  const done = [...partial.done, ...conditions(first)];
  const waiting = [...partial.waiting.slice(1), ...(first.and ?? [])];
  const choices = first.or ?? [];
  if (choices.length === 0) {{
    return [{{ done, waiting }}];
  }}
  return choices.map((choice) => ({{ done, waiting: [...waiting, choice] }}));
}}

function expanded(given, fixed) {{
  let partials = [{{ done: fixed, waiting: [given] }}];
  for (const round of {json.dumps([*range(MOST_NODES)])}) {{
    partials = partials.flatMap((partial) => forked(partial));
    if (partials.length > {MOST_GROUPS}) {{
      break;
    }}
  }}
  if (
    partials.length <= {MOST_GROUPS} &&
    partials.some((partial) => partial.waiting.length > 0)
  ) {{
    util.error('The filter is nested too deep.', 'BadRequestException');
  }}
  return partials.map((partial) => partial.done);
}}
"""
SUBSCRIPTION = """
export function request(ctx) {{
  return {{ payload: null }};
}}

export function response(ctx) {{
  const replaced = {replaced};
  const filters = [
{filters}  ];
  const everything = {{ fieldName: {first}, operator: 'ne', value: '' }};
  const groups = {groups};
  extensions.setSubscriptionFilter({{
    filterGroup: groups.map((group) => ({{ filters: group.length > 0 ? group : [everything] }})),
  }});
{invalidation}  return null;
}}
"""
INVALIDATION = """\
  extensions.setSubscriptionInvalidationFilter({{
    filterGroup: [
      {{
        filters: [
{filters}        ],
      }},
    ],
  }});
"""
MUTATION = """
export function request(ctx) {{
  return {{ payload: ctx.arguments{place} }};
}}

export function response(ctx) {{
{invalidations}  return ctx.result;
}}
"""


def local_resolvers(api: appsync.GraphqlApi, declared: Iterable[LocalResolver]) -> None:
    """Give the API what it answers itself."""
    found = list(declared)
    if not found:
        return
    source = api.add_none_data_source(NAME, name=NAME)
    for each in found:
        source.create_resolver(
            f"{each.type_name}{each.field_name}",
            type_name=each.type_name,
            field_name=each.field_name,
            code=appsync.Code.from_inline(code(each)),
            runtime=appsync.FunctionRuntime.JS_1_0_0,
        )


def code(declared: LocalResolver) -> str:
    """Write the JavaScript of a declaration."""
    if isinstance(declared, LocalMutation):
        return IMPORT + _mutation(declared)
    expansion = EXPANSION if declared.replaced_by else ""
    return IMPORT + HELPERS + expansion + _subscription(declared)


def _mutation(declared: LocalMutation) -> str:
    place = f".{declared.returns}" if declared.returns else ""
    calls = "".join(_invalidation(each) for each in declared.invalidates)
    return MUTATION.format(place=place, invalidations=calls)


def _invalidation(declared: Invalidation) -> str:
    values = ", ".join(f"{_js(name)}: {_found(at)}" for name, at in declared.payload.items())
    return (
        "  extensions.invalidateSubscriptions({\n"
        f"    subscriptionField: {_js(declared.field)},\n    payload: {{ {values} }},\n  }});\n"
    )


def _found(place: str) -> str:
    _, *path = place.split(".")
    return f"ctx.{'?.'.join(path)} ?? null"


def _subscription(declared: Subscription) -> str:
    argument = declared.replaced_by
    lines = [f"    ...{_filters(each)},\n" for each in declared.filter]
    ends = [f"          ...{_filters(each)},\n" for each in declared.invalidation]
    return SUBSCRIPTION.format(
        replaced=f"isGiven(ctx, {_js(argument)})" if argument else "false",
        filters="".join(lines),
        first=_js(declared.filter[0].field),
        groups=(
            f"replaced ? expanded(ctx.arguments.{argument}, filters) : [filters]"
            if argument
            else "[filters]"
        ),
        invalidation=INVALIDATION.format(filters="".join(ends)) if ends else "",
    )


def _filters(declared: Condition | Own) -> str:
    """Write a list of filters: one, or none where the condition falls away."""
    if isinstance(declared, Own):
        return f"own(ctx, {_js(declared.field)}, {_js(declared.unless)}, replaced)"
    name, operator, value = _js(declared.field), _js(declared.operator), declared.value
    if isinstance(value, Argument):
        given = f"ofArgument(ctx, {name}, {operator}, {_js(value.name)})"
        return f"(replaced ? [] : {given})"
    text = f"ofCaller(ctx, {_js(value.name)})" if isinstance(value, Identity) else _js(value)
    return f"[{{ fieldName: {name}, operator: {operator}, value: {text} }}]"


def _js(value: Any) -> str:
    return json.dumps(value)
