"""One way to answer for each path, right and wrong ones."""

import io
import os
import sys
import tempfile

PLAIN = [("Content-Type", "text/plain")]
BIG = b"0123456789abcdef" * 65536


class Closing:
    """An iterable that tells the log of its close()."""

    def __init__(self, pieces):
        self.pieces = iter(pieces)

    def __iter__(self):
        return self

    def __next__(self):
        return next(self.pieces)

    def close(self):
        print("closed", file=sys.stderr)


class Sized:
    """One piece, and says so."""

    def __len__(self):
        return 1

    def __iter__(self):
        yield b"only one"


def one(environ, start_response):
    start_response("200 OK", PLAIN)
    return [b"one piece"]


def several(environ, start_response):
    start_response("200 OK", PLAIN)
    return [b"several ", b"", b"pieces"]


def big_list(environ, start_response):
    start_response("200 OK", PLAIN)
    return (BIG, BIG)


def none(environ, start_response):
    start_response("200 OK", PLAIN)
    return []


def generator(environ, start_response):
    start_response("200 OK", PLAIN)
    yield b""
    yield b"first "
    yield b""
    yield b"second"


def sized(environ, start_response):
    start_response("200 OK", PLAIN)
    return Sized()


def lazy_start(environ, start_response):
    """Calls start_response only when the iterator is asked for something."""
    yield b""
    start_response("202 Accepted", PLAIN)
    yield b"late"


def declared(environ, start_response):
    start_response("200 OK", [*PLAIN, ("Content-Length", "8")])
    yield b"declared"


def reason(environ, start_response):
    start_response("299 Whatever you like", PLAIN)
    return [b""]


def latin1(environ, start_response):
    start_response("200 OK", [("X-Name", "Bj\xf6rn")])
    return [b""]


def nothing(environ, start_response):
    start_response("200 OK", [])
    return []


def no_content(environ, start_response):
    start_response("204 No Content", [])
    return []


def cookies(environ, start_response):
    start_response("200 OK", [("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")])
    return [b""]


def writer(environ, start_response):
    write = start_response("200 OK", PLAIN)
    write(b"written, ")
    write(b"")
    return [b"returned"]


def closing(environ, start_response):
    start_response("200 OK", PLAIN)
    return Closing([b"a", b"b"])


def closing_after_error(environ, start_response):
    start_response("200 OK", PLAIN)
    return Closing(1 / 0 for _ in "x")


def replaced(environ, start_response):
    """Thinks again before the head is out."""
    start_response("200 OK", [("X-First", "yes")])
    try:
        raise KeyError("lost")
    except KeyError:
        start_response("503 Later", [("X-Second", "yes")], sys.exc_info())
    return [b"replaced"]


def too_late(environ, start_response):
    """Thinks again when the head is out."""
    start_response("200 OK", PLAIN)
    yield b"begun"
    try:
        raise KeyError("too late")
    except KeyError:
        start_response("500 Oops", PLAIN, exc_info=sys.exc_info())
    yield b"never sent"


def twice(environ, start_response):
    start_response("200 OK", PLAIN)
    start_response("200 OK", PLAIN)
    return [b""]


def silent(environ, start_response):
    return [b"no start_response"]


def returns_none(environ, start_response):
    start_response("200 OK", PLAIN)


def returns_text(environ, start_response):
    start_response("200 OK", PLAIN)
    return ["text"]


def yields_text(environ, start_response):
    start_response("200 OK", PLAIN)
    yield "text"


def raises(environ, start_response):
    raise ZeroDivisionError("on purpose")


def raises_exit(environ, start_response):
    sys.exit(3)


def raises_in_stream(environ, start_response):
    start_response("200 OK", PLAIN)
    yield b"begun"
    raise ZeroDivisionError("half way")


def too_long(environ, start_response):
    start_response("200 OK", [("Content-Length", "3")])
    return [b"four"]


def too_short(environ, start_response):
    start_response("200 OK", [("Content-Length", "10")])
    yield b"short"


def too_short_written(environ, start_response):
    start_response("200 OK", [("Content-Length", "10")])(b"short")
    return []


def too_short_file(environ, start_response):
    handle = tempfile.TemporaryFile()
    handle.write(b"short")
    handle.seek(0)
    return stream_of(environ, start_response, handle, 10)


def with_status(status):
    def answer(environ, start_response):
        start_response(status, PLAIN)
        return [b"accepted"]

    return answer


def with_headers(headers):
    def answer(environ, start_response):
        start_response("200 OK", headers)
        return [b"accepted"]

    return answer


def stream_of(environ, start_response, file, length=None):
    start_response("200 OK", PLAIN if length is None else [("Content-Length", str(length))])
    return environ["wsgi.file_wrapper"](file, 1000)


