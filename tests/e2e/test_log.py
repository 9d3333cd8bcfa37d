"""The one log: what server, application and its libraries say comes out as one stream."""

import json
import os
import re
import select
import signal
import threading
import time
from datetime import datetime

import pytest
from conftest import eventually
from http_wire import Wire, request

JSON = ("--log-format", "json")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")


@pytest.fixture
def logs(serve):
    """A worker of apps/logs.py: logs("--log-format", "json", ...)."""
    return lambda *options, **more: serve("--workers", "1", *options, "logs:app", **more)


def records(text: str) -> list[dict]:
    lines = text.rpartition("\n")[0].splitlines()  # the last one may be on its way
    return [json.loads(line) for line in lines if line.startswith("{")]


def said(server, path: str, count: int = 1) -> tuple[str, list[dict]]:
    """Asks for path; its id, and the first count records with that id that are not of the access log."""
    found = json.loads(server.get(path).body)["id"]

    def of_request():
        mine = [one for one in records(server.output())
                if one.get("request_id") == found and one["logger"] != "access"]
        return mine[:count] if len(mine) >= count else None

    return found, eventually(of_request, f"{count} records of {path}")


def test_records_have_all_that_a_line_has_and_fields_of_their_own(logs):
    server = logs(*JSON)
    found, [record] = said(server, "/log?a%22b")
    assert TIME.fullmatch(record.pop("time"))
    assert record == {"level": "warning", "logger": "shop.cart", "worker": 0,
                      "pid": server.worker_pids()[0], "request_id": found,
                      "message": 'stock is a"b', "user": 3, "time_": "now", "odd": "{1}"}
    [access] = eventually(
        lambda: [one for one in records(server.output()) if one["logger"] == "access"], "access")
    assert access["bytes"] > 10 and access["duration_us"] > 0
    assert access.items() >= {
        "level": "info", "request_id": found, "message": "request", "peer": "127.0.0.1",
        "method": "GET", "target": "/log?a%22b", "status": 200, "version": "1.1"}.items()


def test_text_is_one_line_for_each_record(logs):
    server = logs()
    found = json.loads(server.get("/log?low").body)["id"]
    time_of_day = r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} \[worker 0\] "
    server.wait_for_output(time_of_day + rf"warning shop\.cart {found}: stock is low$")
    server.wait_for_output(
        time_of_day + rf'info access {found}: 127\.0\.0\.1 "GET /log\?low HTTP/1\.1" 200 \d+ \d+$')


def test_what_is_said_while_the_application_is_loaded_is_in_the_log(logs):
    server = logs(*JSON)
    server.wait_for_output("py.warnings")
    found = {one["logger"]: one["message"] for one in records(server.output())}
    assert found["stdout"] == "said while it was loaded"
    assert found["shop.cart"] == "logged while it was loaded"
    assert "UserWarning: warned while it was loaded" in found["py.warnings"]


def test_print_is_a_record_of_the_stream(logs):
    _, found = said(logs(*JSON), "/print?hello", 3)
    assert [(one["logger"], one["level"], one["message"]) for one in found] == [
        ("stdout", "info", "hello"), ("stdout", "info", "one, two"),
        ("stderr", "warning", "first\nsecond")]


def test_a_stream_that_the_application_replaces_stays_open(logs):
    server = logs(*JSON)
    assert server.get("/wrap?wrapped").status == 200
    assert server.get("/print?hello").status == 200
    server.wait_for_output('"stdout".*"message":"hello"')


def test_an_application_without_stdout_has_children_that_end_well(logs):
    server = logs()
    server.get("/nowhere?last")
    server.wait_for_output("warning stderr: last$")
    server.wait_for_output("the child exited with 0$")


def test_a_record_of_no_time_is_of_now(logs):
    server = logs(*JSON)
    for time_of_it in ("nan", "1e300", "-5"):
        _, [record] = said(server, "/made?" + time_of_it)
        assert TIME.fullmatch(record["time"]) and abs(
            datetime.fromisoformat(record["time"]).timestamp() - time.time()) < 60


