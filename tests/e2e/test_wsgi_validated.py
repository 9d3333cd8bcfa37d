"""wsgiref.validate has nothing to complain about."""

import pytest


@pytest.fixture
def server(serve):
    return serve("--workers", "1", "wsgi_validated:app")


@pytest.mark.parametrize("path, body", [
    ("/plain", "valid"), ("/stream", "012"), ("/writer", "written"),
])
def test_an_answer_is_valid(server, path, body):
    response = server.get(path)
    assert (response.status, response.text) == (200, body), server.output()
    assert "Traceback" not in server.output() and "Warning" not in server.output()


def test_reading_the_body_is_valid(server):
    response = server.request("POST", "/echo?q=1", body=b"first\nsecond\nthird")
    assert (response.status, response.text) == (200, "first\nsecond\nthird"), server.output()
    server.wait_for_output("heard$")
    server.wait_for_output("and understood$")
