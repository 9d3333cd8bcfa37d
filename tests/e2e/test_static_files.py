"""--static: files without the application, validators, ranges, variants, and no way out of the directory."""

import concurrent.futures
import os
import pathlib
import tempfile
import time

import pytest
from conftest import eventually
from http_wire import Wire, request

SCRIPT = b"console.log('hello');\n" * 20
EPOCH = 1_000_000_000  # Sun, 09 Sep 2001 01:46:40 GMT
DATE = "Sun, 09 Sep 2001 01:46:40 GMT"


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """What is served lies in files/public."""
    top = tmp_path_factory.mktemp("files")
    public = top / "public"
    (public / "sub").mkdir(parents=True)
    (public / ".well-known").mkdir()
    contents = {
        "app.js": SCRIPT, "app.js.br": b"as brotli", "app.js.gz": b"as gzip", "app.js.zst": b"as zstd",
        "stale.css": b"new", "stale.css.gz": b"old", "picture.png": b"\x89PNG", "picture.png.gz": b"no",
        "empty.txt": b"", "sub/page.html": b"<p>hello", "with space.txt": b"spaced", "noextension": b"bytes",
        ".env": b"SECRET=1", "sub/.git": b"secret", ".well-known/security.txt": b"mail us", "UPPER.TXT": b"upper",
        "unreadable.txt": b"secret",
    }
    for name, content in contents.items():
        (public / name).write_bytes(content)
        os.utime(public / name, (EPOCH, EPOCH))
    os.utime(public / "stale.css.gz", (EPOCH - 1, EPOCH - 1))
    (public / "large.bin").write_bytes(os.urandom(1 << 20) * 24)
    (top / "secret.txt").write_text("secret")
    (public / "outside.txt").symlink_to("../secret.txt")
    (public / "absolute.txt").symlink_to(top / "secret.txt")
    (public / "inside.txt").symlink_to("sub/page.html")
    (public / "up").symlink_to("..")
    os.mkfifo(public / "fifo")
    return public


@pytest.fixture
def server(serve, c_app, files):
    return serve("--workers", "1", "--access-log", "off", "--static", f"/assets={files}", c_app("answers"))


def test_a_file_is_served_with_its_type_and_validators(wire):
    answer = wire.ask("/assets/sub/page.html")
    assert (answer.status, answer.body) == (200, b"<p>hello")
    assert answer.fields["content-type"] == "text/html; charset=utf-8"
    assert answer.fields["content-length"] == "8"
    assert answer.fields["last-modified"] == DATE
    assert answer.fields["accept-ranges"] == "bytes"
    assert answer.fields["etag"].startswith('"')


@pytest.mark.parametrize(("name", "kind"), [
    ("app.js", "text/javascript; charset=utf-8"), ("picture.png", "image/png"), ("UPPER.TXT", "text/plain; charset=utf-8"),
    ("noextension", "application/octet-stream"), ("with%20space.txt", "text/plain; charset=utf-8"),
    ("inside.txt", "text/plain; charset=utf-8"), (".well-known/security.txt", "text/plain; charset=utf-8"),
])
def test_types_go_by_the_name(wire, name, kind):
    answer = wire.ask(f"/assets/{name}")
    assert (answer.status, answer.fields["content-type"]) == (200, kind)


def test_an_empty_file_is_an_empty_answer(wire):
    answer = wire.ask("/assets/empty.txt")
    assert (answer.status, answer.fields["content-length"], answer.body) == (200, "0", b"")
    assert wire.ask("/").text == "hello\n"


def test_head_is_answered_without_the_body(wire):
    answer = wire.ask("/assets/app.js", method="HEAD")
    assert (answer.status, answer.fields["content-length"], answer.body) == (200, str(len(SCRIPT)), b"")
    assert wire.ask("/assets/app.js").body == SCRIPT


# The application answers 404 for what it does not know.
@pytest.mark.parametrize("target", [
    "/assets/outside.txt", "/assets/absolute.txt", "/assets/up/secret.txt", "/assets/../secret.txt",
    "/assets/..%2fsecret.txt", "/assets/%2e%2e/secret.txt", "/assets/sub/../../secret.txt", "/assets//etc/passwd",
    "/assets/%2fetc/passwd", "/assets/./app.js", "/assets/sub/../app.js", "/assets/.env", "/assets/sub/.git",
    "/assets/sub", "/assets/sub/", "/assets/", "/assets", "/assetsapp.js", "/assets/fifo", "/assets/missing.txt",
    "/assets/app.js/", "/assets/app.js/x", "/assets/.well-known/../.env", "/assets/.well-known", "/Assets/app.js",
    "/assets/" + "a" * 300, "/assets/" + "a/" * 2000,
])
def test_what_is_no_servable_file_is_the_applications(wire, target):
    answer = wire.ask(target)
    assert answer.status == 404
    assert b"secret" not in answer.body.lower()


