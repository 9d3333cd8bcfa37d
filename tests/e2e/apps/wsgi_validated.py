"""Applications that wsgiref.validate watches: it raises when the server breaks PEP 3333."""

from wsgiref.validate import validator


def plain(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"valid"]


def stream(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    for number in range(3):
        yield str(number).encode()


def echo(environ, start_response):
    body = environ["wsgi.input"]
    found = body.readline() + body.read(2) + b"".join(body.readlines()) + body.read(1)
    environ["wsgi.errors"].write("heard\n")
    environ["wsgi.errors"].writelines(["and ", "understood\n"])
    environ["wsgi.errors"].flush()
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(found)))])
    return [found]


def writer(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])(b"written")
    return []


ROUTES = {
    f"/{function.__name__}": validator(function) for function in (plain, stream, echo, writer)
}


def app(environ, start_response):
    return ROUTES[environ["PATH_INFO"]](environ, start_response)
