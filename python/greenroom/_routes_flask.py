"""The routes of a Flask application: the rules of its url_map."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from greenroom._routes import Route, described, listed, parameter
from greenroom._sample import sample

# A parameter in a rule, as Werkzeug has it.
PARAMETER = re.compile(r"<(?:(?P<kind>[a-zA-Z_]\w*(?:\(.*?\))?):)?(?P<name>[a-zA-Z_]\w*)>")


def find(app: Any) -> Iterator[Route]:
    for rule in app.url_map.iter_rules():
        if not rule.build_only and not rule.websocket:
            yield _route(app, rule)


def _route(app: Any, rule: Any) -> Route:
    view = app.view_functions.get(rule.endpoint)
    defined, doc = described(getattr(view, "view_class", view)) if view else ("", "")
    converters = getattr(rule, "_converters", {})
    of_host = _host(app, rule)
    parameters = [parameter(found["name"], found["kind"] or "string")
                  for found in PARAMETER.finditer(f"{of_host} {rule.rule}")]
    host, path = (_example(text, converters) for text in (of_host, rule.rule))
    return Route(rule.rule, _methods(rule), " ".join(parameters), path if host or not of_host else "",
                 defined, doc, host)


def _host(app: Any, rule: Any) -> str:
    """For which hosts it is; "" for all."""
    if app.url_map.host_matching:
        return rule.host or ""
    name = app.config.get("SERVER_NAME")
    if not name or not getattr(app, "subdomain_matching", False):
        return ""
    return f"{rule.subdomain}.{name}" if rule.subdomain else name


def _methods(rule: Any) -> str:
    """Without those that are answered by themselves."""
    methods = set(rule.methods or ())
    if "GET" in methods:
        methods.discard("HEAD")
    if getattr(rule, "provide_automatic_options", None):
        methods.discard("OPTIONS")
    return listed(methods)


def _example(text: str, converters: dict[str, Any]) -> str:
    path, at = "", 0
    for found in PARAMETER.finditer(text):
        value = _value(found["name"], converters.get(found["name"]))
        if value is None:
            return ""
        path += text[at : found.start()] + value
        at = found.end()
    return path + text[at:]


def _value(name: str, converter: Any) -> str | None:
    least, digits = getattr(converter, "min", None), getattr(converter, "fixed_digits", 0)
    if least is not None or digits:  # of numbers
        return str(least if least is not None else 1).zfill(digits or 0)
    return sample(getattr(converter, "regex", "[^/]+"), name)
