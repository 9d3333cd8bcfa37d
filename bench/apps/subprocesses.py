"""A request that runs a program to its end, and one that does nothing: /run and /."""

import subprocess

BODY = b"done\n"


def app(environ, start_response):
    if environ["PATH_INFO"] == "/run":
        subprocess.run(["true"], check=True)
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(BODY)))])
    return [BODY]
