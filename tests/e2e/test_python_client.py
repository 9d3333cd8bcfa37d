"""greenroom.http: on green threads of a server, and in plain Python, which is that of the tests."""

import gzip
import importlib
import json
import os
import select
import signal
import socket
import ssl
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType

import pytest
from conftest import Server, eventually

CROWD = 30


class Echo(BaseHTTPRequestHandler):
    """Tells as JSON what it is asked."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def answer(self):
        body = self.take_body()
        said = {"method": self.command, "path": self.path, "body": body.decode("latin-1")}
        text = gzip.compress(json.dumps(said | {"fields": dict(self.headers)}).encode())
        status = 302 if self.path.startswith("/moved") else 404 if self.path == "/none" else 200
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(text)))
        self.send_header("Location", "/moved/on" if self.path.startswith("/moved/") else "/here?x=y")
        if self.path == "/moved":
            self.send_header("Set-Cookie", "seen=1; Path=/")
        self.send_header("Twice", "a")
        self.send_header("Twice", "b")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(text)

    def take_body(self):
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", 0)))
        chunks = []
        while size := int(self.rfile.readline(), 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"|".join(chunks)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = do_OPTIONS = answer

    def log_message(self, *args):
        pass


@pytest.fixture
def echo() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Echo) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def http(build_dir: Path) -> ModuleType:
    folders = [str(build_dir), str(build_dir / "python")]
    sys.path[:0] = folders
    module = importlib.import_module("greenroom.http")
    for folder in folders:
        sys.path.remove(folder)
    return module


@pytest.fixture
def client(http, echo) -> Iterator:
    yield http.Client(base_url=echo)


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


@pytest.fixture
def silent(listener: socket.socket) -> str:
    """The URL of one who accepts, and says nothing."""
    return f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture(params=["http", "https"])
def tunnel(request, certificates) -> Iterator[str]:
    """A proxy that makes one tunnel, by its scheme."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.certificate, certificates.key)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        secure = context if request.param == "https" else None
        thread = threading.Thread(target=dig, args=(listener, secure))
        thread.start()
        yield f"{request.param}://127.0.0.1:{listener.getsockname()[1]}"
        thread.join()


def dig(listener: socket.socket, secure: ssl.SSLContext | None) -> None:
    near = listener.accept()[0]
    with secure.wrap_socket(near, server_side=True) if secure else near as near:
        host, port = near.recv(4096).split()[1].decode().split(":")
        with socket.create_connection((host, int(port))) as far:
            near.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
            while carry(near, far):
                pass


def carry(near: socket.socket, far: socket.socket) -> bool:
    """What one of them says, to the other. Nothing of it stays within TLS: it is read a record at a time."""
    for source in select.select([near, far], [], [], 10)[0]:
        data = source.recv(65536)
        if not data:
            return False
        (far if source is near else near).sendall(data)
    return True


# ---- in a server ----


def test_calls_of_green_threads_wait_together(serve, tls_upstream, certificates):
    env = {"URL": tls_upstream.url, "CA": str(certificates.ca)}
    server: Server = serve("--workers", "1", "python_client:app", env=env)
    with server.crowd(CROWD, f"/{CROWD + 1}") as answers:
        eventually(lambda: tls_upstream.waiting == CROWD, "all wait for the last one")
        assert server.kernel_tasks() < CROWD
        assert server.get(f"/{CROWD + 1}").text == "together"
    assert [answer.result().text for answer in answers] == ["together"] * CROWD
    assert server.get("/late").text.endswith("time has run out')")


# ---- in plain Python ----


def test_what_is_given_is_sent(client):
    said = client.get("/ä b", params={"n": [1, 2], "none": None, "u": "ü"}).json()
    assert (said["method"], said["path"]) == ("GET", "/%C3%A4%20b?n=1&n=2&u=%C3%BC")
    said = client.post("/", json={"a": [1]}, headers={"X": "y"}).json()
    assert (said["method"], said["body"]) == ("POST", '{"a":[1]}')
    assert (said["fields"]["Content-Type"], said["fields"]["X"]) == ("application/json", "y")
    said = client.put("/", data={"a": "b c"}).json()
    assert said["body"] == "a=b+c"
    assert said["fields"]["Content-Type"] == "application/x-www-form-urlencoded"
    said = client.delete("/", auth=("Aladdin", "open sesame")).json()
    assert said["fields"]["Authorization"] == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="


def test_files_are_sent_as_a_form(client, tmp_path):
    path = tmp_path / "notes.txt"
    path.write_bytes(b"some text")
    with path.open("rb") as file:
        said = client.post("/", data={"a": 1}, files={"f": file, 'g"': ("x", b"y", "z/z")}).json()
    kind, _, boundary = said["fields"]["Content-Type"].partition("; boundary=")
    assert kind == "multipart/form-data"
    parts = said["body"].split(f"--{boundary}")
    assert parts[0] == "" and parts[4] == "--\r\n"
    assert parts[1] == '\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'
    assert parts[2] == (
        '\r\nContent-Disposition: form-data; name="f"; filename="notes.txt"\r\n'
        "Content-Type: text/plain\r\n\r\nsome text\r\n"
    )
    assert 'name="g%22"; filename="x"\r\nContent-Type: z/z\r\n\r\ny\r\n' in parts[3]


