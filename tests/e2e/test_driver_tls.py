"""requests, urllib3 and asyncio over TLS, with a server which answers once all are there."""

import json

import pytest
from conftest import eventually

CROWD = 30


@pytest.fixture
def server(serve, tls_upstream, certificates):
    env = {"URL": tls_upstream.url, "CA": str(certificates.ca)}
    return serve("--workers", "1", "driver_tls:app", env=env)


@pytest.mark.parametrize("library", ["requests", "urllib3"])
def test_requests_over_tls_wait_together(server, tls_upstream, library):
    path = f"/by_{library}?path=/{CROWD + 1}"
    for _ in range(2):
        with server.crowd(CROWD, path) as answers:
            eventually(lambda: tls_upstream.waiting == CROWD, "all wait for the last one")
            assert server.get("/ping").text == '"pong"'
            assert server.kernel_tasks() < CROWD
            assert server.get(path).text == '"together"'
        assert [answer.result().text for answer in answers] == ['"together"'] * CROWD
    assert tls_upstream.connections == CROWD + 1  # kept for the second round


def test_requests_wait_for_a_connection_of_the_pool(server, tls_upstream):
    with server.crowd(CROWD, "/by_few?path=/5") as answers:
        pass
    assert [answer.result().text for answer in answers] == ['"together"'] * CROWD
    assert tls_upstream.connections == 5


def test_event_loops_of_requests_run_beside_each_other(server, tls_upstream):
    """Each request has an asyncio.run of its own, which waits for three answers."""
    with server.crowd(CROWD, f"/by_asyncio?path=/{3 * CROWD + 1}") as answers:
        eventually(lambda: tls_upstream.waiting == 3 * CROWD, "all wait for the last one")
        assert server.kernel_tasks() < CROWD
        server.get(f"/by_urllib3?path=/{3 * CROWD + 1}")
    for answer in answers:
        assert json.loads(answer.result().body) == ["together"] * 3


def test_a_certificate_of_an_unknown_ca_is_refused(server):
    assert server.get("/without_ca").text == "true"
