"""Powertools' AppSync resolver alone, out of packages that import all they have.

Who imports a module runs the `__init__` of its package first, and two of Powertools' import every
event handler and every event there is: 70 modules and 20 ms of a cold start, of which an AppSync
resolver needs none. So these packages are put off: they run once somebody else imports of them, or
asks for what is not there yet, and then take the modules that are. A Powertools that can't bear
that is imported whole.
"""

import importlib.util
import sys
from collections.abc import Mapping
from importlib import import_module
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import TYPE_CHECKING, Any

__all__ = ["AppSyncResolver", "Router"]

# Packages, and what the resolver wants of them: a name, and the module that has it.
PUT_OFF: Mapping[str, Mapping[str, str]] = {
    "aws_lambda_powertools.event_handler": {},
    "aws_lambda_powertools.utilities.data_classes": {
        "AppSyncResolverEvent": "appsync_resolver_event"
    },
}


class _PutOff(ModuleType):
    """A package whose `__init__` has not run yet."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name != "__all__":
            raise AttributeError(name)
        import_module(self.__name__)
        self.__class__ = ModuleType  # type: ignore[assignment]  # put off no longer
        return getattr(self, name)


class _Later:
    """Has Python go on with the modules that stand for packages, once it imports these."""

    def __init__(self) -> None:
        self._specs: dict[str, ModuleSpec] = {}

    def put_off(self, package: str, names: Mapping[str, str]) -> None:
        """Let an empty module stand for a package, unless that has been imported already."""
        if package in sys.modules:
            return
        spec = importlib.util.find_spec(package)
        if spec is None or spec.loader is None:
            raise ImportError(package)
        made = sys.modules[package] = importlib.util.module_from_spec(spec)
        made.__class__ = _PutOff
        spec.loader.create_module = lambda _: made  # type: ignore[method-assign,assignment]
        self._specs[package] = spec
        parent, _, last = package.rpartition(".")
        if parent:
            setattr(sys.modules[parent], last, made)
        for name, module in names.items():
            setattr(made, name, getattr(import_module(f"{package}.{module}"), name))

    def wait(self) -> None:
        """Leave the packages to whoever imports them, or anything of them, from now on.

        Were they still there, a module of theirs would run ahead of them, and they amidst it.
        """
        for package in self._specs:
            del sys.modules[package]
        sys.meta_path.insert(0, self)

    def find_spec(
        self, name: str, _path: object = None, _target: object = None
    ) -> ModuleSpec | None:
        """Find a package that was put off: Python's own hook."""
        return self._specs.get(name)


def lean(module: str, packages: Mapping[str, Mapping[str, str]]) -> Any:
    """Import a module while packages are put off, or as it wants to be if that does not work."""
    before = set(sys.modules)
    later = _Later()
    try:
        for package, names in packages.items():
            later.put_off(package, names)
        found = import_module(module)
    except (AttributeError, ImportError):
        for name in sys.modules.keys() - before:  # half of it may be there
            if name.startswith(tuple(packages)):
                del sys.modules[name]
        return import_module(module)
    later.wait()
    return found


if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler.appsync import AppSyncResolver
    from aws_lambda_powertools.event_handler.graphql_appsync.router import Router
else:
    _appsync = lean("aws_lambda_powertools.event_handler.appsync", PUT_OFF)
    AppSyncResolver, Router = _appsync.AppSyncResolver, _appsync.Router