def test_a_long_line_is_one_record(logs):
    _, [line, after] = said(logs(*JSON), "/long?9000", 2)
    assert (line["message"], after["message"]) == ("x" * 9000, "after")


def test_lines_come_out_in_the_order_in_which_they_were_put(logs):
    _, found = said(logs(*JSON), "/order", 150)
    assert [one["message"] for one in found] == [
        f"{number} {letter}" for number in range(50) for letter in "abc"]


def test_an_exception_is_one_record_whoever_catches_it(logs):
    server = logs(*JSON)
    for path in ("exception", "raise", "thread", "unraisable"):
        server.get(f"/{path}?odd")

    def failures():
        found = [one for one in records(server.output()) if "exception" in one]
        return found if len(found) >= 4 else None

    found = eventually(failures, "four exceptions")
    assert [(one["logger"], one["message"].partition(": ")[0]) for one in found] == [
        ("shop.cart", "it failed"), ("greenroom", "GET /raise?odd failed"),
        ("python", "uncaught exception in thread lorry"), ("python", "exception ignored in")]
    for one in found:
        assert one["exception"].startswith("Traceback (most recent call last):\n")
        assert one["exception"].endswith("\nValueError: odd")


def test_a_warning_is_a_record(logs):
    _, [record] = said(logs(*JSON, env={"PYTHONWARNINGS": "always"}), "/warn?old")
    assert (record["logger"], record["level"]) == ("py.warnings", "warning")
    assert "DeprecationWarning: old" in record["message"]


def test_a_c_library_and_children_are_heard(logs):
    server = logs(*JSON)
    server.get("/raw?from_C")
    server.get("/child?from_child")

    def heard():
        found = [(one["logger"], one["message"]) for one in records(server.output())]
        return {("stderr", "from_C"), ("stdout", "from_child"), ("stderr", "from_child")} <= set(found)

    eventually(heard, "all that they said")


def test_a_child_that_was_forked_logs_as_itself(logs):
    server = logs()
    server.get("/fork?hello")
    server.wait_for_output(r"warning shop\.cart: child \d+ says hello$")


def test_a_child_leaves_the_line_that_its_parent_has_begun_to_it(logs):
    server = logs()
    server.get("/begun?this")
    server.wait_for_output(r"info stdout \S+: this is told once$")
    assert not server.find_all("info stdout.*: this$")


def test_nothing_is_lost_when_a_worker_leaves_by_the_window(logs):
    server = logs(*JSON)
    with Wire(server.port) as wire:
        wire.send(request("/exit?bye"))
        server.wait_for_output('"message":"bye"')
    server.wait_for_output("exited with code 3")


def test_the_last_words_of_a_crash_are_heard(logs):
    server = logs(env={"PYTHONFAULTHANDLER": "1"})
    with Wire(server.port) as wire:
        wire.send(request("/abort"))
        server.wait_for_output(r"\[worker 0\] warning stderr: last words, Fatal Python error: Aborted$")
        server.wait_for_output(r"stderr:   File .*logs\.py.* in do_abort$")
        server.wait_for_output("died by SIGABRT")


def test_children_that_outlive_the_worker_are_heard(logs):
    server = logs()
    (worker,) = server.worker_pids()
    server.get("/child?heard")
    os.kill(worker, signal.SIGKILL)
    server.wait_for_output("stdout: late heard$")


# --- Levels ---


def test_levels_are_those_of_loggers(logs):
    server = logs("--log-level", "error,shop=debug,greenroom=info")
    server.get("/debug?one")
    server.get("/raise?two")
    server.wait_for_output("debug shop.cart .*: one$")
    server.wait_for_output("error greenroom .*: GET /raise")
    assert "quiet.deep" not in server.output()
    assert "py.warnings" not in server.output()


