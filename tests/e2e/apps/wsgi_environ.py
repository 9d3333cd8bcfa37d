"""Answers with the environ as JSON; what JSON does not know is described by repr()."""

import json


def app(environ, start_response):
    body = json.dumps({key: describe(value) for key, value in environ.items()}).encode()
    start_response("200 OK", [("Content-Type", "application/json")])
    return [body]


def describe(value):
    return value if isinstance(value, (str, bool, int, tuple)) else repr(value)
