"""The raw of a response of requests: urllib3's own class, over a body of ours."""

from __future__ import annotations

import errno
import http.client
import io
import os
from collections.abc import Iterator
from typing import Any

from urllib3._collections import HTTPHeaderDict
from urllib3.response import HTTPResponse

_SAYS_VERSION = "version_string" in HTTPResponse.__init__.__code__.co_varnames


class Body:
    """What urllib3 has of http.client.HTTPResponse: the head of an answer, and its body to be read."""

    def __init__(
        self, status: int, version: int, reason: str, fields: list[tuple[str, str]], data: bytes,
        error: int,
    ) -> None:
        self.status = status
        self.version = version
        self.reason = reason
        self.fields = fields
        self.data = data
        self.error = error  # why there is no more, an errno value
        self.taken = False
        self._file: io.BytesIO | None = None

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

    def take(self) -> bytes:
        """All of it, at once."""
        self.taken = True
        return self.data

    def read(self, amt: int | None = None) -> bytes:
        if self.taken:
            return b""
        if self._file is None:
            self._file = io.BytesIO(self.data)
        piece = self._file.read(amt)
        if self._file.tell() == len(self.data):
            if self.error and (amt is None or not piece):
                self.taken = True
                self._fail()
            self.taken = not self.error
        return piece

    read1 = read

    def readinto(self, buffer: Any) -> int:
        piece = self.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)

    def _fail(self) -> None:
        chunked = any(name.lower() == "transfer-encoding" for name, _ in self.fields)
        if self.error == errno.ETIMEDOUT:
            raise TimeoutError("timed out")
        if self.error == errno.EPROTO or (self.error == errno.ENODATA and chunked):
            raise http.client.IncompleteRead(self.data)
        if self.error != errno.ENODATA:  # which urllib3 notices by itself, or does not mind
            raise OSError(self.error, os.strerror(self.error))

    def isclosed(self) -> bool:
        return self.taken

    closed = property(isclosed)

    def close(self) -> None:
        self.taken = True

    def flush(self) -> None:
        pass


class Raw(HTTPResponse):
    """Is what urllib3 makes of an answer once somebody asks it for more than its body."""

    def __init__(self, body: Body, call: Any, is_plain: bool, has_cookies: bool) -> None:
        self._original_response = body
        self._call = call
        self.has_cookies = has_cookies
        self._is_plain = is_plain  # no coding is to be undone

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or "_fp" in self.__dict__:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        self._complete()
        return getattr(self, name)

    def _complete(self) -> None:
        body = self._original_response
        call = self._call
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
            request_method=call.request.method, **options,
        )

    def stream(self, amt: int | None = 2**16, decode_content: bool | None = None) -> Iterator[bytes]:
        body = self._original_response
        if not self._is_plain or body.error or "_fp" in self.__dict__:
            yield from super().stream(amt, decode_content)
            return
        data = b"" if body.taken else body.take()
        if amt is None or len(data) <= amt:
            if data:
                yield data
            return
        for at in range(0, len(data), amt):
            yield data[at : at + amt]

    @property
    def closed(self) -> bool:
        return super().closed if "_fp" in self.__dict__ else self._original_response.taken

    def close(self) -> None:
        if "_fp" in self.__dict__:
            super().close()
        else:
            self._original_response.close()

    def release_conn(self) -> None:
        pass