def test_other_methods_are_the_applications(wire):
    assert wire.ask("/assets/app.js", method="POST").status == 404
    assert wire.ask("/assets/app.js", method="DELETE").status == 404


def test_the_application_answers_everything_else(wire):
    assert wire.ask("/").text == "hello\n"


def test_a_client_that_has_the_file_gets_304(wire):
    tag = wire.ask("/assets/app.js").fields["etag"]
    for field in (f"If-None-Match: {tag}", f"If-None-Match: W/{tag}", "If-None-Match: *", f"If-Modified-Since: {DATE}"):
        answer = wire.ask("/assets/app.js", field)
        assert (answer.status, answer.body) == (304, b"")
        assert answer.fields["etag"] == tag
        assert answer.fields["vary"] == "Accept-Encoding"
    assert wire.ask("/assets/app.js", 'If-None-Match: "other"', f"If-Modified-Since: {DATE}").status == 200


def test_a_file_that_changes_gets_another_tag(wire, files):
    changing = files / "changing.txt"
    changing.write_text("one")
    os.utime(changing, (EPOCH, EPOCH))
    before = wire.ask("/assets/changing.txt").fields["etag"]
    changing.write_text("two")
    os.utime(changing, ns=(EPOCH * 10**9, EPOCH * 10**9 + 1))
    after = wire.ask("/assets/changing.txt", f"If-None-Match: {before}")
    assert (after.status, after.text) == (200, "two")
    assert after.fields["etag"] != before


def test_a_condition_that_fails_is_412(wire):
    assert wire.ask("/assets/app.js", 'If-Match: "other"').status == 412


@pytest.mark.parametrize(("asked", "first", "last"), [("0-0", 0, 0), ("5-9", 5, 9), ("5-", 5, len(SCRIPT) - 1),
                                                       ("-7", len(SCRIPT) - 7, len(SCRIPT) - 1), ("0-99999", 0, len(SCRIPT) - 1)])
def test_a_range_is_cut_out(wire, asked, first, last):
    answer = wire.ask("/assets/app.js", f"Range: bytes={asked}")
    assert (answer.status, answer.body) == (206, SCRIPT[first:last + 1])
    assert answer.fields["content-range"] == f"bytes {first}-{last}/{len(SCRIPT)}"


def test_a_range_behind_the_end_is_416(wire):
    answer = wire.ask("/assets/app.js", "Range: bytes=100000-")
    assert (answer.status, answer.fields["content-range"]) == (416, f"bytes */{len(SCRIPT)}")


def test_several_ranges_get_the_whole(wire):
    assert wire.ask("/assets/app.js", "Range: bytes=0-1,4-5").body == SCRIPT


def test_a_range_of_an_older_version_gets_the_whole(wire):
    tag = wire.ask("/assets/app.js").fields["etag"]
    assert wire.ask("/assets/app.js", "Range: bytes=0-1", f"If-Range: {tag}").status == 206
    assert wire.ask("/assets/app.js", "Range: bytes=0-1", 'If-Range: "old"').body == SCRIPT


@pytest.mark.parametrize(("accepted", "coding", "body"), [
    ("gzip, deflate, br, zstd", "br", b"as brotli"), ("gzip", "gzip", b"as gzip"), ("zstd, gzip", "zstd", b"as zstd"),
    ("br;q=0.1, gzip;q=0.9", "gzip", b"as gzip"), ("*", "br", b"as brotli"), ("br;q=0, *;q=0.5", "zstd", b"as zstd"),
    ("identity", None, SCRIPT), ("deflate", None, SCRIPT), ("gzip;q=0", None, SCRIPT),
])
def test_the_variant_that_the_client_wants_most_is_served(wire, accepted, coding, body):
    answer = wire.ask("/assets/app.js", f"Accept-Encoding: {accepted}")
    assert (answer.status, answer.body, answer.fields.get("content-encoding")) == (200, body, coding)
    assert answer.fields["content-type"] == "text/javascript; charset=utf-8"
    assert answer.fields["vary"] == "Accept-Encoding"


