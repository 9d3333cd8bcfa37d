"""Asks itself, over TLS, for the scheme."""

import os
import ssl
import urllib.request

context = ssl.create_default_context(cafile=os.environ["CA"])


def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    text = environ["wsgi.url_scheme"]
    if inner := environ["QUERY_STRING"]:
        with urllib.request.urlopen(f"https://{inner}/", context=context) as answer:
            text += " asked " + answer.read().decode()
    return [text.encode()]
