"""Dependencies point one way (the layers of src): read from the #includes."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

SRC = Path(__file__).resolve().parents[1] / "src"

# From the bottom up. A layer may include those below it; neighbours do not know each other.
LAYERS = [
    ["base"],
    ["log"],
    ["runtime"],
    ["observe"],
    ["guard"],
    ["posix", "http", "tls"],
    ["stream"],
    ["server", "client"],
    ["host/wsgi", "host/native"],
    ["config", "dashboard"],
    ["supervisor", "load"],
    ["cli"],
]
RANK = {layer: rank for rank, layers in enumerate(LAYERS) for layer in layers}

# Layers that may use less than what is below them. A host is anybody's C app: the public API alone.
ONLY = {
    "http": {"base"},
    "posix": {"base", "runtime", "observe", "guard"},
    "tls": {"base"},
    "stream": {"base", "runtime", "http", "tls"},
    "client": {"base", "http", "tls", "stream"},
    "host/wsgi": set(),
    "host/native": set(),
}

# Workers and the rest share a file format and a page of memory, no more.
SERVER_HEADERS_ABOVE = {"server/options.h", "server/board.h"}

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.M)


def layer_of(path: str) -> str | None:
    """The layer a path below src belongs to; None for a header of somebody else."""
    return next((layer for layer in RANK if path.startswith(layer + "/")), None)


def includes(source: Path) -> Iterator[str]:
    """The headers of ours that a file names, as paths below src, public ones left out."""
    for name in INCLUDE.findall(source.read_text()):
        beside = source.parent / name
        if beside.exists():
            name = str(beside.resolve().relative_to(SRC))
        if (SRC / name).exists():
            yield name


def complaint(source: str, header: str) -> str | None:
    """What is wrong with that inclusion, if anything. Both are paths below src."""
    above, below = layer_of(source), layer_of(header)
    if above is None or below is None:
        return f"{source} includes {header}, and one of them is in no layer"
    if above == below:
        return None
    if RANK[below] >= RANK[above]:
        return f"{source} includes {header}, which is not below it"
    if above in ONLY and below not in ONLY[above]:
        return f"{source} includes {header}, which is not for its layer"
    if below == "server" and RANK[above] >= RANK["config"] and header not in SERVER_HEADERS_ABOVE:
        return f"{source} includes {header}, which is the server's own"
    return None


def test_dependencies_point_one_way():
    sources = sorted(SRC.rglob("*.[chS]"))
    assert sources
    wrong = [
        text
        for source in sources
        for header in includes(source)
        if (text := complaint(str(source.relative_to(SRC)), header))
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("source", "header"),
    [
        ("base/heap.c", "runtime/green.h"),
        ("http/url.c", "stream/reader.h"),
        ("stream/socket.c", "posix/socket.h"),
        ("posix/socket.c", "http/url.h"),
        ("tls/stream.c", "runtime/park.h"),
        ("posix/socket.c", "log/log.h"),
        ("server/app.c", "host/wsgi/python.h"),
        ("client/call.c", "server/request.h"),
        ("client/wire.c", "runtime/park.h"),
        ("host/wsgi/environ.c", "server/connection.h"),
        ("host/native/native.c", "base/list.h"),
        ("config/settings.c", "supervisor/master.h"),
        ("supervisor/master.c", "server/connection.h"),
        ("supervisor/master.c", "elsewhere/thing.h"),
    ],
)
def test_a_violation_is_found(source: str, header: str):
    assert complaint(source, header)


@pytest.mark.parametrize(
    ("source", "header"),
    [
        ("runtime/sched.c", "base/list.h"),
        ("server/connection.c", "http/url.h"),
        ("server/tls_io.c", "tls/engine.h"),
        ("client/wire.c", "stream/stream.h"),
        ("stream/chunked.c", "http/chunked.h"),
        ("supervisor/master.c", "server/board.h"),
        ("cli/serve.c", "supervisor/master.h"),
        ("cli/main.c", "host/native/native.h"),
    ],
)
def test_a_dependency_downwards_is_allowed(source: str, header: str):
    assert complaint(source, header) is None
