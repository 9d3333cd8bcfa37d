"""Asks URL/path for what it is asked for, by requests, and says who has made the call."""

import os

import greenroom
import requests

session = requests.Session()


def app(environ, start_response):
    start_response("200 OK", [])
    try:
        if environ["PATH_INFO"] == "/late":
            with greenroom.deadline(0.05):
                session.get(os.environ["URL"] + "/2")
        answer = session.get(os.environ["URL"] + environ["PATH_INFO"])
    except requests.RequestException as error:
        return [type(error).__name__.encode()]
    return [f"{type(answer.raw).__module__}: {answer.text}".encode()]
