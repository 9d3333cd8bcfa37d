"""The table of tests/inputs/http.txt."""

import codecs
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
