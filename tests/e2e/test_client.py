"""The HTTP client in a C application that hands on what it is asked for."""

from collections.abc import Callable

import pytest
from conftest import Server, eventually

CROWD = 30


@pytest.fixture
def server(serve: Callable[..., Server], c_app: Callable[[str], str], upstream) -> Server:
    return serve("--workers", "1", c_app("client"), env={"URL": upstream.url})


@pytest.fixture
def secure_server(serve: Callable[..., Server], c_app, tls_upstream, certificates) -> Server:
    env = {"URL": tls_upstream.url, "CA": str(certificates.ca)}
    return serve("--workers", "1", c_app("client"), env=env)


def test_calls_wait_together_and_keep_their_connections(server, upstream):
    path = f"/{CROWD + 1}"
    for _ in range(2):
        with server.crowd(CROWD, path) as answers:
            eventually(lambda: upstream.waiting == CROWD, "all wait for the last one")
            assert server.get("/ping").text == "pong"
            assert server.kernel_tasks() < CROWD
            assert server.get(path).text == "together"
        assert [answer.result().text for answer in answers] == ["together"] * CROWD
    assert upstream.connections == CROWD + 1


def test_calls_over_tls_wait_together(secure_server, tls_upstream):
    with secure_server.crowd(CROWD, f"/{CROWD + 1}") as answers:
        eventually(lambda: tls_upstream.waiting == CROWD, "all wait for the last one")
        assert secure_server.get(f"/{CROWD + 1}").text == "together"
    assert [answer.result().text for answer in answers] == ["together"] * CROWD
    assert secure_server.get("/1").text == "together"
    assert tls_upstream.connections == CROWD + 1


def test_a_session_is_resumed(secure_server):
    assert [secure_server.get("/resumed").text for _ in range(3)] == ["False", "True", "True"]


def test_a_certificate_that_nobody_vouches_for_is_refused(serve, c_app, tls_upstream):
    server = serve("--workers", "1", c_app("client"), env={"URL": tls_upstream.url})
    answer = server.get("/1")
    assert answer.status == 502
    assert "the certificate of the other side is not accepted: " in answer.text


def test_bodies_stream_through_both_ways(serve, c_app):
    far = serve("--workers", "1", c_app("answers"))
    near = serve("--workers", "1", c_app("client"), env={"URL": far.url})
    body = b"green rooms " * 100_000
    assert near.request("POST", "/echo", body=body).body == body
    assert near.get("/none").status == 404


def test_a_service_that_is_not_there_is_told(serve, c_app):
    server = serve("--workers", "1", c_app("client"), env={"URL": "http://127.0.0.1:1"})
    answer = server.get("/")
    assert (answer.status, answer.text) == (
        502,
        "cannot connect to 127.0.0.1 port 1: Connection refused",
    )