def test_levels_are_set_while_the_server_runs_and_hold_for_new_workers(logs, greenroom, tmp_path):
    control = str(tmp_path / "control.sock")

    def tell(*words):
        done = greenroom("log-level", "--control", control, *words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    server = logs("--control", control, "--log-level", "warning")
    (worker,) = server.worker_pids()
    server.get("/debug?early")
    assert tell() == "warning\n"
    assert tell("shop=debug,quiet=error") == ""
    assert tell() == "warning,shop=debug,quiet=error\n"
    assert tell("quiet=info,shop=debug") == ""

    def is_heard():
        server.get("/debug?heard")
        return "debug shop.cart" in server.output()

    eventually(is_heard, "a record of the level")
    assert ": early" not in server.output()
    os.kill(worker, signal.SIGKILL)
    eventually(lambda: worker not in server.worker_pids() and server.worker_pids(), "a new worker")
    server.get("/debug?of_the_next")
    server.wait_for_output(r"debug shop\.cart \S+: of_the_next$")
    server.wait_for_output(r"info quiet\.deep \S+: of_the_next$")
    refused = greenroom("log-level", "--control", control, "shop=loud")
    assert refused.returncode == 2
    assert refused.stderr.startswith("greenroom: 'shop=loud' must have a level, which is debug")


def test_nothing_is_formatted_for_a_level_that_is_off(serve, tmp_path):
    (tmp_path / "costly.py").write_text(
        "import logging\n"
        "class Costly:\n"
        "    def __str__(self): raise SystemExit\n"
        "def app(environ, start_response):\n"
        "    logging.getLogger('a').info('%s', Costly())\n"
        "    start_response('200 OK', [])\n"
        "    return [b'ok']\n")
    server = serve("--workers", "1", "--log-level", "warning", "costly:app", cwd=tmp_path)
    assert server.get("/").text == "ok"


# --- The application's own logging ---


def test_handlers_of_the_application_keep_level_and_filters(logs):
    server = logs()
    server.get("/configure?late")
    server.wait_for_output(r"info access .*/configure")
    assert re.findall(r"error own \S+: (told .*)$", server.output(), re.M) == [
        "told by late", "told again by late", "told once by late"]
    for unwanted in ("below its level", "secret", "MINE"):
        assert unwanted not in server.output()


def test_flask_is_taken_over_and_its_file_is_not(serve, tmp_path):
    own = tmp_path / "own.log"
    server = serve("--workers", "1", "logs_flask:app", env={"FLASK_LOG": str(own)})
    assert server.get("/hello").text == "hello"
    assert server.get("/fail").status == 500
    server.wait_for_output(r"warning logs_flask \S+: warning of Flask$")
    server.wait_for_output(r"warning stderr \S+: to wsgi.errors$")
    server.wait_for_output(r"^    RuntimeError: Flask failed$")
    assert "info of Flask" not in server.output()
    assert server.output().count("warning of Flask") == 1
    assert server.output().count("RuntimeError: Flask failed") == 1
    assert "OWN" not in server.output()
    assert "OWN INFO info of Flask\n" in own.read_text()


def test_django_is_heard_without_debug(serve):
    server = serve("--workers", "1", *JSON, "logs_django:app")
    assert server.get("/hello").text == "hello"
    assert server.get("/fail").status == 500

    def found(logger):
        return [one for one in records(server.output()) if one["logger"] == logger]

    (failed,) = eventually(lambda: found("django.request"), "the error")
    assert failed["exception"].endswith("RuntimeError: Django failed")
    assert failed["status_code"] == 500
    assert [one["message"] for one in found("shop")] == ["a view says hello"]


def test_all_is_given_back_with_one_option(logs):
    server = logs("--log-capture", "off")
    server.get("/print?printed")
    server.get("/log?low")
    server.get("/configure?me")
    server.wait_for_output("^printed$")
    server.wait_for_output("^stock is low$")  # by Python's handler of last resort
    server.wait_for_output("^MINE told by me$")


# --- Injection ---


def test_a_request_cannot_write_to_a_terminal_or_fake_a_line(logs):
    server = logs()
    evil = "%1b[2Jx%0a2026-11-22 00:00:00.000 [master] error greenroom: faked%e2%80%ae%c2%9b"
    server.get("/log?" + evil.replace(" ", "%20"))
    with Wire(server.port) as wire:
        wire.send(b"GET /print?%1b[31mred HTTP/1.1\r\nHost: a\r\nX: \x1b[2J\r\n\r\n")
        wire.rest()
    server.wait_for_output(r"stock is \\x1b\[2Jx$")
    server.wait_for_output(r"^    2026-11-22 .* faked\\xe2\\x80\\xae\\xc2\\x9b$")
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", server.output())


# --- Where it goes ---


def test_the_log_may_be_a_file_that_is_renamed(logs, tmp_path):
    log = tmp_path / "app.log"
    server = logs("--log", str(log))
    server.get("/log?before")
    eventually(lambda: "stock is before" in log.read_text(), "a line")
    log.rename(tmp_path / "app.log.1")

    def is_followed():
        server.get("/log?after")
        return log.exists() and "stock is after" in log.read_text()

    eventually(is_followed, "a new file")
    assert "stock" not in server.output()


def test_an_access_log_that_goes_where_the_log_goes_is_part_of_it(logs):
    server = logs("--access-log", "-")
    server.get("/log?low")
    server.wait_for_output(r"info access \S+: 127")


def test_handlers_on_os_threads_have_the_id_of_their_request(logs):
    _, [record] = said(logs(*JSON, "--concurrency", "threads:2"), "/log?low")
    assert record["message"] == "stock is low"


def test_an_access_log_of_its_own_is_not_in_the_log(logs, tmp_path):
    server = logs("--access-log", str(tmp_path / "access.log"))
    server.get("/log?low")
    server.wait_for_output("stock is low")
    eventually(lambda: '"GET /log?low HTTP/1.1" 200' in (tmp_path / "access.log").read_text(), "a line")
    assert "GET /log" not in server.output()


def test_a_log_that_nobody_reads_stalls_no_request_and_says_what_it_dropped(logs, tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    server = logs("--log", str(fifo), *JSON)
    for _ in range(5):
        assert server.get("/flood?2000").status == 200  # 2 MB, in a pipe of 64 KiB and a ring of 512
    text = read_until(reader, rb"lines of worker 0 dropped, as the log is too slow: (\d+)")
    server.get("/log?low")
    text += read_until(reader, rb"stock is low")
    server.stop()
    text += read_until(reader, rb"")
    os.close(reader)
    found = records(text.decode())
    dropped = sum(int(one["message"].rpartition(" ")[2]) for one in found if "dropped" in one["message"])
    assert sum(one["message"] == "x" * 200 for one in found) + dropped >= 10_000


def read_until(fd: int, pattern: bytes) -> bytes:
    """Reads up to what matches; of an empty pattern, all there is."""
    text, deadline = b"", time.monotonic() + 15
    while not pattern or not re.search(pattern, text):
        assert time.monotonic() < deadline, text[-1000:]
        if not select.select([fd], [], [], 1)[0]:
            continue
        data = os.read(fd, 1 << 20)
        if not data and not pattern:
            break
        text += data
    return text


def test_a_full_device_is_told_of_and_costs_nothing_but_the_lines(logs):
    server = logs("--log", "/dev/full")
    server.wait_for_output("^greenroom: the log cannot be written: No space left on device$")
    assert server.get("/log?low").status == 200
    assert server.stop() == 0


def test_a_child_that_floods_stdout_is_not_held_up_either(logs, tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    reader = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
    server = logs("--log", str(fifo))
    assert server.get("/child?%24(seq 200000)".replace(" ", "%20")).status == 200
    os.close(reader)


def test_several_workers_do_not_tear_each_other_s_lines(serve, tmp_path):
    log = tmp_path / "log"
    server = serve("--workers", "2", "--log", str(log), "--access-log", "off", *JSON, "logs:app")
    threads = [threading.Thread(target=server.get, args=("/flood?500",)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert server.stop() == 0
    messages = [json.loads(line)["message"] for line in log.read_text().splitlines()]
    dropped = re.findall(r"^lines of worker \d+ dropped, .*: (\d+)$", "\n".join(messages), re.M)
    assert messages.count("x" * 200) + sum(map(int, dropped)) == 4000
