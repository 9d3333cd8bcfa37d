"""The routes of an application, as its framework knows them, for those who read of it
(docs/service-docs.md). Nothing of the application is called, but for Django its URLconf is
imported, which its first request would do."""

from __future__ import annotations

import functools
import inspect
import re
import sys
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

# By which names applications are kept by what is wrapped around them.
INNER = ("app", "wsgi_app", "application", "_app", "wrapped", "__wrapped__", "__self__")
DEPTH = 8
DECORATORS = 100  # of a view, at most


class Route(NamedTuple):
    """As `_greenroom.note_route` takes it; "" is what is not known."""

    route: str
    methods: str
    parameters: str
    example: str
    defined: str
    doc: str


def find(app: object) -> Iterator[Route]:
    """All of them; none of a framework that is not known."""
    for found in _layers(app):
        if hasattr(found, "url_map") and hasattr(found, "view_functions"):
            from greenroom import _routes_flask

            return _routes_flask.find(found)
        if _is_django(found):
            from greenroom import _routes_django

            return _routes_django.find()
    return iter(())


def _is_django(app: object) -> bool:
    module = sys.modules.get("django.core.handlers.wsgi")
    return module is not None and isinstance(app, module.WSGIHandler)


def _layers(app: object) -> Iterator[object]:
    """The application, and what it is wrapped around, from the outside in."""
    layer = [app]
    for _ in range(DEPTH):
        yield from layer
        layer = [inner for outer in layer for inner in _inside(outer)]


def _inside(app: object) -> Iterator[object]:
    for name in INNER:
        inner = inspect.getattr_static(app, name, None)
        if inner is not None and not isinstance(inner, (property, str)):
            yield getattr(app, name)
    for cell in getattr(app, "__closure__", None) or ():
        try:
            if callable(cell.cell_contents):
                yield cell.cell_contents
        except ValueError:  # it is empty yet
            continue


# ---- what the frameworks have in common ----


def parameter(name: str, kind: str) -> str:
    """One of Route.parameters, which are set apart by blanks."""
    return name + ":" + re.sub(r"\s+", "", kind)


def plain(text: str) -> str:
    """What can be told of it in UTF-8, without an end in its midst."""
    return text.replace("\0", " ").encode("utf-8", "replace").decode()


def listed(methods: Iterable[str]) -> str:
    """In the order in which they are looked for, those that everybody knows first."""
    known = ("GET", "POST", "PUT", "PATCH", "DELETE")
    order = {method: place for place, method in enumerate(known)}
    return " ".join(sorted(methods, key=lambda method: (order.get(method, len(known)), method)))


def wrapped(view: Any) -> Iterator[Any]:
    """A view, and what it is wrapped around, from the outside in."""
    for _ in range(DECORATORS):
        yield view
        if isinstance(view, functools.partial):
            view = view.func
        elif inspect.getattr_static(view, "__wrapped__", None) is not None:
            view = view.__wrapped__
        else:
            return


def described(view: Any) -> tuple[str, str]:
    """Where a function or class is defined, and the first paragraph of its docstring."""
    *_, view = wrapped(view)
    doc = view.__doc__ if isinstance(view.__doc__, str) else ""
    paragraph = re.split(r"\n\s*\n", inspect.cleandoc(doc), maxsplit=1)[0]
    return _place(view), " ".join(paragraph.split())


def _place(view: Any) -> str:
    line = _line(view)
    name = getattr(view, "__module__", None) or type(view).__module__
    return f"{name}:{line}" if line else name


def _line(view: Any) -> int | None:
    """Of a class the line of its first method, where it does not know its own."""
    if not isinstance(view, type):
        code = getattr(view, "__code__", None)
        return code.co_firstlineno if code else None
    if own := vars(view).get("__firstlineno__"):
        return own
    lines = [value.__code__.co_firstlineno for value in vars(view).values() if inspect.isfunction(value)]
    return min(lines, default=None)
