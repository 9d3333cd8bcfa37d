"""Reads the body and answers with the path and the body, whatever the request."""


def app(environ, start_response):
    body = environ["wsgi.input"].read()
    start_response("200 OK", [("Content-Type", "application/octet-stream")])
    return [environ["PATH_INFO"].encode("latin-1"), b"\n", body]