def test_variants_have_tags_of_their_own(wire):
    tags = {wire.ask("/assets/app.js", f"Accept-Encoding: {coding}").fields["etag"] for coding in ("br", "gzip", "zstd", "")}
    assert len(tags) == 4


def test_the_longest_tag_there_can_be_is_whole(serve, c_app):
    with tempfile.TemporaryDirectory(dir="/dev/shm") as memory:  # takes files of any length
        for name in ("long.css", "long.css.zst"):
            (pathlib.Path(memory) / name).touch()
            os.truncate(f"{memory}/{name}", 7 << 60)
            os.utime(f"{memory}/{name}", ns=(-1, -1))
        server = serve("--workers", "1", "--static", f"/long={memory}", c_app("answers"))
        with Wire(server.port) as wire:
            answer = wire.ask("/long/long.css", "Accept-Encoding: zstd", method="HEAD")
    assert answer.fields["etag"] == '"ffffffffffffffff.3b9ac9ff-7000000000000000-zstd"'


def test_a_variant_that_is_older_than_its_file_is_left_alone(wire):
    assert wire.ask("/assets/stale.css", "Accept-Encoding: gzip").body == b"new"


def test_what_is_compressed_already_has_no_variants(wire):
    answer = wire.ask("/assets/picture.png", "Accept-Encoding: gzip")
    assert answer.body == b"\x89PNG"
    assert "vary" not in answer.fields


def test_a_file_that_may_not_be_read_is_403(serve, c_app, files):
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    (files / "unreadable.txt").chmod(0)
    server = serve("--workers", "1", "--static", f"/assets={files}", c_app("answers"))
    with Wire(server.port) as wire:
        assert wire.ask("/assets/unreadable.txt").status == 403


def test_a_large_file_arrives_whole(wire, files):
    assert wire.ask("/assets/large.bin").body == (files / "large.bin").read_bytes()


def descriptors(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))


def test_clients_that_leave_in_the_middle_leave_nothing_behind(server, wire):
    [worker] = server.worker_pids()
    wire.ask("/")
    before = descriptors(worker)
    for _ in range(20):
        with Wire(server.port) as other:
            other.send(request("/assets/large.bin"))
            other.take_through(b"\r\n\r\n")
    eventually(lambda: descriptors(worker) == before, "all descriptors closed")


def test_slow_downloads_do_not_hold_up_the_others(server, wire):
    """They take nothing after the head: each has filled its socket's buffer and waits."""
    slow = [Wire(server.port) for _ in range(50)]
    try:
        for one in slow:
            one.send(request("/assets/large.bin"))
        for one in slow:
            one.take_through(b"\r\n\r\n")
        began = time.monotonic()
        for _ in range(100):
            assert wire.ask("/").text == "hello\n"
        assert time.monotonic() - began < 5
    finally:
        for one in slow:
            one.stream.close()


def test_many_at_once_each_get_theirs(server, files):
    names = ["app.js", "sub/page.html", "picture.png", "noextension"] * 25

    def fetch(name: str) -> bool:
        with Wire(server.port) as wire:
            return wire.ask(f"/assets/{name}").body == (files / name).read_bytes()

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        assert all(pool.map(fetch, names))


def test_several_directories_are_looked_through_in_order(serve, files, tmp_path):
    (tmp_path / "app.js").write_text("over")
    (tmp_path / "robots.txt").write_text("none")
    server = serve("--workers", "1", "--static", f"/={tmp_path}", "--static", f"/assets/={files}", "wsgi_environ:app")
    with Wire(server.port) as wire:
        assert wire.ask("/app.js").text == "over"
        assert wire.ask("/robots.txt").text == "none"
        assert wire.ask("/assets/app.js").body == SCRIPT
        assert wire.ask("/other").status == 200


@pytest.mark.parametrize(("value", "sentence"), [
    ("assets=/tmp", "must be PREFIX=DIR"), ("/assets", "must be PREFIX=DIR"), ("/assets=", "must be PREFIX=DIR"),
    ("/assets=/does/not/exist", "No such file or directory"), ("/assets=/etc/passwd", "is not a directory"),
])
def test_a_directory_that_cannot_be_served_is_refused_at_the_start(greenroom, value, sentence):
    done = greenroom("serve", "--static", value, "app:app")
    assert done.returncode == 2
    assert "--static" in done.stderr and sentence in done.stderr
