"""Who serves a field and what it needs: the contexts, found by their folders, and bindings."""

from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules

import resolvers
from resolvers.shared.resources import Context
from resolvers.shared.routing import Binding, ContextRouter


@dataclass(frozen=True)
class Registry:
    """All contexts by name, and all bindings by coordinate (`Query.products`)."""

    contexts: dict[str, Context]
    bindings: dict[str, Binding]


@cache
def registry() -> Registry:
    """Collect what the contexts declare; importing makes no client and reads no environment."""
    contexts = {name: import_module(f"resolvers.{name}.resources").CONTEXT for name in _names()}
    routers: list[ContextRouter] = [
        import_module(f"resolvers.{name}.fields").router
        for name, context in contexts.items()
        if context.entry == "fields"
    ]
    bindings = [binding for router in routers for binding in router.bindings]
    by_coordinate = {binding.coordinate: binding for binding in bindings}
    if len(by_coordinate) < len(bindings):
        raise ValueError("a field has two functions: " + ", ".join(_twice(bindings)))
    return Registry(contexts, by_coordinate)


def _twice(bindings: list[Binding]) -> list[str]:
    names = [binding.coordinate for binding in bindings]
    return sorted({name for name in names if names.count(name) > 1})


def _names() -> list[str]:
    packages = [module.name for module in iter_modules(resolvers.__path__) if module.ispkg]
    return [
        name for name in packages if find_spec(f"resolvers.{name}.resources") and name != "shared"
    ]
