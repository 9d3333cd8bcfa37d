"""The routes of a Django project: what its resolver knows, includes within includes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from greenroom._routes import Route, described, listed, parameter, wrapped
from greenroom._sample import make_up, sample

# A parameter in a route of path().
PARAMETER = re.compile(r"<(?:(?P<kind>[^>:]+):)?(?P<name>[^>]+)>")


def find() -> Iterator[Route]:
    return _walk(get_resolver(), "", "", [])


def _walk(resolver: Any, route: str, example: str | None, parameters: list[str]) -> Iterator[Route]:
    """Those below a resolver, at which a request that takes that example of a path arrives."""
    for one in resolver.url_patterns:
        pattern = one.pattern
        here = _join(route, str(pattern))
        piece = None if example is None else _example(pattern)
        path = None if piece is None else example + piece
        known = [*parameters, *_parameters(pattern)]
        if isinstance(one, URLResolver):
            yield from _walk(one, here, path, known)
        elif isinstance(one, URLPattern):
            yield _route(one.callback, here, path, known)


def _join(before: str, route: str) -> str:
    """As a resolver does it: it is to be what it says of a request (src/host/wsgi/endpoint.h)."""
    return before + route.removeprefix("^") if before else route


def _route(view: Any, route: str, path: str | None, parameters: list[str]) -> Route:
    of_class = getattr(view, "view_class", None) or getattr(view, "cls", None)
    defined, doc = described(of_class or view)
    shown = route.removeprefix("^")
    return Route(shown if shown.startswith("/") else f"/{shown}", _methods(view, of_class),
                 " ".join(parameters), "" if path is None else f"/{path}", defined, doc)  # fmt: skip


# ---- patterns ----


def _parameters(pattern: Any) -> list[str]:
    converters = getattr(pattern, "converters", {})
    if converters:
        kinds = {found["name"]: found["kind"] or "str" for found in PARAMETER.finditer(str(pattern))}
        return [parameter(name, kinds.get(name, "str")) for name in converters]
    return [parameter(name, "regex") for name in pattern.regex.groupindex]


def _example(pattern: Any) -> str | None:
    """A piece of a path that it matches."""
    text = str(pattern)
    if not hasattr(pattern, "_route"):
        # By a regular expression, or the prefix of a language.
        return make_up(text) if hasattr(pattern, "_regex") else text
    path, at = "", 0
    for found in PARAMETER.finditer(text):
        value = sample(pattern.converters[found["name"]].regex, found["name"])
        if value is None:
            return None
        path += text[at : found.start()] + value
        at = found.end()
    return path + text[at:]


# ---- methods ----


def _methods(view: Any, of_class: Any) -> str:
    """Those of a class, or that a decorator lets pass; "" for all."""
    actions = getattr(view, "actions", None)
    if isinstance(actions, dict):  # of a ViewSet
        return listed(method.upper() for method in actions)
    if of_class is not None:
        names = getattr(of_class, "http_method_names", ())
        return listed(name.upper() for name in names
                      if name not in ("options", "head") and hasattr(of_class, name))  # fmt: skip
    return listed(_required(view))


def _required(view: Any) -> list[str]:
    """What django.views.decorators.http has been told."""
    for view in wrapped(view):
        code = getattr(view, "__code__", None)
        if code and "request_method_list" in code.co_freevars:
            cell = view.__closure__[code.co_freevars.index("request_method_list")]
            return [method for method in cell.cell_contents if method != "HEAD" or
                    "GET" not in cell.cell_contents]  # fmt: skip
    return []
