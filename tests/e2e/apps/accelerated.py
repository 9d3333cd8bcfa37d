"""Asks URL/path for what it is asked for, by requests, and says who has made the call."""

import os

import requests

session = requests.Session()


def app(environ, start_response):
    answer = session.get(os.environ["URL"] + environ["PATH_INFO"])
    start_response("200 OK", [])
    return [f"{type(answer.raw).__module__}: {answer.text}".encode()]
