"""Requests of which the metrics tell."""

import time


def app(environ, start_response):
    path = environ["PATH_INFO"]
    status = "404 Not Found" if path.startswith("/missing") else "302 Found" if path.startswith("/moved") else "200 OK"
    if path.startswith("/sleep/"):
        time.sleep(int(path.removeprefix("/sleep/")) / 1e6)
    start_response(status, [("Content-Type", "text/plain")])
    return [b"fine\n"]
