"""Has libraries use the client of Greenroom: at once, or when the application imports them."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any


def _install_requests() -> None:
    from greenroom import _requests

    _requests.install()


_INSTALL: dict[str, Callable[[], None]] = {"requests": _install_requests}


class _Loader(importlib.abc.Loader):
    """The loader of a module, and what comes behind it. Once it is loaded, the module has its own."""

    def __init__(self, own: importlib.abc.Loader) -> None:
        self._own = own

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        return self._own.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        module.__loader__ = module.__spec__.loader = self._own
        self._own.exec_module(module)
        _INSTALL[module.__name__]()


class _Finder(importlib.abc.MetaPathFinder):
    """Finds a module by those that stand behind it on sys.meta_path, once."""

    def __init__(self, name: str) -> None:
        self.name = name

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name != self.name:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is None or spec.loader is None or not hasattr(spec.loader, "exec_module"):
            sys.meta_path.insert(0, self)
            return None
        spec.loader = _Loader(spec.loader)
        return spec


def accelerate(library: str) -> None:
    """Has a library use the client of Greenroom: "requests". Raises ValueError for others.

    Without an effect on those who do not import it.
    """
    if library not in _INSTALL:
        known = ", ".join(_INSTALL)
        raise ValueError(f"{library!r} cannot be accelerated, but {known} can")
    if library in sys.modules:
        _INSTALL[library]()
    elif not any(isinstance(f, _Finder) and f.name == library for f in sys.meta_path):
        sys.meta_path.insert(0, _Finder(library))
