"""Find a function's handler, with the runtime's words for what may be wrong with it."""

import importlib
import sys
from collections.abc import Callable
from typing import Any

from local.lambdas.faults import Fault

Handler = Callable[[Any, Any], object]


def find(path: str) -> Handler:
    """Import the handler named `package.module.function`."""
    module_name, dot, name = path.rpartition(".")
    if not dot:
        text = f"Bad handler '{path}': not enough values to unpack (expected 2, got 1)"
        raise Fault("Runtime.MalformedHandlerName", text)
    if module_name.partition(".")[0] in sys.builtin_module_names:
        text = f"Cannot use built-in module {module_name} as a handler module"
        raise Fault("Runtime.BuiltInModuleConflict", text)
    module = _import(module_name)
    try:
        handler: Handler = getattr(module, name)
    except AttributeError:
        text = f"Handler '{name}' missing on module '{module_name}'"
        raise Fault("Runtime.HandlerNotFound", text) from None
    return handler


def _import(name: str) -> object:
    try:
        return importlib.import_module(name.replace("/", "."))
    except ImportError as error:
        text = f"Unable to import module '{name}': {error}"
        raise Fault("Runtime.ImportModuleError", text) from error
    except SyntaxError as error:
        text = f"Syntax error in module '{name}': {error}"
        trace = [f'  File "{error.filename}" Line {error.lineno}\n    {error.text}']
        raise Fault("Runtime.UserCodeSyntaxError", text, trace) from error
