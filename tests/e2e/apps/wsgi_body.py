"""Reads wsgi.input in the way that the path names, and answers with what it got as JSON."""

import json


def read_in_pieces(body):
    pieces = []
    while piece := body.read(1000):
        pieces.append(piece)
    return pieces


def read_then_open(body):
    try:
        return body.read()
    except OSError:
        return open("/nowhere").read()


WAYS = {
    "/read": lambda body: body.read(),
    "/read-none": lambda body: body.read(None),
    "/read-5": lambda body: body.read(5),
    "/read-0": lambda body: body.read(0),
    "/read-huge": lambda body: body.read(1 << 40),
    "/pieces": read_in_pieces,
    "/readline": lambda body: [body.readline(), body.readline(3), body.readline()],
    "/readlines": lambda body: body.readlines(),
    "/readlines-hint": lambda body: body.readlines(4),
    "/iterate": lambda body: list(body),
    "/mixed": lambda body: [
        body.readline(), body.read(4), body.read(), body.read(), body.readline()
    ],
    "/other-error": read_then_open,
    "/ignore": lambda body: "ignored",
}


def app(environ, start_response):
    try:
        found = WAYS[environ["PATH_INFO"]](environ["wsgi.input"])
    except OSError as error:
        print("reading failed:", type(error).__name__, flush=True)
        raise
    start_response("200 OK", [("Content-Type", "application/json")])
    return [json.dumps(found, default=lambda value: value.decode("latin-1")).encode()]
