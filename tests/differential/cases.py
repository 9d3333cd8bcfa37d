"""Connections to compare parsers by: the known inputs, the corpora of the fuzzers, and what can be made of
them."""

import random
import re
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]

CHUNKED_HEAD = b"POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"

# What framing and its attackers are made of.
PIECES = [
    b"\r\n", b"\n", b"\r", b" ", b"\t", b"\0", b"\x0b", b"\x80", b"\xa0", b":", b";", b",", b"_", b"-", b"+", b"0",
    b"0x", b"1", b"5", b"a", b"g", b"%20", b"%00", b"\r\n\r\n", b"0\r\n\r\n", b"5\r\nhello\r\n", b"1;a=b\r\nx\r\n",
    b'1;a="b\\"c"\r\nx\r\n', b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", b"\r\nHost: a", b"\r\nHost: b",
    b"\r\nContent-Length: 5", b"\r\nContent-Length: 0", b"\r\nContent_Length: 5", b"\r\nTransfer-Encoding: chunked",
    b"\r\nTransfer-Encoding: gzip", b"\r\nConnection: close", b"\r\nConnection: keep-alive", b"\r\n folded",
    b"\r\nConnection: upgrade\r\nUpgrade: x", b"\r\nExpect: 100-continue", b" HTTP/1.0", b" HTTP/1.1", b" HTTP/1.2",
    b"http://a", b"https://b:80", b"*", b"?", b"#", b"\xc3\xa9", b"HEAD ", b"OPTIONS ", b"CONNECT ", b"chunked",
]


def seeds(known: list[bytes]) -> list[bytes]:
    heads = [path.read_bytes()[2:] for path in sorted((TESTS / "fuzz/corpus/request_head").iterdir())]
    bodies = [path.read_bytes()[1:] for path in sorted((TESTS / "fuzz/corpus/chunked").iterdir())]
    return [*known, *heads, *(CHUNKED_HEAD + body for body in bodies)]


def valid(random_: random.Random) -> bytes:
    """A request that everybody should understand."""
    method = random_.choice(["GET", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
    target = random_.choice(["/", "/a/b?c=d", "/%20%2f?", "/x;y=z", "/a//b", "/?a?b", "/~a!$&'()*+,"])
    lines = [f"{method} {target} HTTP/1.1", f"Host: {random_.choice(['a', 'a.example:80', '[::1]:8000'])}"]
    for _ in range(random_.randrange(6)):
        name = random_.choice(["X", "Accept", "Cookie", "x-y", "X_Y", "User-Agent", "!#$%&'*+.^`|~"])
        value = random_.choice(["", "y", " a b ", "\tc", "a,b", "\xe9", '"q"', "x" * random_.randrange(90)])
        lines.append(f"{name}:{value}")
    body = bytes(random_.randrange(256) for _ in range(random_.randrange(20)))
    kind = random_.randrange(3)
    if kind == 1:
        lines.append(f"Content-Length: {len(body)}")
    if kind == 2:
        lines.append("transfer-encoding: chunked")
    random_.shuffle(lines[1:])
    head = "\r\n".join([*lines, "", ""]).encode("latin-1")
    return head + (b"", body, chunked(random_, body))[kind]


def chunked(random_: random.Random, body: bytes) -> bytes:
    coded = b""
    while body:
        size = random_.randrange(1, len(body) + 1)
        extension = random_.choice([b"", b"", b";a", b";a=b", b';a="b c"'])
        coded += b"%x%s\r\n%s\r\n" % (size, extension, body[:size])
        body = body[size:]
    return coded + random_.choice([b"0\r\n\r\n", b"00\r\nX: y\r\n\r\n", b"0;z\r\n\r\n"])


def place_in(random_: random.Random, data: bytes) -> int:
    """Anywhere, but more often where something begins or ends."""
    borders = [match.start() for match in re.finditer(rb"[\r\n:;,= ]|(?<=[\r\n:;,= ])", data)]
    return random_.choice(borders) if borders and random_.random() < 0.7 else random_.randrange(len(data) + 1)


def mutated(random_: random.Random, data: bytes) -> bytes:
    at = place_in(random_, data)
    end = min(len(data), at + random_.choice([1, 1, 2, 2, 3, 4, 5]))
    match random_.randrange(6):
        case 0:
            return data[:at] + random_.choice(PIECES) + data[at:]
        case 1:
            return data[:at] + random_.choice(PIECES) + data[end:]
        case 2:
            return data[:at] + data[end:]
        case 3:
            return data[:at] + bytes([random_.randrange(256)]) + data[at + 1 :]
        case 4:
            lines = data.split(b"\r\n")
            lines.insert(random_.randrange(len(lines)), random_.choice(lines))
            return b"\r\n".join(lines)
        case _:
            return data[:at].swapcase() + data[at:]


def generate(known: list[bytes], count: int, seed: int) -> list[bytes]:
    """The seeds as they are, then valid, mutated and spliced ones, count in all."""
    random_ = random.Random(seed)
    cases = seeds(known)
    originals = list(cases)
    while len(cases) < count:
        data = random_.choice(originals) if random_.random() < 0.5 else valid(random_)
        if random_.random() < 0.3:
            data += random_.choice(originals) if random_.random() < 0.5 else valid(random_)
        for _ in range(random_.choice([0, 1, 1, 1, 2, 3])):
            data = mutated(random_, data)
        cases.append(data)
    return cases[:count]
