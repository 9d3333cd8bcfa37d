"""Finds the application that `greenroom serve` was asked for."""

from __future__ import annotations

import difflib
import importlib
import importlib.util
import os
import pkgutil
import sys
from types import ModuleType
from typing import Any, Callable, Protocol

Application = Callable[..., Any]

DEFAULT_NAMES = ("application", "app")


class NotFound(Exception):
    """There is no such application. The text is one sentence for the user."""


class Named(Protocol):
    __name__: str


def load(wanted: str) -> Application:
    """Returns the application that `wanted` names.

    "module:app", "module:attribute.app", "module:factory()" which is called without arguments,
    "module" for its `application` or `app`. In place of a module, the path of a file:
    "web/app.py:app".

    Raises NotFound, and whatever the application raises while it is imported.
    """
    module_name, _, expression = wanted.partition(":")
    module = _import(module_name)
    if not expression:
        return _default(module)
    path, call = (expression[:-2], True) if expression.endswith("()") else (expression, False)
    found = _attribute(module, path)
    if call:
        if not callable(found):
            raise NotFound(f"{path} in {module_name} cannot be called: it is {_article(found)}")
        found = found()
    if not callable(found):
        raise NotFound(f"{expression} in {module_name} is no WSGI application: "
                       f"it is {_article(found)}, which cannot be called")
    return found


def load_function(wanted: str) -> Callable[[], Any]:
    """Returns the function of a mule, "module:function" or "module:attribute.function".

    Raises as `load` does.
    """
    module_name, _, path = wanted.rpartition(":")
    found = _attribute(_import(module_name), path)
    if not callable(found):
        raise NotFound(f"{path} in {module_name} cannot be called: it is {_article(found)}")
    return found


def _import(name: str) -> ModuleType:
    if name.endswith(".py"):
        return _import_file(name)
    if not all(part.isidentifier() for part in name.split(".")):
        raise NotFound(f"{name!r} is not the name of a module")
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not (name + ".").startswith(error.name + "."):
            raise
        raise NotFound(
            f"there is no module {error.name} in {os.getcwd()} or elsewhere on the path of Python"
            + _near(error.name, _modules_beside(error.name))
        ) from None


def _import_file(path: str) -> ModuleType:
    if not os.path.isfile(path):
        raise NotFound(f"there is no file {path} in {os.getcwd()}")
    name = os.path.splitext(os.path.basename(path))[0]
    sys.path.insert(0, os.path.dirname(os.path.abspath(path)))
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise NotFound(f"{path} is not a Python file")
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _default(module: ModuleType) -> Application:
    for name in DEFAULT_NAMES:
        found = getattr(module, name, None)
        if callable(found):
            return found
    raise NotFound(f"{module.__name__} has neither application nor app" + _choice(module))


def _attribute(module: ModuleType, path: str) -> Any:
    found: Any = module
    for name in path.split("."):
        try:
            found = getattr(found, name)
        except AttributeError:
            where = getattr(found, "__name__", type(found).__name__)
            near = _near(name, [known for known in dir(found) if not known.startswith("_")])
            raise NotFound(f"there is no {name} in {where}" + (near or _choice(module))) from None
    return found


def _modules_beside(name: str) -> list[str]:
    """The modules that stand where `name` would."""
    parent, _, _ = name.rpartition(".")
    folders = sys.modules[parent].__path__ if parent else [os.getcwd()]
    prefix = parent + "." if parent else ""
    return [prefix + module.name for module in pkgutil.iter_modules(folders)]


def _near(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=3)
    return f"; did you mean {' or '.join(near)}?" if near else ""


def _choice(module: ModuleType) -> str:
    """What the module itself defines that could be an application."""
    names = [
        name
        for name, value in vars(module).items()
        if not name.startswith("_") and callable(value) and not isinstance(value, type)
        and getattr(value, "__module__", module.__name__) == module.__name__
    ]
    return f"; it defines {', '.join(sorted(names)[:8])}" if names else ""


def _article(value: object) -> str:
    name = type(value).__name__
    return f"{'an' if name[0] in 'aeiouAEIOU' else 'a'} {name}"
