"""Requests of which the dashboard tells: some take long, and some are named to deceive it."""

import time


def app(environ, start_response):
    path = environ["PATH_INFO"]
    if path.startswith("/sleep/"):
        time.sleep(int(path.removeprefix("/sleep/")) / 1e6)
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"fine\n"]
