"""Grows with each request, or holds one for ever; tells which worker it is."""

import os

leaked = []


def app(environ, start_response):
    _, what, *amount = environ["PATH_INFO"].split("/")
    if what == "leak":
        leaked.append(b"x" * (int(amount[0]) << 10))
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(os.getpid()).encode()]
