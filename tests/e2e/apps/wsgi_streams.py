"""Streams that show how far they have got."""

import sys

produced = 0


def endless(environ, start_response):
    """64 KiB pieces for as long as somebody takes them."""
    global produced
    start_response("200 OK", [("Content-Type", "application/octet-stream")])
    piece = bytes(65536)
    produced = 0
    try:
        while True:
            produced += len(piece)
            yield piece
    except GeneratorExit:
        print("generator closed", file=sys.stderr)
        raise


def echo(environ, start_response):
    """Each line that is read is answered before the next is read."""
    start_response("200 OK", [("Content-Type", "text/plain")])
    for line in environ["wsgi.input"]:
        yield line.upper()


def count(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(produced).encode()]


ROUTES = {"/endless": endless, "/echo": echo, "/count": count}


def app(environ, start_response):
    return ROUTES[environ["PATH_INFO"]](environ, start_response)
