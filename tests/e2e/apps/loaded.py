"""What a load generator can see of a server."""

import time


def app(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/slow":
        time.sleep(0.2)
    asked = (environ["REQUEST_METHOD"], environ.get("HTTP_X_KIND"), environ["wsgi.input"].read())
    as_told = path != "/told" or asked == ("PUT", "of its own", b"a body")
    start_response("200 OK" if as_told else "400 Bad Request", [("Content-Length", "5")])
    return [b"fine\n"]
