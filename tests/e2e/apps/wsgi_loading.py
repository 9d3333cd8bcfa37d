"""What applications can be called."""

from functools import partial
from types import SimpleNamespace


def answer(text, environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [text.encode()]


app = partial(answer, "app")
application = partial(answer, "application")
nested = SimpleNamespace(inner=SimpleNamespace(app=partial(answer, "nested")))
not_callable = 42


def factory():
    return partial(answer, "made")


def factory_of_nothing():
    return None


def failing_factory():
    raise ValueError("cannot be made")
