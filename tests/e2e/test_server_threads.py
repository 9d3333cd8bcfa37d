"""--concurrency threads:N: the handlers on OS threads, and libc as it is."""

import json
import os
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from conftest import APPS, eventually, is_alive
from http_wire import Wire, request


def all_at_once(server, paths):
    with ThreadPoolExecutor(len(paths)) as clients:
        return list(clients.map(server.get, paths))


@pytest.fixture
def threaded(serve):
    """Serves the application in Python: threaded(3, "--queue-timeout", "1")."""

    def start(count, *options):
        return serve("--workers", "1", "--access-log", "off", "--concurrency", f"threads:{count}",
                     *options, "threaded:app")

    return start


@pytest.fixture
def threaded_c(serve, c_app):
    """The same for the one in C."""

    def start(count, *options):
        return serve("--workers", "1", "--access-log", "off", "--concurrency", f"threads:{count}",
                     *options, c_app("threaded"))

    return start


def ask(server, path):
    return json_of(server.get(path))


def json_of(response):
    assert response.status == 200, response.text
    return json.loads(response.body)


# ---- what an OS thread is ----


def test_libc_is_its_own(threaded):
    server = threaded(2)
    assert ask(server, "/setting") == {
        "interposed": False, "preload": None, "child": "None", "green": False,
        "green_at_import": False,
    }


def test_a_preload_of_the_users_stays_as_it_is(serve):
    server = serve("--workers", "1", "--concurrency", "threads:1", "threaded:app",
                   env={"LD_PRELOAD": "libm.so.6"})
    found = ask(server, "/setting")
    assert found["preload"] == found["child"] == "libm.so.6"


def test_each_handler_is_on_a_kernel_task_of_its_own(threaded):
    server = threaded(3)
    natives = {json_of(answer)["native"] for answer in all_at_once(server, ["/meet"] * 3)}
    assert len(natives) == 3
    found = ask(server, "/identity")
    assert found["native"] == found["gettid"] == found["current"]
    assert found["native"] in found["tasks"] and natives < set(found["tasks"])
    assert found["started"] not in natives | {found["pid"]}
    assert found["main"] == found["pid"]


def test_a_thread_keeps_its_data_and_its_identity_between_requests(threaded):
    server = threaded(1)
    first, second = ask(server, "/identity"), ask(server, "/identity")
    assert (first["count"], second["count"]) == (1, 2)
    assert first["ident"] == second["ident"] and first["native"] == second["native"]


@pytest.mark.parametrize(("count", "truth"), [(1, False), (2, True)])
def test_the_environ_says_whether_there_is_more_than_one_thread(threaded, count, truth):
    assert ask(threaded(count), "/identity")["multithread"] is truth


def test_what_needs_a_green_thread_says_so(threaded):
    assert ask(threaded(1), "/refused") == {
        "deadline": "RuntimeError: a deadline needs a green thread",
        "scope": "RuntimeError: a scope needs a green thread",
        "cancel_on_disconnect": "OSError: [Errno 95] Operation not supported",
    }


def test_ids_are_changed_and_signals_reach_the_caller(threaded):
    server = threaded(2)
    assert ask(server, "/ids") == {"cpu": True}
    assert ask(server, "/ids") == {"cpu": True}, "the server still answers"


def test_programs_that_a_handler_runs_have_no_signal_blocked(threaded):
    assert ask(threaded(1), "/children_mask") == {"blocked": 0}


def test_signal_handlers_of_the_application_run_while_the_worker_is_idle(threaded):
    server = threaded(2)
    for count in range(1, 4):
        os.kill(server.worker_pids()[0], signal.SIGUSR1)
        eventually(lambda: ask(server, "/signalled")["signals"] == count, "the handler has run")


# ---- how many at a time ----


def test_as_many_as_there_are_threads_run_together_and_the_next_one_waits(threaded):
    server = threaded(3)
    with ThreadPoolExecutor(1) as client:
        gates = [server.connect() for _ in range(3)]
        for gate in gates:
            gate.sendall(request("/gate"))
        eventually(lambda: server.output().count("in the gate") == 3, "three handlers at a time")
        fourth = client.submit(server.get, "/signalled")
        with pytest.raises(TimeoutError):
            fourth.result(0.3)
        assert not any(has_answer(gate) for gate in gates)
        os.kill(server.worker_pids()[0], signal.SIGUSR2)
        assert fourth.result(10).status == 200
        for gate in gates:
            assert gate.recv(1000).startswith(b"HTTP/1.1 200")
            gate.close()


def has_answer(stream):
    stream.setblocking(False)
    try:
        return bool(stream.recv(1, socket.MSG_PEEK))
    except BlockingIOError:
        return False
    finally:
        stream.settimeout(10)


