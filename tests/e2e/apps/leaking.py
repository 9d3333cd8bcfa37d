"""Grows with each request, or holds one for ever; tells which worker it is."""

import os
import time

leaked = []


def slow_to_follow():
    """The first worker is loaded at once, those that come after it when they may."""
    first, go = os.environ["FIRST"], os.environ["GO"]
    while os.path.exists(first) and not os.path.exists(go):
        time.sleep(0.01)
    open(first, "w").close()
    return app


def app(environ, start_response):
    _, what, *amount = environ["PATH_INFO"].split("/")
    if what == "leak":
        leaked.append(b"x" * (int(amount[0]) << 10))
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(os.getpid()).encode()]