def file(environ, start_response):
    """A regular file from its position on: the kernel sends it."""
    handle = tempfile.TemporaryFile()
    handle.write(b"skipped" + BIG)
    handle.flush()
    handle.seek(len("skipped"))
    return stream_of(environ, start_response, handle)


def file_part(environ, start_response):
    handle = tempfile.TemporaryFile()
    handle.write(b"0123456789")
    handle.seek(0)
    return stream_of(environ, start_response, handle, 4)


def file_in_memory(environ, start_response):
    return stream_of(environ, start_response, io.BytesIO(b"from memory" * 1000))


def file_of_gzip(environ, start_response):
    """Has a fileno(), whose bytes are not those that read() gives."""
    import gzip

    path = tempfile.mktemp()
    with gzip.open(path, "wb") as handle:
        handle.write(b"unpacked" * 1000)
    handle = gzip.open(path, "rb")
    os.unlink(path)
    return stream_of(environ, start_response, handle)


def file_subclassed(environ, start_response):
    """Reads other bytes than those of its descriptor, although it is a FileIO."""

    class Shouting(io.FileIO):
        def read(self, size=-1):
            return super().read(size).upper()

        def readinto(self, buffer):
            size = super().readinto(buffer)
            buffer[:size] = bytes(buffer[:size]).upper()
            return size

    path = tempfile.mktemp()
    with open(path, "wb") as handle:
        handle.write(b"quiet")
    handle = Shouting(path)
    os.unlink(path)
    if environ["QUERY_STRING"] == "buffered":
        handle = io.BufferedReader(handle)
    return stream_of(environ, start_response, handle)


def file_with_raw(environ, start_response):
    """Has a FileIO as its raw, as buffers have, but is none."""

    class Wrapper:
        def __init__(self):
            self.raw = io.FileIO(os.open(__file__, os.O_RDONLY))
            self.tell = self.raw.tell
            self.close = self.raw.close
            self.pieces = iter([b"not the file", b""])

        def read(self, size):
            return next(self.pieces)

    return stream_of(environ, start_response, Wrapper())


def file_closing(environ, start_response):
    class Loud(io.BytesIO):
        def close(self):
            print("file closed", file=sys.stderr)

    return stream_of(environ, start_response, Loud(b"loud"))


def kept(environ, start_response):
    """Keeps what belongs to the request before this one, and uses it."""
    before, kept.callable = kept.callable, start_response
    start_response("200 OK", PLAIN)
    if before is None:
        return [b"kept"]
    try:
        before("200 OK", PLAIN)
    except RuntimeError as error:
        return [str(error).encode()]
    return [b"no error"]


kept.callable = None

ROUTES = {
    f"/{function.__name__}": function
    for function in [
        one, several, big_list, none, generator, sized, lazy_start, declared, reason, latin1,
        nothing, no_content, cookies, writer, closing, closing_after_error, replaced, too_late, twice,
        silent, returns_none, returns_text, yields_text, raises, raises_exit, raises_in_stream,
        too_long, too_short, too_short_written, too_short_file, file, file_part, file_in_memory,
        file_of_gzip, file_subclassed, file_with_raw, file_closing, kept,
    ]
} | {
    "/status/bytes": with_status(b"200 OK"),
    "/status/number": with_status(200),
    "/status/no-reason": with_status("200"),
    "/status/interim": with_status("100 Continue"),
    "/status/control": with_status("200 OK\r\nX-Injected: yes"),
    "/status/not-latin1": with_status("200 \u20ac"),
    "/headers/tuple": with_headers((("X-A", "b"),)),
    "/headers/triple": with_headers([("X-A", "b", "c")]),
    "/headers/list-item": with_headers([["X-A", "b"]]),
    "/headers/number": with_headers([("X-A", 1)]),
    "/headers/bytes": with_headers([(b"X-A", b"b")]),
    "/headers/name": with_headers([("X A", "b")]),
    "/headers/empty-name": with_headers([("", "b")]),
    "/headers/control": with_headers([("X-A", "b\r\nX-Injected: yes")]),
    "/headers/not-latin1": with_headers([("X-A", "\u20ac")]),
    "/headers/hop-by-hop": with_headers([("Upgrade", "h2c")]),
    "/headers/connection": with_headers(
        [("Connection", "close"), ("keep-alive", "timeout=5"), ("X-Kept", "yes")]
    ),
    "/headers/transfer-encoding": with_headers([("Transfer-Encoding", "chunked")]),
    "/headers/bad-length": with_headers([("Content-Length", "many")]),
}  # fmt: skip


def app(environ, start_response):
    return ROUTES[environ["PATH_INFO"]](environ, start_response)
