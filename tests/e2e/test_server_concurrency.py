"""--concurrency and --queue-timeout: how many requests are in flight, and what happens to the rest."""

import signal
import socket
import threading

import pytest
from conftest import eventually
from http_wire import request

LISTENING = "0A"  # in /proc/net/tcp


@pytest.fixture
def counting(serve):
    def start(*options):
        return serve("--workers", "1", *options, "counting:app")

    return start


def ask(server, target, *fields):
    client = server.connect()
    client.sendall(request(target, *fields))
    return client


def answer(client) -> bytes:
    with client:
        received = b""
        while chunk := client.recv(65536):
            received += chunk
        return received


def arrived(server, count):
    """At least count connections are there, answered ones included, and all that was sent has been
    read."""
    probe = f"/proc/{server.worker_pids()[0]}/net/tcp"
    port = f":{server.port:04X}"

    def established():
        with open(probe) as table:
            rows = [row.split() for row in table][1:]
        mine = [row for row in rows if row[1].endswith(port) and row[3] != LISTENING]
        return len(mine) >= count and all(row[4].endswith(":00000000") for row in mine)

    eventually(established, f"{count} requests read by the server")


@pytest.mark.parametrize("most", [1, 3])
def test_no_more_are_in_flight_and_all_are_answered(counting, most):
    server = counting("--concurrency", f"green:{most}")
    clients = [ask(server, f"/sleep?{n}", "Connection: close") for n in range(12)]
    bodies = [answer(client).split(b"\r\n\r\n")[1] for client in clients]
    assert max(int(body.split()[0]) for body in bodies) == most


def test_they_get_their_turn_in_order(counting):
    server = counting("--concurrency", "green:1")
    clients = []
    for n in range(8):
        clients.append(ask(server, f"/sleep?{n}", "Connection: close"))
        arrived(server, 1)
    last = [answer(client) for client in clients][-1]
    assert last.endswith(b" 0,1,2,3,4,5,6,7")


def test_who_waits_too_long_is_turned_away_and_may_come_again(counting):
    server = counting("--concurrency", "green:1", "--queue-timeout", "0.2",
                      "--graceful-timeout", "0")
    gate = ask(server, "/gate?gate", "Connection: close")
    arrived(server, 1)
    late = ask(server, "/sleep?late")
    told = late.recv(65536)
    assert told.startswith(b"HTTP/1.1 503 ")
    assert b"\r\nRetry-After: 1\r\n" in told
    assert b"too many requests are in flight" in told
    late.sendall(request("/sleep?again", "Connection: close"))
    assert answer(late).startswith(b"HTTP/1.1 503 ")
    gate.close()


def test_who_has_ended_its_side_while_waiting_is_answered(counting):
    server = counting("--concurrency", "green:1")
    clients = [ask(server, f"/sleep?{n}", "Connection: close") for n in range(8)]
    arrived(server, 8)
    for client in clients:
        client.shutdown(socket.SHUT_WR)
    assert [answer(client)[:12] for client in clients] == 8 * [b"HTTP/1.1 200"]


def test_who_hangs_up_while_waiting_is_forgotten(counting):
    server = counting("--concurrency", "green:1", "--cancel-on-disconnect", "on")
    first = ask(server, "/sleep?first", "Connection: close")
    gone = [ask(server, f"/sleep?gone{n}") for n in range(20)]
    for client in gone:
        client.close()
    last = ask(server, "/sleep?last", "Connection: close")
    assert answer(first).startswith(b"HTTP/1.1 200")
    told = answer(last)
    assert told.endswith(b",last") and b"gone19" not in told


def test_those_that_wait_are_answered_when_the_server_stops(counting):
    server = counting("--concurrency", "green:1")
    clients = [ask(server, f"/sleep?{n}") for n in range(6)]
    arrived(server, 6)
    server.signal(signal.SIGTERM)
    threads = []
    answers = []
    for client in clients:
        threads.append(threading.Thread(target=lambda c=client: answers.append(answer(c))))
        threads[-1].start()
    for thread in threads:
        thread.join()
    assert [one.split(b"\r\n")[0] for one in answers] == [b"HTTP/1.1 200 OK"] * 6
    assert server.wait() == 0


@pytest.mark.parametrize("mode", ["green:0", "green:", "8", "green:-1", "threads", "threads:0",
                                  "threads:x", "threads:4097", "threads:99999"])
def test_a_mode_that_does_not_exist(greenroom, mode):
    done = greenroom("serve", "--concurrency", mode, "counting:app")
    assert done.returncode == 2
    assert done.stderr == ("greenroom: --concurrency must be green, green:N with N at least 1, or "
                           f"threads:N with N from 1 to 4096, not '{mode}'\n")
