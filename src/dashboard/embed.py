"""embed.py OUTPUT FILE...: writes the files, and a table of them, as C for dashboard.h."""

import hashlib
import sys
from pathlib import Path

TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}

HEAD = """#include "dashboard/dashboard.h"

static const struct dashboard_file files[] = {
"""

TAIL = """};

const struct dashboard_file *dashboard_find(gr_slice path) {
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (gr_slice_equal(path, gr_slice_of(files[i].path))) return &files[i];
    return NULL;
}
"""


def literal(data: bytes) -> str:
    """A string literal for each line; what is not plain ASCII, in octal."""
    escapes = {ord('"'): '\\"', ord("\\"): "\\\\", ord("\n"): "\\n", ord("?"): "\\?"}

    def char(byte: int) -> str:
        return escapes.get(byte) or (chr(byte) if 32 <= byte < 127 else f"\\{byte:03o}")

    return "\n".join(f'     "{"".join(map(char, line))}"' for line in data.splitlines(keepends=True))


def entry(file: Path) -> str:
    data = file.read_bytes()
    path = "/" if file.name == "index.html" else f"/dashboard/{file.name}"
    tag = hashlib.sha256(data).hexdigest()[:16]
    return f'    {{"{path}", "{TYPES[file.suffix]}", "\\"{tag}\\"",\n{literal(data)},\n     {len(data)}}},\n'


def main(output: str, *files: str) -> None:
    Path(output).write_text(HEAD + "".join(entry(Path(file)) for file in files) + TAIL)


main(*sys.argv[1:])
