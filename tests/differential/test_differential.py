"""This server's parser beside two independent ones, h11 and llhttp: what they read differently is refused, or has
a reason here. By hand, for longer: CASES=2000000 SEED=7 /usr/bin/python3 -m pytest tests/differential"""

import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cases import generate
from parsers import Reading, Request, build_ours, read_by, read_by_h11, read_by_llhttp

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "inputs"))
from http_inputs import known_inputs  # noqa: E402

CASES = int(os.environ.get("CASES", "6000"))
SEED = int(os.environ.get("SEED", "1"))
BATCH = 20_000

Case = tuple[bytes, Reading, dict[str, Reading]]


def framed_plainly(request: Request) -> bool:
    """Nothing about its framing can be read in two ways."""
    codings = [value for name, value in request.fields if name == "transfer-encoding"]
    lengths = [value for name, value in request.fields if name == "content-length"]
    if codings:
        return codings == ["chunked"] and not lengths
    return not lengths or (len(lengths) == 1 and re.fullmatch("[0-9]+", lengths[0]) is not None)


def is_chunked(request: Request) -> bool:
    return framed_plainly(request) and ("transfer-encoding", "chunked") in request.fields


# What another parser says when it does not read a request that this one reads: the parser, what it says, what must
# be so of the request, and why it is right to read it.
REASONS: list[tuple[str, str, Callable[[Request], bool], str]] = [
    ("llhttp", "HPE_INVALID_METHOD", framed_plainly,
     "methods are an open set (RFC 9110, 9.1); llhttp knows some of them"),
    ("llhttp", "HPE_INVALID_VERSION", framed_plainly,
     "a higher minor version is read as the highest that is known (RFC 9110, 2.5)"),
    ("llhttp", "HPE_STRICT", is_chunked,
     "chunk extensions are skipped, of whatever form: no byte that is allowed in them could end them"),
    ("llhttp", "HPE_(INVALID|UNEXPECTED)_(CONTENT_LENGTH|TRANSFER_ENCODING)", is_chunked,
     "trailers are dropped, those named like framing too: nobody reads them"),
    ("h11", "Only Transfer-Encoding: chunked is supported|multiple Transfer-Encoding headers|"
     "(bad|conflicting) Content-Length.*", is_chunked,
     "trailers are dropped, those named like framing too: nobody reads them"),
    ("llhttp", "upgrade", framed_plainly, "nothing is upgraded to: the offer is ignored (RFC 9110, 7.8)"),
    ("h11", "no request line received", framed_plainly,
     "one empty line before a request line is skipped (RFC 9112, 2.2)"),
]  # fmt: skip

# The reasons by which this parser refuses what both of the others read.
STRICTER = {
    "malformed Host": "a host that one reader would take for another",
    "malformed authority in the request target": "the same",
    "Host is not that of the request target": "one reader goes by the one, another by the other",
    "CONNECT is not supported": "this is no proxy",
    "fragment in the request target": "it has no place there (RFC 9112, 3.2)",
    "the target * is for OPTIONS only": "RFC 9112, 3.2.4",
    "malformed request target": "of none of the four forms (RFC 9112, 3.2)",
    "illegal byte in the request target": "one reader would encode it, another not",
    "HTTP version is not 1.x": "another protocol",
    "malformed HTTP version or end of the request line": "of the grammar (RFC 9112, 2.3)",
    "expectation other than 100-continue": "417 (RFC 9110, 10.1.1)",
    "Transfer-Encoding from an HTTP/1.0 client": "its framing is faulty (RFC 9112, 6.1)",
    "tab around Content-Length": "not every parser takes tabs for blanks",
    "tab around Transfer-Encoding": "not every parser takes tabs for blanks",
    "malformed chunk": "more than 16 digits, or bytes beyond ASCII in an extension",
    "more than one Content-Length": "even if they are the same",
    "malformed Content-Length": "it has to fit into 63 bits",
}


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    return [str(build_ours(tmp_path_factory.mktemp("differential")))]


@pytest.fixture(scope="module")
def batches(program: list[str]) -> Callable[[], Iterator[list[Case]]]:
    known = [known.data for known in known_inputs()]

    def read() -> Iterator[list[Case]]:
        for number, start in enumerate(range(0, CASES, BATCH)):
            cases = generate(known, min(BATCH, CASES - start), SEED + number)
            ours, by_h11, by_llhttp = read_by(program, cases), read_by_h11(cases), read_by_llhttp(cases)
            yield [
                (case, mine, {"h11": first, "llhttp": second})
                for case, mine, first, second in zip(cases, ours, by_h11, by_llhttp, strict=True)
            ]

    if CASES > BATCH:
        return read
    only = list(read())
    return lambda: iter(only)


def is_explained(parser: str, request: Request, end: str) -> bool:
    if parser == "h11" and end == "close" and request.minor == 0:
        return True  # h11 never keeps an HTTP/1.0 connection
    return any(
        parser == name and re.fullmatch(said, end) and holds(request)
        for name, said, holds, _reason in REASONS
    )


def differs(parser: str, ours: Reading, theirs: Reading) -> str | None:
    """How the two readings differ in what this server would answer; None if that is in order."""
    for mine, other in zip(ours.requests, theirs.requests):
        if mine != other:
            return f"{parser} reads {other}, not {mine}"
    count = len(theirs.requests)
    if len(ours.requests) > count:
        behind = ours.requests[count - 1] if theirs.end == "close" else ours.requests[count]
        return None if is_explained(parser, behind, theirs.end) else f"{parser} reads less: {theirs.end}"
    if count > len(ours.requests) and not ours.refused:
        return f"{parser} reads more than this: {ours.end}"
    return None


def test_what_others_read_differently_is_refused_or_has_a_reason(batches):
    found = [
        (case, difference)
        for batch in batches()
        for case, ours, others in batch
        for parser, theirs in others.items()
        if (difference := differs(parser, ours, theirs))
    ]
    assert found[:5] == [], f"{len(found)} of {CASES} cases, seed {SEED}"


def test_what_this_parser_alone_refuses_has_a_reason(batches):
    found = [
        (case, ours.end)
        for batch in batches()
        for case, ours, others in batch
        if ours.refused
        and all(len(theirs.requests) > len(ours.requests) for theirs in others.values())
        and ours.end not in STRICTER
    ]
    assert found[:5] == [], f"{len(found)} of {CASES} cases, seed {SEED}"


def test_the_cases_are_neither_all_good_nor_all_bad(batches):
    readings = [ours for batch in batches() for _case, ours, _others in batch]
    read = sum(bool(reading.requests) for reading in readings)
    refused = sum(reading.refused for reading in readings)
    assert 0.1 < read / len(readings) < 0.9
    assert 0.1 < refused / len(readings) < 0.9
