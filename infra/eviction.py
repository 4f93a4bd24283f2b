"""Mutations that evict: AppSync lets only JavaScript do that, so these resolvers have a few lines.

Everything else about them is as with a direct resolver: the function gets the same event. Errors
come in an envelope (resolvers/shared/routing.py), because a class of exception would not arrive.
"""

import json
from typing import Any

from aws_cdk import aws_appsync as appsync

from resolvers.shared.routing import Binding, Eviction

CODE = """\
import {{ extensions, util }} from '@aws-appsync/utils';

export function request(ctx) {{
  return {{
    operation: 'Invoke',
    payload: {{
      arguments: ctx.arguments,
      identity: ctx.identity,
      source: ctx.source,
      request: ctx.request,
      prev: ctx.prev,
      info: ctx.info,
      stash: ctx.stash,
    }},
  }};
}}

export function response(ctx) {{
  if (ctx.error) {{
    util.error(ctx.error.message, ctx.error.type);
  }}
  const {{ data, errorMessage, errorType }} = ctx.result;
  if (errorMessage) {{
    util.error(errorMessage, errorType, data);
  }}
{evictions}  return data;
}}
"""


def evicting(binding: Binding, *, cached: bool) -> dict[str, Any]:
    """Give what a resolver needs to evict; nothing where the binding doesn't."""
    if not binding.evicts:
        return {}
    # Where nothing is cached, there is nothing to call; the envelope is opened all the same.
    lines = [f"  {_call(eviction)}\n" for eviction in binding.evicts if cached]
    return {
        "code": appsync.Code.from_inline(CODE.format(evictions="".join(lines))),
        "runtime": appsync.FunctionRuntime.JS_1_0_0,
    }


def _call(eviction: Eviction) -> str:
    type_name, _, field = eviction.field.partition(".")
    keys = ", ".join(f"{json.dumps(key)}: {_value(place)}" for key, place in eviction.keys.items())
    names = f"{json.dumps(type_name)}, {json.dumps(field)}"
    return f"extensions.evictFromApiCache({names}, {{ {keys} }});"


def _value(place: str) -> str:
    _, origin, *path = place.split(".")
    start = "data" if origin == "result" else f"ctx.{origin}"
    return "?.".join([start, *path])
