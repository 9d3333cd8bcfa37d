"""The parsers that are compared. Each takes connections and returns what it understood of each."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

import h11

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SOURCES = ["request_head", "request_line", "request_fields", "field", "authority", "octets", "response_head", "chunked"]


@dataclass(frozen=True)
class Request:
    method: str
    target: str
    minor: int  # 0 or 1
    fields: tuple[tuple[str, str], ...]  # names in lower case
    body: str  # bytes as latin-1, like all the others


@dataclass(frozen=True)
class Reading:
    requests: list[Request]
    end: str  # "more", "close", "upgrade" or the reason of a refusal

    @property
    def refused(self) -> bool:
        return self.end not in ("more", "close", "upgrade")


def request_of(method: str, target: str, minor: int, fields: list, body: str) -> Request:
    return Request(method, target, min(minor, 1), tuple(field_of(*field) for field in fields), body)


def field_of(name: str, value: str) -> tuple[str, str]:
    """h11 hands Transfer-Encoding over in lower case."""
    name = name.lower()
    return name, value.lower() if name == "transfer-encoding" else value


def read_by(command: list[str], cases: list[bytes]) -> list[Reading]:
    framed = b"".join(b"%d\n%s" % (len(case), case) for case in cases)
    lines = subprocess.run(command, input=framed, capture_output=True, check=True, timeout=600).stdout.splitlines()
    assert len(lines) == len(cases)
    readings = (json.loads(line) for line in lines)
    return [Reading([request_of(*request) for request in requests], end) for requests, end in readings]


def build_ours(directory: Path) -> Path:
    program = directory / "requests"
    sources = [ROOT / f"src/http/{name}.c" for name in SOURCES] + [ROOT / "src/base/slice.c"]
    subprocess.run(
        ["cc", "-O1", "-g", "-std=gnu17", "-D_GNU_SOURCE", f"-I{ROOT}/include", f"-I{ROOT}/src", "-o", program,
         HERE / "requests.c", *sources],
        check=True, timeout=60,
    )
    return program


def read_by_llhttp(cases: list[bytes]) -> list[Reading]:
    return read_by(["node", "--no-warnings", str(HERE / "llhttp.js")], cases)


def read_by_h11(cases: list[bytes]) -> list[Reading]:
    return [read_case_by_h11(case) for case in cases]


def read_case_by_h11(data: bytes) -> Reading:
    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=1 << 20)
    requests: list[Request] = []
    head, body = None, b""
    if not data:  # which would be the end to it
        return Reading(requests, "more")
    connection.receive_data(data)
    try:
        while True:
            event = connection.next_event()
            if event is h11.NEED_DATA or event is h11.PAUSED:
                return Reading(requests, "more")
            if isinstance(event, h11.Request):
                head, body = event, b""
            elif isinstance(event, h11.Data):
                body += bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                requests.append(request_of_h11(head, body))
                if head.method == b"CONNECT":
                    return Reading(requests, "upgrade")
                if not answer_by_h11(connection):
                    return Reading(requests, "close")
    except h11.RemoteProtocolError as error:
        return Reading(requests, str(error))


def request_of_h11(head: h11.Request, body: bytes) -> Request:
    fields = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in head.headers]
    minor = int(head.http_version.decode().rpartition(".")[2])
    return request_of(head.method.decode(), head.target.decode("latin-1"), minor, fields, body.decode("latin-1"))


def answer_by_h11(connection: h11.Connection) -> bool:
    """Makes it ready for the next request; False when there is to be none."""
    connection.send(h11.Response(status_code=200, headers=[("Content-Length", "0")]))
    connection.send(h11.EndOfMessage())
    if connection.our_state is not h11.DONE or connection.their_state is not h11.DONE:
        return False
    connection.start_next_cycle()
    return True
