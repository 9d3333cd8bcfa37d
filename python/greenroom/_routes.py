"""The routes of an application, as its framework knows them, for those who read of it
(docs/service-docs.md). Nothing of the application is called, but for Django its URLconf is
imported, which its first request would do."""

from __future__ import annotations

import functools
import inspect
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

# By which names applications are kept by what is wrapped around them.
INNER = ("app", "wsgi_app", "application", "_app", "wrapped", "__wrapped__", "__self__")
DEPTH = 8
DECORATORS = 100  # of a view, at most
MOUNTS_DEPTH = 3  # of those within those


class Route(NamedTuple):
    """As `_greenroom.note_route` takes it; "" is what is not known."""

    route: str
    methods: str
    parameters: str
    example: str
    defined: str
    doc: str
    host: str = ""


def find(app: object) -> Iterator[Route]:
    """All of them; none of a framework that is not known."""
    for prefix, found in _frameworks(app):
        for route in _routes_of(found):
            yield route._replace(route=prefix + route.route, example=route.example and prefix + route.example)


def mounts(app: object) -> tuple[str, ...]:
    """The prefixes below which find() has found some, the longest first."""
    return tuple(sorted({prefix for prefix, _ in _frameworks(app) if prefix}, key=len, reverse=True))


def _routes_of(framework: Any) -> Iterator[Route]:
    if _is_django(framework):
        from greenroom import _routes_django

        return _routes_django.find()
    from greenroom import _routes_flask

    return _routes_flask.find(framework)


def _frameworks(app: object, prefix: str = "", depth: int = MOUNTS_DEPTH) -> Iterator[tuple[str, object]]:
    """Those whose routes are known, each with the prefix below which it is mounted."""
    layers = list(_layers(app))
    for found in [layer for layer in layers if _is_flask(layer) or _is_django(layer)][:1]:
        yield prefix, found
    for at, inner in [mount for layer in layers for mount in _mounted(layer) if depth]:
        yield from _frameworks(inner, prefix + at.rstrip("/"), depth - 1)


def _mounted(app: Any) -> list[tuple[str, object]]:
    """What Werkzeug's DispatcherMiddleware hands on to, and what else keeps its mounts as it does."""
    there = inspect.getattr_static(app, "mounts", None)
    if not isinstance(there, Mapping):
        return []
    return [(at, inner) for at, inner in there.items() if isinstance(at, str) and callable(inner)]


def _is_flask(app: object) -> bool:
    return hasattr(app, "url_map") and hasattr(app, "view_functions")


def _is_django(app: object) -> bool:
    module = sys.modules.get("django.core.handlers.wsgi")
    return module is not None and isinstance(app, module.WSGIHandler)


def _layers(app: object) -> Iterator[object]:
    """The application, and what it is wrapped around, from the outside in, each once."""
    layer, seen = [app], {id(app): app}
    for _ in range(DEPTH):
        yield from layer
        inside = {id(inner): inner for outer in layer for inner in _inside(outer)}
        layer = [inner for key, inner in inside.items() if key not in seen]
        seen |= inside


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
