"""A server for what a client can meet: answers of all kinds, and what is none."""

import gzip
import json
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

REFUSED_TWICE = 2  # times that /busy answers 503 first


class Upstream(BaseHTTPRequestHandler):
    """/echo tells what it is asked; the others are named by what they do."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    busy = ["", 0]  # what was asked for last, and how often

    def answer(self):
        self.sent = self.take_body()
        path = urlsplit(self.path).path.rpartition("/")
        name, argument = (path[2], "") if path[0] == "" else (path[0].strip("/"), path[2])
        getattr(self, "do_" + name, self.do_echo)(argument)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = do_OPTIONS = do_BREW = answer

    def take_body(self):
        if self.headers.get("Transfer-Encoding") == "chunked":
            pieces = []
            while size := int(self.rfile.readline(), 16):
                pieces.append(self.rfile.read(size).decode("latin-1"))
                self.rfile.readline()
            self.rfile.readline()
            return pieces
        return self.rfile.read(int(self.headers.get("Content-Length", 0))).decode("latin-1")

    def give(self, body, status=200, **fields):
        self.send_response(status)
        for name, value in fields.items():
            for one in value if isinstance(value, list) else [value]:
                self.send_header(name.replace("_", "-"), one)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def do_echo(self, argument):
        said = {"line": self.requestline, "fields": self.headers.items(), "body": self.sent}
        self.give(json.dumps(said).encode(), Content_Type="application/json", Twice=["a", "b"])

    def do_status(self, argument):
        self.give(b"as told", int(argument))

    def do_moved(self, argument):
        query = parse_qs(urlsplit(self.path).query)
        self.give(b"there", int(argument), Location=query["to"][0], Set_Cookie="seen=1; Path=/")

    def do_cookies(self, argument):
        self.give(b"", Set_Cookie=["a=1; Path=/", "b=2; Path=/echo", "old=; Max-Age=0"])

    def do_text(self, argument):
        self.give("grün\nblau\n\nrot".encode(argument), Content_Type=f"text/plain; charset={argument}")

    def do_coded(self, argument):
        body = gzip.compress(b"some text " * 3000, mtime=0)
        self.give(b"no gzip" if argument == "badly" else body, Content_Encoding="gzip")

    def do_large(self, argument):
        self.give(bytes(range(256)) * 4000)

    def do_chunks(self, argument):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for piece in (b"one\n", b"two\nthree", b"\n" + b"x" * 20000):
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        self.wfile.write(b"0\r\n\r\n" if argument != "cut" else b"5\r\nab")
        self.close_connection = argument == "cut"

    def do_short(self, argument):
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nnot all")
        self.close_connection = True

    def do_until_close(self, argument):
        self.wfile.write(b"HTTP/1.0 200 Fine\r\nX: y\r\n\r\nto the end")
        self.close_connection = True

    def do_garbage(self, argument):
        self.wfile.write(b"it is no HTTP\r\n\r\n")
        self.close_connection = True

    def do_hang_up(self, argument):
        self.close_connection = True

    def do_busy(self, argument):
        self.busy[:] = [argument, self.busy[1] + 1 if self.busy[0] == argument else 1]
        self.give(b"%d" % self.busy[1], 503 if self.busy[1] <= REFUSED_TWICE else 200)

    def do_silent(self, argument):
        if argument == "body":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nnot all")
        self.connection.recv(1)  # until the client gives up
        self.close_connection = True

    def do_peer(self, argument):
        self.give(b"%d" % self.client_address[1])

    def do_whoami(self, argument):
        self.give(repr((self.connection.getpeercert() or {}).get("subject")).encode())

    def do_basic(self, argument):
        self.give(b"who?", 401, WWW_Authenticate='Basic realm="shop"')

    def do_digest(self, argument):
        if said := self.headers.get("Authorization"):
            self.give(said.partition(" ")[0].encode())
        else:
            nonce = 'Digest realm="shop", nonce="abc", qop="auth", algorithm=MD5'
            self.give(b"who?", 401, WWW_Authenticate=nonce)

    def log_message(self, *args):
        pass


class Server(ThreadingHTTPServer):
    request_queue_size = 100

    def handle_error(self, request, client_address):
        """Clients that give up are what some tests are about."""


@contextmanager
def answering(context: ssl.SSLContext | None = None) -> Iterator[int]:
    """Its port."""
    with Server(("127.0.0.1", 0), Upstream) as server:
        if context:
            server.socket = context.wrap_socket(server.socket, server_side=True,
                                                do_handshake_on_connect=False)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()