def test_who_waits_too_long_for_a_thread_is_turned_away(threaded):
    server = threaded(1, "--queue-timeout", "0.2")
    with server.connect() as gate:
        gate.sendall(request("/gate"))
        answers = all_at_once(server, ["/late"] * 3)
        assert [answer.status for answer in answers] == [503] * 3
        assert answers[0].headers["Retry-After"] == "1"
        os.kill(server.worker_pids()[0], signal.SIGUSR2)
        assert gate.recv(1000).startswith(b"HTTP/1.1 200")
    assert ask(server, "/late") == {"late": True}


def test_many_requests_on_few_threads_are_all_answered(threaded):
    server = threaded(2)
    assert all(answer.status == 200 for answer in all_at_once(server, ["/signalled"] * 64))


@pytest.mark.parametrize("python", [True, False])
def test_threads_that_cannot_be_had_are_refused_at_the_start(build_dir, c_app, python):
    app = ["--python", sys.executable, "threaded:app"] if python else [c_app("threaded")]
    done = subprocess.run(
        ["prlimit", f"--as={8 << 30}", build_dir / "greenroom", "serve", "--bind", "127.0.0.1:0",
         "--workers", "1", "--concurrency", "threads:4096", "--stack-size", "8M", *app],
        cwd=APPS, capture_output=True, text=True, timeout=20)
    assert done.returncode == 2
    assert "cannot start 4096 threads: Resource temporarily unavailable\n" in done.stderr
    assert "Traceback" not in done.stderr


def test_cancelling_is_refused_at_the_start(greenroom):
    done = greenroom("serve", "--concurrency", "threads:4", "--cancel-on-disconnect", "on", "a:app")
    assert done.returncode == 2
    assert done.stderr == ("greenroom: --cancel-on-disconnect needs --concurrency green: what waits "
                           "on an OS thread cannot be cancelled\n")


# ---- bodies ----


