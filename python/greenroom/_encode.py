"""What a caller of greenroom.http gives, as it is sent: URLs, forms, files, JSON."""

from __future__ import annotations

import io
import json as json_module
import mimetypes
import os
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import IO, Any
from urllib.parse import quote, urlencode, urlsplit, urlunsplit

Pairs = Mapping[str, Any] | Iterable[tuple[str, Any]]
Content = bytes | str | Iterable[bytes] | IO[bytes]
# Of a form: content, (name, content) or (name, content, type).
File = Content | tuple[str, Content] | tuple[str, Content, str]

_BLOCK = 64 * 1024  # of a file that is sent

_KEPT = "!#$%&'()*+,/:;=?@[]~"  # reserved characters and those of percent-encoding


def url_of(url: str, params: Pairs | str | None) -> str:
    """The URL with params behind its query, percent-encoded, its host as IDNA has it."""
    if params:
        query = params if isinstance(params, str) else urlencode(_flat(params), doseq=True)
        url, hash_sign, fragment = url.partition("#")
        url += ("&" if "?" in url else "?") + query + hash_sign + fragment
    return url if url.isascii() and url.isprintable() and " " not in url else _encoded(url)


def _encoded(url: str) -> str:
    parts = urlsplit(url)
    host = parts.netloc
    if not host.isascii():
        user, at, name = host.rpartition("@")
        name, colon, port = name.partition(":")
        host = quote(user, _KEPT) + at + name.encode("idna").decode() + colon + port
    return urlunsplit((parts.scheme, host, quote(parts.path, _KEPT), quote(parts.query, _KEPT), ""))


# bytes, or pieces that are read while they are sent; and how many bytes, -1: nobody knows.
Body = tuple[bytes | Iterator[bytes], int]


def body_of(
    data: Pairs | Content | None, json: Any, files: Mapping[str, File] | None
) -> tuple[Body, str | None]:
    """The body, and its type if that follows from what was given."""
    if files:
        return _multipart(data if isinstance(data, Mapping) else {}, files)
    if json is not None:
        text = json_module.dumps(json, separators=(",", ":"), allow_nan=False)
        return _whole(text.encode()), "application/json"
    if data is None:
        return _whole(b""), None
    if isinstance(data, Mapping):
        form = urlencode(_flat(data), doseq=True)
        return _whole(form.encode()), "application/x-www-form-urlencoded"
    return _body(data), None


def _whole(content: bytes) -> Body:
    return content, len(content)


def _flat(pairs: Pairs) -> list[tuple[str, Any]]:
    """Without those that are None, which are left out."""
    items = pairs.items() if isinstance(pairs, Mapping) else pairs
    return [(name, value) for name, value in items if value is not None]


def _body(content: Any) -> Body:
    if isinstance(content, str):
        return _whole(content.encode())
    if isinstance(content, (bytes, bytearray, memoryview)):
        return _whole(bytes(content))
    if hasattr(content, "read"):
        return _blocks(content), _size_of(content)
    return map(_octets, content), -1


def _octets(piece: Any) -> bytes:
    return piece.encode() if isinstance(piece, str) else bytes(piece)


def _blocks(file: Any) -> Iterator[bytes]:
    while block := file.read(_BLOCK):
        yield _octets(block)


def _size_of(file: Any) -> int:
    """How many bytes are left of it; -1 for text and for what has no size, such as a pipe."""
    try:
        at = file.tell()
        end = file.seek(0, os.SEEK_END)
        file.seek(at)
    except (AttributeError, OSError, ValueError):
        return -1
    return -1 if isinstance(file, io.TextIOBase) else end - at


def _multipart(data: Mapping[str, Any], files: Mapping[str, File]) -> tuple[Body, str]:
    """multipart/form-data (RFC 7578)."""
    boundary = os.urandom(16).hex()
    parts: list[Body] = []

    def add(disposition: str, kind: str | None, content: Any) -> None:
        head = f"--{boundary}\r\nContent-Disposition: form-data; {disposition}\r\n"
        head += f"Content-Type: {kind}\r\n\r\n" if kind else "\r\n"
        parts.extend((_whole(head.encode()), _body(content), _whole(b"\r\n")))

    for name, value in _flat(data):
        values = value if isinstance(value, (list, tuple)) else [value]
        for one in values:
            add(f'name="{_quoted(name)}"', None, one if isinstance(one, bytes) else str(one))
    for name, file in files.items():
        file_name, content, kind = _file(name, file)
        add(f'name="{_quoted(name)}"; filename="{_quoted(file_name)}"', kind, content)
    parts.append(_whole(f"--{boundary}--\r\n".encode()))
    return _joined(parts), f"multipart/form-data; boundary={boundary}"


def _joined(parts: list[Body]) -> Body:
    if all(isinstance(content, bytes) for content, _ in parts):
        return _whole(b"".join(content for content, _ in parts if isinstance(content, bytes)))
    lengths = [length for _, length in parts]
    pieces = ([content] if isinstance(content, bytes) else content for content, _ in parts)
    return chain.from_iterable(pieces), -1 if -1 in lengths else sum(lengths)


def _file(name: str, file: Any) -> tuple[str, Any, str]:
    file_name, content, *kind = file if isinstance(file, tuple) else (None, file)
    if file_name is None:
        file_name = os.path.basename(str(getattr(content, "name", name)))
    guessed = mimetypes.guess_type(file_name)[0] or "application/octet-stream"
    return file_name, content, kind[0] if kind else guessed


def _quoted(name: str) -> str:
    """As browsers write names of forms: without what would end them."""
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
