"""The raw of a response of requests: urllib3's own class, over a body of ours."""

from __future__ import annotations

import errno
import http.client
import io
import os
from collections.abc import Iterator
from typing import Any, NoReturn

import _greenroom
from urllib3._collections import HTTPHeaderDict
from urllib3.response import HTTPResponse

_SAYS_VERSION = "version_string" in HTTPResponse.__init__.__code__.co_varnames
_PIECE = 64 * 1024


class Body:
    """What urllib3 has of http.client.HTTPResponse: the head of an answer, and its body to be read."""

    def __init__(
        self, method: str, status: int, version: int, reason: str, fields: list[tuple[str, str]]
    ) -> None:
        self._method = method
        self.status = status
        self.version = version
        self.reason = reason
        self.fields = fields
        self.ended = False

    @property
    def msg(self) -> http.client.HTTPMessage:
        message = http.client.HTTPMessage()
        for name, value in self.fields:
            message[name] = value
        return message

    headers = msg

    def getheader(self, name: str, default: Any = None) -> Any:
        values = self.msg.get_all(name)
        return ", ".join(values) if values else default

    def getheaders(self) -> list[tuple[str, str]]:
        return list(self.fields)

    def read(self, amt: int | None = None) -> bytes:
        raise NotImplementedError

    def read1(self, amt: int | None = None) -> bytes:
        return self.read(amt)

    def readinto(self, buffer: Any) -> int:
        piece = self.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)

    def isclosed(self) -> bool:
        return self.ended

    closed = property(isclosed)

    def close(self) -> None:
        self.ended = True

    def flush(self) -> None:
        pass


def _fail(error: int, came: bytes) -> NoReturn:
    if error == errno.ETIMEDOUT:
        raise TimeoutError("timed out")
    if error in (errno.EPROTO, errno.ENODATA):
        raise http.client.IncompleteRead(came)
    raise OSError(error, os.strerror(error))


class Whole(Body):
    """A body that has come, or as much of it as there is."""

    def __init__(self, *head: Any, data: bytes, error: int, chunked: bool) -> None:
        super().__init__(*head)
        self.data = data
        self.is_whole = not error
        # Where its length was told, urllib3 notices by itself that a part is missing, or does not mind.
        self.error = 0 if error == errno.ENODATA and not chunked else error
        self._file: io.BytesIO | None = None

    def take(self) -> bytes:
        """All of it, at once."""
        self.ended = True
        return self.data

    def read(self, amt: int | None = None) -> bytes:
        if self.ended:
            return b""
        if self._file is None:
            self._file = io.BytesIO(self.data)
        piece = self._file.read(amt)
        if self._file.tell() < len(self.data):
            return piece
        if not self.error:
            self.ended = True
        elif amt is None or not piece:
            self.ended = True
            _fail(self.error, self.data)
        return piece


class Streamed(Body):
    """A body that is received while it is read. left is how much of it there is, if that is known."""

    def __init__(self, *head: Any, handle: Any, left: int | None) -> None:
        super().__init__(*head)
        self._handle = handle
        self._left = left
        self._end_if_read()

    def _receive(self, size: int, came: bytes) -> bytes:
        piece = _greenroom.client_read(self._handle, size)
        return piece if isinstance(piece, bytes) else self._failed(piece[1], came)

    def _failed(self, error: int, came: bytes) -> bytes:
        self.close()
        if error == errno.ENODATA and self._left is not None:
            return b""
        _fail(error, came)

    def read(self, amt: int | None = None) -> bytes:
        pieces: list[bytes] = []
        wanted = self._left if amt is None or (self._left or amt) < amt else amt
        while not self.ended and wanted != 0:
            size = _PIECE if wanted is None else min(wanted, _PIECE)
            piece = self._receive(size, b"".join(pieces))
            if not piece:
                self.close()
            pieces.append(piece)
            if wanted is not None:
                wanted -= len(piece)
            if self._left is not None:
                self._left -= len(piece)
                self._end_if_read()
        return b"".join(pieces)

    def _end_if_read(self) -> None:
        """The connection is given back with the last byte, not only when somebody asks for more."""
        if self._left == 0 and not self.ended:
            self._receive(1, b"")
            self.close()

    def read1(self, amt: int | None = None) -> bytes:
        return self.read(_PIECE if amt is None or amt < 0 else amt)

    def close(self) -> None:
        if not self.ended:
            self.ended = True
            _greenroom.client_close(self._handle)


class Chunked(Streamed):
    """One in chunks, which urllib3 reads by itself: it is shown those that the server has made."""

    def __init__(self, *head: Any, handle: Any) -> None:
        super().__init__(*head, handle=handle, left=None)
        self._chunk = b""
        self._at = 0

    @property
    def fp(self) -> Any:
        return None if self.ended else self

    def readline(self) -> bytes:
        """The line of a chunk's size; the empty one behind the last."""
        if self._chunk is None:
            return b"\r\n"
        chunk = _greenroom.client_read_chunk(self._handle)
        if not isinstance(chunk, bytes):
            chunk = self._failed(chunk[1], b"")
        self._chunk, self._at = chunk or None, 0
        return b"%x\r\n" % len(chunk)

    def _safe_read(self, amt: int) -> bytes:
        """Of the chunk, or the end of line behind it."""
        if self._at == len(self._chunk):
            return b"\r\n"
        return self._of_chunk(amt)

    def _of_chunk(self, amt: int) -> bytes:
        piece = self._chunk[self._at : self._at + amt]
        self._at += len(piece)
        return piece

    def _receive(self, size: int, came: bytes) -> bytes:
        if self._chunk is not None and self._at < len(self._chunk):
            return self._of_chunk(size)
        return super()._receive(size, came)


class Raw(HTTPResponse):
    """Is what urllib3 makes of an answer once somebody asks it for more than its body."""

    def __init__(self, body: Body, call: Any, is_plain: bool, has_cookies: bool) -> None:
        self._original_response = body
        self._call = call
        self._is_plain = is_plain and type(body) is Whole and body.is_whole  # as it came
        self.has_cookies = has_cookies

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or "_fp" in self.__dict__:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        self._complete()
        return getattr(self, name)

    def _complete(self) -> None:
        body, call = self._original_response, self._call
        headers = HTTPHeaderDict()
        for name, value in body.fields:
            headers.add(name, value)
        options: dict[str, Any] = {}
        if _SAYS_VERSION:
            options["version_string"] = f"HTTP/1.{body.version - 10}"
        super().__init__(
            body=body, headers=headers, status=body.status, version=body.version,
            reason=body.reason, preload_content=False, decode_content=False,
            original_response=body, pool=call.pool(), retries=call.retries,
            request_method=body._method, **options,
        )

    def stream(self, amt: int | None = 2**16, decode_content: bool | None = None) -> Iterator[bytes]:
        body = self._original_response
        if not self._is_plain or "_fp" in self.__dict__:
            yield from super().stream(amt, decode_content)
            return
        data = b"" if body.ended else body.take()
        if amt is None or len(data) <= amt:
            if data:
                yield data
            return
        for at in range(0, len(data), amt):
            yield data[at : at + amt]

    def take(self) -> bytes | None:
        """All of a body that is as it came, and has not been touched; None for others."""
        body = self._original_response
        if not self._is_plain or body.ended or body._file is not None or "_fp" in self.__dict__:
            return None
        return body.take()

    @property
    def closed(self) -> bool:
        return super().closed if "_fp" in self.__dict__ else self._original_response.ended

    def close(self) -> None:
        if "_fp" in self.__dict__:
            super().close()
        else:
            self._original_response.close()

    def release_conn(self) -> None:
        pass
