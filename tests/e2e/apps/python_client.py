"""Asks URL/path for what it is asked for, by greenroom.http."""

import os

import greenroom
from greenroom import http

client = http.Client(base_url=os.environ["URL"], verify=os.environ.get("CA"))


def ask_beside(path: str) -> None:
    with greenroom.scope() as scope:
        scope.start(client.get, path)


def side_by_side() -> None:
    with greenroom.scope() as scope:
        scope.start(client.get, "/child")
        scope.start(ask_beside, "/grandchild")


def app(environ, start_response):
    try:
        if environ["PATH_INFO"] == "/late":
            with greenroom.deadline(0.05):
                client.get("/2")
        if environ["PATH_INFO"] == "/side-by-side":
            side_by_side()
        body = client.get(environ["PATH_INFO"]).content
    except http.HTTPError as error:
        body = repr(error).encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]
