"""The inputs of tests/inputs/http.txt on the wire: each is answered as the table says, and costs no more than
its own connection."""

import socket
import sys

import pytest
from conftest import ROOT
from http_wire import Wire, request

sys.path.insert(0, str(ROOT / "tests/inputs"))
from http_inputs import Input, known_inputs  # noqa: E402

PROBE = request("/probe", "Connection: close")


@pytest.fixture
def server(serve):
    return serve("--workers", "1", "--access-log", "off", "wsgi_inputs:app")


def talk(port: int, known: Input) -> list[tuple[int, bytes]]:
    """Sends the input with a request behind it; statuses and bodies of all that is answered."""
    answers = []
    with Wire(port) as wire:
        wire.send(known.data + PROBE)
        while wire.received or wire.more():
            answer = wire.answer()
            answers.append((answer.status, answer.body))
            assert not answer.closes or wire.rest() == b""
    return answers


def faults(known: Input, answers: list[tuple[int, bytes]]) -> str | None:
    statuses = [status for status, _ in answers]
    smuggled = [body for status, body in answers if status == 200 and body.startswith(b"/evil\n")]
    understood = known.answers[-1] == 200
    if statuses != known.answers + [200] * understood:
        return f"{known.kind}: {statuses}"
    if understood and answers[-1][1] != b"/probe\n":
        return f"{known.kind}: the request behind it was understood as {answers[-1][1]!r}"
    return f"{known.kind}: {smuggled}" if smuggled else None


def test_known_inputs_are_answered_as_the_table_says_and_end_their_connection(server):
    found = [faults(known, talk(server.port, known)) for known in known_inputs()]
    assert [fault for fault in found if fault] == []


def test_known_inputs_leave_other_connections_alone(server):
    worker = server.worker_pids()
    with Wire(server.port) as bystander:
        bystander.stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for known in known_inputs():
            bystander.send(request("/other", method="POST", body=b"half and half")[:-5])
            talk(server.port, known)
            bystander.send(b" half")
            assert bystander.answer().text == "/other\nhalf and half", known.kind
    assert server.worker_pids() == worker
