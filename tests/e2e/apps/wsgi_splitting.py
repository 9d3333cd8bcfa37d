"""Puts what the client wants into the answer: /reason?TEXT, /name?TEXT, /value?TEXT, percent-encoded UTF-8."""

from urllib.parse import unquote


def app(environ, start_response):
    text = unquote(environ["QUERY_STRING"])
    place = environ["PATH_INFO"].lstrip("/")
    reason = text if place == "reason" else "OK"
    name = text if place == "name" else "X-Name"
    value = text if place == "value" else "value"
    start_response(f"200 {reason}", [("Content-Type", "text/plain"), (name, value)])
    return [b"answer"]
