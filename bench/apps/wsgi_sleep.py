"""Sleeps for as many milliseconds as the path says: /10, /1000."""

import time

BODY = b"awake\n"


def app(environ, start_response):
    time.sleep(int(environ["PATH_INFO"].strip("/") or 0) / 1000)
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(BODY)))])
    return [BODY]
