"""Blocking code in requests waits without holding up the worker."""

import json
import ssl
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


@pytest.fixture
def server(serve):
    return serve("--workers", "1", "wsgi_blocking:app")


def ask(server, path: str):
    response = server.get(path)
    assert response.status == 200, server.output()
    return json.loads(response.body)


def ask_at_once(server, count: int, path: str) -> tuple[list, float]:
    """The answers of count concurrent requests, and how long all of them took together."""
    with ThreadPoolExecutor(count) as clients:
        started = time.monotonic()
        answers = list(clients.map(lambda _: ask(server, path), range(count)))
        return answers, time.monotonic() - started


def test_requests_run_on_green_threads(server):
    assert ask(server, "/green") is True


def test_sleeping_requests_sleep_together(server):
    answers, seconds = ask_at_once(server, 100, "/sleep?seconds=0.2")
    assert answers == ["slept"] * 100
    assert seconds < 1


def test_a_computing_request_gives_way(server):
    """Not to be had by switching at blocking calls alone: it makes none."""
    with ThreadPoolExecutor(1) as clients:
        hog = clients.submit(ask, server, "/compute?seconds=1.5")
        started = time.monotonic()
        for _ in range(5):
            assert ask(server, "/green") is True
        assert time.monotonic() - started < 1
        assert hog.result() == "computed"


def test_threads_of_the_application_are_green(server):
    assert ask(server, "/thread") == [True]


def test_a_lock_is_held_across_a_wait(server):
    order = ask(server, "/lock")
    assert sorted([order[:2], order[2:]]) == [["a in", "a out"], ["b in", "b out"]]


def test_a_queue_passes_items_between_threads(server):
    assert ask(server, "/through_queue") == [0, 1, 2, 3, 4]


def test_waiting_for_a_queue_ends_in_time(server):
    assert ask(server, "/queue_timeout") == "empty"


def test_requests_meet_at_a_condition(server):
    answers, _ = ask_at_once(server, 20, "/meet?parties=20")
    assert answers == ["met"] * 20


def test_subprocesses_run_beside_each_other_and_are_not_preloaded(server):
    answers, seconds = ask_at_once(server, 5, "/process")
    assert answers == ["None"] * 5
    assert seconds < 5


@pytest.mark.parametrize("how, code", [("os._exit", 7), ("sys.exit", 7), ("return", 0)])
def test_a_fork_does_not_disturb_the_worker(server, how, code):
    for _ in range(3):
        assert ask(server, f"/fork?how={how}") == code
    assert ask(server, "/green") is True


def test_a_child_of_multiprocessing_ends_well(server):
    assert ask(server, "/multiprocess") == 0


def test_other_threads_may_read_wsgi_input_one_at_a_time(server):
    with server.connect() as connection:
        head = b"POST /borrowed_input HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\n"
        connection.sendall(head + b"on")
        assert ask(server, "/green") is True
        connection.sendall(b"e\nb\n")
        assert connection.recv(65536).endswith(b'["b\\n", "one\\n"]')


def test_a_request_is_not_over_before_the_thread_that_reads_its_body(server):
    with server.connect() as connection:
        head = b"POST /abandoned_input HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\n\r\n"
        connection.sendall(head + b"on")
        assert connection.recv(65536).endswith(b'"answered"')
        connection.sendall(b"e\n")
        server.wait_for_output(r"read b'one\\n'$")
        connection.sendall(b"restGET /green HTTP/1.1\r\nHost: a\r\n\r\n")
        assert connection.recv(65536).endswith(b"\r\n\r\ntrue")


def test_a_deadline_ends_a_wait(server):
    assert ask(server, "/deadline") is True


def test_sqlite_is_shared_by_requests(server, tmp_path):
    answers, _ = ask_at_once(server, 20, f"/sqlite?path={tmp_path / 'database'}")
    assert answers == [True] * 20


# --- TLS ---


class Greeting(BaseHTTPRequestHandler):
    def do_GET(self):
        time.sleep(0.1)
        self.send_response(200)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"hello")

    def log_message(self, *args):
        pass


class Upstream(ThreadingHTTPServer):
    request_queue_size = 128


@pytest.fixture
def certificate(tmp_path):
    """A self-signed one for 127.0.0.1: paths of certificate and key."""
    paths = tmp_path / "certificate.pem", tmp_path / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
         "-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1",
         "-out", paths[0], "-keyout", paths[1]],
        check=True, capture_output=True,
    )  # fmt: skip
    return paths


@pytest.fixture
def tls_upstream(certificate):
    """The address of an HTTPS server that answers "hello" after 100 ms."""
    upstream = Upstream(("127.0.0.1", 0), Greeting)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    upstream.socket = context.wrap_socket(
        upstream.socket, server_side=True, do_handshake_on_connect=False
    )
    thread = threading.Thread(target=upstream.serve_forever)
    thread.start()
    yield f"https://127.0.0.1:{upstream.server_port}/"
    upstream.shutdown()
    thread.join()
    upstream.server_close()


def test_requests_to_a_tls_server_wait_together(server, certificate, tls_upstream):
    path = f"/fetch?ca={certificate[0]}&url={tls_upstream}"
    answers, _ = ask_at_once(server, 10, path)
    assert answers == ["hello"] * 10
