"""Who serves a field and what it needs: the contexts, found by their folders, and bindings."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pkgutil import iter_modules

import resolvers
from resolvers.shared.local_resolvers import LocalResolver
from resolvers.shared.resources import Context
from resolvers.shared.routing import Binding, ContextRouter


@dataclass(frozen=True)
class Registry:
    """All contexts by name, and what answers fields by coordinate (`Query.products`).

    Bindings are answered by functions, `local` ones by AppSync itself.
    """

    contexts: dict[str, Context]
    bindings: dict[str, Binding]
    local: dict[str, LocalResolver] = field(default_factory=dict)


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
    local = [resolver for router in routers for resolver in router.local_resolvers]
    if twice := _twice([*bindings, *local]):
        raise ValueError("a field is answered twice: " + ", ".join(twice))
    return Registry(
        contexts,
        {binding.coordinate: binding for binding in bindings},
        {resolver.coordinate: resolver for resolver in local},
    )


def _twice(found: Iterable[Binding | LocalResolver]) -> list[str]:
    names = [each.coordinate for each in found]
    return sorted({name for name in names if names.count(name) > 1})


def _names() -> list[str]:
    packages = [module.name for module in iter_modules(resolvers.__path__) if module.ispkg]
    return [
        name for name in packages if find_spec(f"resolvers.{name}.resources") and name != "shared"
    ]
