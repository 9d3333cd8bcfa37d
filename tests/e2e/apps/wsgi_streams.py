"""Streams that show how far they have got."""

import os
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


def forking(environ, start_response):
    """Forks in the middle of its body; the child goes on as if it were its parent."""
    start_response("200 OK", [("Content-Type", "text/plain")])
    yield b"A"
    child = os.fork()
    yield b"B"
    if child:
        os.waitpid(child, 0)
    yield b"C"


class ForkingAtClose:
    def __iter__(self):
        return iter([b"A", b"B"])

    def close(self):
        child = os.fork()
        if child:
            os.waitpid(child, 0)


def forking_at_close(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return ForkingAtClose()


def count(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [str(produced).encode()]


ROUTES = {
    "/endless": endless,
    "/echo": echo,
    "/forking": forking,
    "/forking_at_close": forking_at_close,
    "/count": count,
}


def app(environ, start_response):
    return ROUTES[environ["PATH_INFO"]](environ, start_response)