def test_bodies_are_read_while_they_are_sent(http, client, tmp_path):
    said = client.patch("/", data=iter([b"one", b"", "two"])).json()
    assert said["body"] == "one|two" and "Content-Length" not in said["fields"]
    path = tmp_path / "large"
    path.write_bytes(b"x" * 300000)
    with path.open("rb") as file:
        file.seek(100000)
        said = client.put("/", data=file).json()
    assert len(said["body"]) == 200000 and said["fields"]["Content-Length"] == "200000"
    with path.open("rb") as file:
        said = client.post("/", files={"a": file, "b": "text"}).json()
    assert int(said["fields"]["Content-Length"]) == len(said["body"]) > 300000

    def break_off():
        yield b"some"
        raise LookupError("no more")

    with pytest.raises(LookupError, match="no more"):
        client.put("/", data=break_off())
    with pytest.raises(TypeError):
        client.put("/", data=[1.5])
    assert client.get("/").status_code == 200


def test_cookies_are_kept_and_sent(http, echo):
    assert "Cookie" not in http.Client(base_url=echo).get("/moved").json()["fields"]
    client = http.Client(base_url=echo, cookies={"own": "2"}, auth=("a", "b"))
    moved = client.post("/moved", data=b"x")
    assert moved.url == f"{echo}/here?x=y" and moved.json()["method"] == "GET"
    assert moved.json()["fields"]["Cookie"] == "own=2; seen=1"
    assert "Authorization" in moved.json()["fields"]
    assert sorted(cookie.name for cookie in client.cookies) == ["own", "seen"]
    elsewhere = client.get(echo.replace("127.0.0.1", "localhost") + "/a").json()["fields"]
    assert "Cookie" not in elsewhere
    with pytest.raises(ValueError, match="need a base_url"):
        http.Client(cookies={"a": "b"})
    with pytest.raises(http.TooManyRedirects, match="more than 1 redirects"):
        http.Client(cookies={}, redirects=1).get(f"{echo}/moved/again")


def test_an_answer_is_read_in_every_way(http, client, echo):
    answer = client.get("/a")
    assert (answer.status_code, answer.reason, answer.ok) == (200, "OK", True)
    assert answer.headers["content-TYPE"].startswith("application/json")
    assert answer.headers["twice"] == "a, b" and answer.headers.get_all("Twice") == ["a", "b"]
    assert answer.headers.get("absent") is None and "location" in list(answer.headers)
    assert json.loads(answer.text) == json.loads(answer.content) == answer.json()
    moved = client.get("/moved")
    assert (moved.status_code, moved.url) == (200, f"{echo}/here?x=y")
    assert client.head("/a").content == b""
    with client.get("/a", stream=True) as answer:
        assert b"".join(answer.iter_bytes(7)).startswith(b'{"method": "GET"')
    with client.get("/a", stream=True) as answer:
        pass
    with pytest.raises(RuntimeError, match="closed"):
        next(answer.iter_bytes())
    with pytest.raises(http.StatusError, match="404 Not Found for") as caught:
        client.get("/none").raise_for_status()
    assert caught.value.response.json()["path"] == "/none"


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("ftp://a/", "InvalidRequest"),
        ("http://127.0.0.1:1/", "ConnectError"),
        ("http://nobody.invalid/", "ConnectError"),
    ],
)
def test_what_goes_wrong_is_one_of_a_tree(http, url, error):
    with pytest.raises(getattr(http, error)) as caught:
        http.get(url)
    assert isinstance(caught.value, http.HTTPError)


def test_time_runs_out(http, silent):
    with pytest.raises(TimeoutError) as caught:
        http.get(silent, timeout=0.01)
    assert isinstance(caught.value, http.Timeout)
    with pytest.raises(http.Timeout):
        http.get(silent, total=0.01)
    with pytest.raises(ValueError, match="must be positive"):
        http.get(silent, timeout=0)


def test_a_signal_handler_that_raises_ends_a_wait(http, listener, silent):
    def interrupt(*args):
        raise KeyboardInterrupt

    def send_when_asked():
        with listener.accept()[0] as connection:
            connection.recv(1000)
            os.kill(os.getpid(), signal.SIGUSR1)
            done.wait(10)

    done = threading.Event()
    before = signal.signal(signal.SIGUSR1, interrupt)
    sender = threading.Thread(target=send_when_asked)
    sender.start()
    with pytest.raises(KeyboardInterrupt):
        http.get(silent, timeout=10)
    done.set()
    sender.join()
    signal.signal(signal.SIGUSR1, before)


def test_a_certificate_that_nobody_vouches_for_is_refused(http, tls_upstream, certificates):
    with pytest.raises(http.TLSError, match="is not accepted"):
        http.get(tls_upstream.url + "/1")
    assert http.Client(verify=str(certificates.ca)).get(tls_upstream.url + "/1").text == "together"
    assert http.Client(verify=False).get(tls_upstream.url + "/1").text == "together"
    with pytest.raises(ValueError, match="cannot use the certificates in /none"):
        http.Client(verify="/none")


def test_tls_goes_through_a_tunnel(http, tls_upstream, certificates, tunnel):
    client = http.Client(verify=str(certificates.ca), proxy=tunnel)
    assert client.get(tls_upstream.url + "/1").text == "together"
    del client  # and with it its connection, which is what the tunnel waits for


def test_the_environment_is_read_when_a_client_is_made(http, echo, monkeypatch):
    monkeypatch.setenv("http_proxy", echo)
    client = http.Client()
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    assert client.get("http://shop.invalid/a").json()["path"] == "http://shop.invalid/a"
    assert http.Client(proxy="").get(echo + "/a").json()["path"] == "/a"
    with pytest.raises(ValueError, match="cannot use the proxy ftp://x"):
        http.Client(proxy="ftp://x")
