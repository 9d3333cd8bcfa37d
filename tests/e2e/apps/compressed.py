"""Answers to be compressed. The path says how: /whole, /pieces, /counted, /list, /events, /file,
/noise. ?length=N&type=T&status=S; fields of the answer are those of the request whose names begin
with "Answer-"."""

import random
import tempfile
import urllib.parse

LINE = b"The quick brown fox jumps over the lazy dog. %06d\n"


def text_of(length):
    lines = b"".join(LINE % number for number in range(length // 50 + 1))
    return lines[:length]


def pieces_of(text, size=1000):
    for start in range(0, len(text), size):
        yield text[start : start + size]


def app(environ, start_response):
    query = dict(urllib.parse.parse_qsl(environ["QUERY_STRING"]))
    text = text_of(int(query.get("length", "20000")))
    fields = [("Content-Type", query.get("type", "text/plain; charset=utf-8"))]
    fields += [(key[12:].replace("_", "-").title(), value) for key, value in environ.items()
               if key.startswith("HTTP_ANSWER_")]
    kind = environ["PATH_INFO"]
    if kind == "/counted":
        fields.append(("Content-Length", str(len(text) + int(query.get("off", "0")))))
    start_response(query.get("status", "200 OK"), fields)
    if kind == "/noise":
        return [random.Random(1).randbytes(20000)]
    if environ["REQUEST_METHOD"] == "HEAD":
        return []
    if kind == "/pieces" or kind == "/counted":
        return pieces_of(text)
    if kind == "/list":
        return list(pieces_of(text))
    if kind == "/file":
        file = tempfile.TemporaryFile()
        file.write(text)
        file.seek(0)
        return environ["wsgi.file_wrapper"](file)
    if kind == "/events":
        return events(environ["wsgi.input"])
    return [text]


def events(body):
    """One event for each line of the body, as soon as it is there."""
    yield b": hello\n\n"
    while line := body.readline():
        yield b"data: " + line + b"\n"


def unchanged(environ, start_response):
    start_response("304 Not Modified", [("ETag", '"a"')])
    return []
