"""Powertools' AppSync resolver alone, out of packages that import all they have.

Who imports a module runs the `__init__` of its package first, and two of Powertools' import every
event handler and every event there is: 90 modules and 20 ms of a cold start, of which an AppSync
resolver needs none. So these packages are put off: they run once somebody asks for what is not
there yet, and then take the modules that are. A Powertools that can't bear that is imported whole.
"""

import sys
from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec, module_from_spec
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
        spec = self.__spec__
        if (name.startswith("__") and name != "__all__") or spec is None or spec.loader is None:
            raise AttributeError(name)
        self.__class__ = ModuleType  # type: ignore[assignment]  # put off no longer
        spec.loader.exec_module(self)
        return getattr(self, name)


def lean(module: str, packages: Mapping[str, Mapping[str, str]]) -> Any:
    """Import a module while packages are put off, or as it wants to be if that does not work."""
    before = set(sys.modules)
    try:
        for package, names in packages.items():
            _put_off(package, names)
        return import_module(module)
    except (AttributeError, ImportError):
        for name in sys.modules.keys() - before:  # half of it may be there
            if name.startswith(tuple(packages)):
                del sys.modules[name]
        return import_module(module)


def _put_off(package: str, names: Mapping[str, str]) -> None:
    if package in sys.modules:
        return
    spec = find_spec(package)
    if spec is None:
        raise ImportError(package)
    made = sys.modules[package] = module_from_spec(spec)
    made.__class__ = _PutOff
    for name, module in names.items():
        setattr(made, name, getattr(import_module(f"{package}.{module}"), name))


if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler.appsync import AppSyncResolver
    from aws_lambda_powertools.event_handler.graphql_appsync.router import Router
else:
    _appsync = lean("aws_lambda_powertools.event_handler.appsync", PUT_OFF)
    AppSyncResolver, Router = _appsync.AppSyncResolver, _appsync.Router
