"""Requests that take too long, and those whose clients have gone; scopes."""

import pytest
from conftest import eventually
from http_wire import Wire, request


@pytest.fixture
def waiting(serve):
    def start(*options):
        return serve("--workers", "1", "--access-log", "off", *options, "waiting:app")

    return start


@pytest.mark.parametrize("path", ["/recv", "/sleep", "/select", "/child"])
def test_the_call_that_waits_raises_timeout_error(waiting, path):
    server = waiting("--request-timeout", "0.1")
    answer = server.get(path)
    assert (answer.status, answer.text) == (504, "504 Gateway Timeout: the request took too long\n")
    assert server.get("/log").body == b"TimeoutError ETIMEDOUT"
    server.wait_for_output(rf"GET {path} failed$")


@pytest.mark.without_faults("eagain", reason="who is late can say what can be said at once")
def test_an_application_may_answer_all_the_same(waiting):
    answer = waiting("--request-timeout", "0.1").get("/caught")
    assert (answer.status, answer.body) == (200, b"late, but here")


def test_each_request_has_the_whole_time(waiting):
    server = waiting("--request-timeout", "0.3")
    with Wire(server.port) as client:
        assert [client.ask("/short").status for _ in range(40)] == [200] * 40


def hang_up(server, path):
    """Asks, and leaves once the request runs."""
    client = server.connect()
    client.sendall(request(path))
    server.get("/short")
    client.close()


def outcome(server):
    def found():
        lines = server.get("/log").body.decode().splitlines()
        return [line for line in lines if line != "done"]

    return eventually(found, "an outcome")


@pytest.mark.parametrize("path", ["/recv", "/sleep", "/select"])
def test_a_client_that_hangs_up_cancels_its_request(waiting, path):
    server = waiting("--cancel-on-disconnect", "on")
    hang_up(server, path)
    assert outcome(server) == ["OSError ECANCELED"]


def test_a_request_may_ask_to_be_cancelled(waiting):
    server = waiting()
    hang_up(server, "/sleep?cancel")
    assert outcome(server) == ["OSError ECANCELED"]


def test_a_cancelled_request_can_clean_up(waiting):
    server = waiting("--cancel-on-disconnect", "on")
    hang_up(server, "/cleaning-up")
    assert outcome(server) == ["cleaned up, cancelled: True"]


def test_requests_outlive_their_clients_by_default(waiting):
    server = waiting()
    hang_up(server, "/child")
    eventually(lambda: server.get("/log").body.count(b"done") == 2, "the end of the child")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/scope-results", b"45 True"),
        ("/scope-fails", b"KeyError, OSError ECANCELED, True"),
        ("/scope-deadline", b"TimeoutError ETIMEDOUT, True"),
        ("/scope-left", b"the scope has been left"),
        ("/threads", b"fine, fine"),
    ],
)
def test_scopes(waiting, path, body):
    assert waiting().get(path).body == body


def test_a_switch_is_on_or_off(greenroom):
    done = greenroom("serve", "--cancel-on-disconnect", "maybe", "waiting:app")
    assert done.returncode == 2
    assert done.stderr == "greenroom: --cancel-on-disconnect must be on or off, not 'maybe'\n"
