"""Makes an application of functions: /NAME?a=1 answers with the JSON of what name(a="1") returns."""

import json
from collections.abc import Callable
from urllib.parse import parse_qsl


def application(*functions: Callable) -> Callable:
    by_path = {f"/{function.__name__}": function for function in functions}

    def app(environ, start_response):
        result = by_path[environ["PATH_INFO"]](**dict(parse_qsl(environ["QUERY_STRING"])))
        start_response("200 OK", [("Content-Type", "application/json")])
        return [json.dumps(result).encode()]

    return app


def ping() -> str:
    return "pong"
