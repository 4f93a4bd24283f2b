"""What a field's function is given: GraphQL's arguments, and what its annotations ask of the event.

A parameter annotated Caller or Selection is no argument.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from resolvers.shared.identity import Caller, caller
from resolvers.shared.selection import Reads, Selection, selection
from resolvers.shared.shapes import camel, from_plain

Function = Callable[..., Any]
Convert = Callable[[Mapping[str, Any], Sequence[Any]], dict[str, Any]]
SUPPLIED = (Caller, Selection)


def arguments_of(function: Function) -> dict[str, inspect.Parameter]:
    """Give the parameters that nothing but a request, or a batch, can fill."""
    named = inspect.signature(function).parameters
    return {name: each for name, each in named.items() if each.annotation not in SUPPLIED}


def asking(function: Function, annotation: type) -> list[str]:
    """Name the parameters that are annotated so."""
    named = inspect.signature(function).parameters
    return [name for name, each in named.items() if each.annotation is annotation]


def converter(
    function: Function, arguments: Mapping[str, inspect.Parameter], reads: Reads
) -> Convert:
    """Make what turns AppSync's arguments, and events that share them, into the function's."""
    declared = {camel(name): (name, each.annotation) for name, each in arguments.items()}
    callers, selections = asking(function, Caller), asking(function, Selection)

    def convert(given: Mapping[str, Any], events: Sequence[Any]) -> dict[str, Any]:
        converted: dict[str, Any] = {}
        for outer, value in given.items():
            name, kind = declared[outer]
            converted[name] = from_plain(kind, value)
        converted |= {name: _caller(events[0]) for name in callers}
        return converted | {name: selection(events, reads) for name in selections}

    return convert


def _caller(event: Any) -> Caller:
    return caller(event["identity"], (event["request"] or {}).get("headers"))
