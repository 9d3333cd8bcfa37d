"""The table of tests/inputs/http.txt. As a program: http_inputs.py DIRECTORY writes it as seeds of a fuzzer."""

import codecs
import sys
from dataclasses import dataclass
from pathlib import Path

TABLE = Path(__file__).with_name("http.txt")


@dataclass(frozen=True)
class Input:
    answers: list[int]  # statuses, in order; any but 200 ends the connection
    kind: str
    data: bytes


def known_inputs() -> list[Input]:
    rows = [line for line in TABLE.read_text().splitlines() if line and not line.startswith("#")]
    return [input_of(*row.split(" | ", 3)) for row in rows]


def input_of(answers: str, kind: str, _published: str, escaped: str) -> Input:
    data = codecs.escape_decode(escaped.encode())[0]
    return Input([int(status) for status in answers.split(",")], kind, data)


def write_seeds(directory: Path) -> None:
    """For tests/fuzz/connection.c, whose first byte says where to cut."""
    for number, known in enumerate(known_inputs()):
        (directory / f"known-{number}").write_bytes(b"\x80" + known.data)


if __name__ == "__main__":
    write_seeds(Path(sys.argv[1]))
