"""Calls the view of flask_upstream.py in a bare loop: `UPSTREAM=HOST:PORT flask_loop.py SECONDS`.

Prints the microseconds of processor time of one call. The upstream is to answer at once.
"""

import io
import sys
import time

from flask_upstream import app

ENVIRON = {
    "REQUEST_METHOD": "GET", "SCRIPT_NAME": "", "PATH_INFO": "/", "QUERY_STRING": "",
    "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "8000", "SERVER_PROTOCOL": "HTTP/1.1",
    "HTTP_HOST": "127.0.0.1:8000", "wsgi.version": (1, 0), "wsgi.url_scheme": "http",
    "wsgi.input": io.BytesIO(), "wsgi.errors": sys.stderr, "wsgi.multithread": True,
    "wsgi.multiprocess": False, "wsgi.run_once": False,
}


def call() -> None:
    answer = app(dict(ENVIRON), lambda status, fields, error=None: None)
    b"".join(answer)
    answer.close()


def main(seconds: float) -> None:
    for _ in range(100):
        call()
    count, used, end = 0, time.process_time(), time.monotonic() + seconds
    while time.monotonic() < end:
        call()
        count += 1
    print((time.process_time() - used) / count * 1e6)


if __name__ == "__main__":
    main(float(sys.argv[1]))