def test_a_handler_and_its_client_converse(threaded):
    with threaded(1).connect() as connection:
        connection.sendall(b"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        for line in [b"one\n", b"two\n", b"three\n"]:
            connection.sendall(b"%x\r\n%s\r\n" % (len(line), line))
            received = b""
            while line not in received:
                received += connection.recv(65536)
        connection.sendall(b"0\r\n\r\n")
        assert connection.recv(65536) == b"0\r\n\r\n"


def test_a_request_behind_a_body_that_a_thread_reads_is_found(threaded):
    """The loop tells once of what has come, while the thread is yet to read."""
    with Wire(threaded(1).port) as wire:
        for _ in range(5):
            wire.send(b"POST /begun HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n")
            wire.take_through(b"begun")
            wire.send(b"abc" + request("/signalled"))
            wire.take_through(b" abc\r\n0\r\n\r\n")
            assert wire.answer().text == '{"signals": 0}'


def test_a_slow_reader_holds_up_its_own_thread_and_nobody_else(threaded):
    server = threaded(2)
    with socket.socket() as reader:
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
        reader.connect(("127.0.0.1", server.port))
        reader.sendall(request("/flood"))
        eventually(lambda: ask(server, "/progress")["produced"], "a first piece")
        before, unchanged = 0, 0
        while unchanged < 100:
            now = ask(server, "/progress")["produced"]
            before, unchanged = now, unchanged + 1 if now == before else 0
        assert before < 16 << 20, "more than the kernel's buffers hold"
        received = 0
        while received < before + (1 << 20):
            received += len(reader.recv(1 << 20))
        assert ask(server, "/progress")["produced"] > before


def test_a_reader_that_takes_nothing_is_given_up(threaded_c):
    server = threaded_c(1, "--write-timeout", "0.3")
    with server.connect() as reader:
        reader.sendall(request("/flood"))
        server.wait_for_output("flood ended: ETIMEDOUT")
        assert server.get("/raise").status == 200


PART = b"POST /read HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabc"


def test_a_body_that_does_not_come_is_given_up(threaded, threaded_c):
    with Wire(threaded_c(1, "--body-timeout", "0.3").port) as wire:
        wire.send(PART)
        assert wire.answer().text == "3 ETIMEDOUT"
    with Wire(threaded(1, "--body-timeout", "0.3").port) as wire:
        wire.send(PART)
        assert wire.answer().status == 408


# ---- the request timeout ----


def test_the_client_is_told_at_the_request_timeout_and_the_handler_goes_on(serve):
    server = serve("--workers", "1", "--concurrency", "threads:1", "--request-timeout", "0.3",
                   "threaded:app")
    with Wire(server.port) as late, Wire(server.port) as next_one:
        told = late.ask("/gate")
        assert (told.status, told.closes) == (504, True)
        assert told.text == "504 Gateway Timeout: the request took too long\n"
        next_one.send(request("/signalled"))
        os.kill(server.worker_pids()[0], signal.SIGUSR2)
        assert next_one.answer().text == '{"signals": 0}'
    server.wait_for_output(r'"GET /gate HTTP/1.1" 504 47 \d+$')


def test_a_late_answer_to_head_has_no_body(threaded):
    with Wire(threaded(1, "--request-timeout", "0.2").port) as wire:
        assert wire.ask("/late", method="HEAD").status == 504
        assert not wire.more()


def test_a_handler_that_waits_for_its_body_is_free_again_at_the_request_timeout(threaded_c):
    server = threaded_c(1, "--request-timeout", "0.3")
    with Wire(server.port) as wire:
        wire.send(PART)
        assert wire.answer().status == 504
        assert server.get("/raise").status == 200


def test_an_answer_that_has_begun_is_finished_after_the_request_timeout(threaded):
    with Wire(threaded(1, "--request-timeout", "0.2").port) as wire:
        assert wire.ask("/slowly").text == "begun and finished"
        assert wire.ask("/signalled").status == 200


# ---- endings ----


def test_a_handler_that_raises_is_answered_for_and_its_thread_lives(threaded):
    server = threaded(1)
    for _ in range(3):
        assert server.get("/failing").status == 500
        assert server.get("/leaving").status == 500
    server.wait_for_output("LookupError: told to")
    assert ask(server, "/identity")["count"] == 1


def test_a_thread_outlives_pthread_exit(threaded_c):
    server = threaded_c(1)
    for _ in range(3):
        assert server.get("/leave").status == 500
        assert server.get("/raise").text == "raised"


def test_a_child_that_a_handler_forks_ends_as_a_script_would(threaded):
    server = threaded(2)
    assert ask(server, "/forked") == {"status": 0, "said": "from the child"}
    assert ask(server, "/forked") == {"status": 0, "said": "from the child"}


def test_requests_in_flight_and_those_that_wait_are_answered_when_the_server_stops(threaded):
    server = threaded(1)
    with Wire(server.port) as gate, Wire(server.port) as waiting:
        gate.send(request("/gate"))
        eventually(lambda: "in the gate" in server.output(), "a handler at work")
        waiting.send(request("/signalled"))
        worker = server.worker_pids()[0]
        server.signal(signal.SIGTERM)
        os.kill(worker, signal.SIGUSR2)
        assert gate.answer().status == waiting.answer().status == 200
    assert server.wait() == 0


def test_a_handler_that_does_not_end_is_left_behind_at_the_graceful_timeout(threaded):
    server = threaded(1, "--graceful-timeout", "0.2")
    with Wire(server.port) as gate:
        gate.send(request("/gate"))
        eventually(lambda: "in the gate" in server.output(), "a handler at work")
        assert server.stop() == 0
    assert "1 connections open" in server.output()


def test_a_worker_that_dies_is_replaced_by_one_with_threads(threaded):
    server = threaded(3)
    before = server.worker_pids()[0]
    os.kill(before, signal.SIGKILL)
    eventually(lambda: not is_alive(before), "the end of the worker")
    assert ask(server, "/identity")["pid"] != before
    assert len({json_of(one)["native"] for one in all_at_once(server, ["/meet"] * 3)}) == 3


# ---- a framework ----


def test_a_flask_application_is_served_on_threads(serve):
    server = serve("--workers", "1", "--concurrency", "threads:2", "wsgi_flask:app")
    assert server.get("/hello/Anna").text == "Hello, Anna!"
    assert server.get("/stream").text == "line 0\nline 1\nline 2\n"
    assert b"import Flask" in server.get("/file").body
    assert server.get("/fail").status == 500


# ---- applications in C ----


def test_handlers_in_c_run_together(threaded_c):
    assert [one.text for one in all_at_once(threaded_c(3), ["/meet"] * 3)] == ["met"] * 3


def test_c_calls_libc_and_not_what_stands_before_it(threaded_c):
    server = threaded_c(1)
    assert server.get("/whose").text == "libc's own"
    assert server.get("/raise").text == "raised"


def test_what_needs_a_green_thread_fails_in_c(threaded_c):
    assert threaded_c(1).get("/green").text == (
        "green 0 0 spawn EPERM scope EPERM channel EPERM cancel EOPNOTSUPP deadline 0")


def test_green_mode_is_what_it_was(serve, c_app):
    server = serve("--workers", "1", c_app("threaded"))
    assert server.get("/whose").text == "interposed"
    assert server.get("/green").text.startswith("green 1 1 spawn fine scope fine channel fine")
