"""An HTTP client of blocking calls, for green threads and for plain Python.

    from greenroom import http

    answer = http.get("https://example.org/items", params={"page": 2}, timeout=5)
    answer.raise_for_status()
    items = answer.json()

On a green thread a call lets the others run, and ends at the thread's deadline; anywhere else it blocks
its thread. Connections are kept and used again: one client serves all threads of a process.
Times are in seconds.
"""

from __future__ import annotations

import errno
import json as json_module
import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from http.cookiejar import CookieJar
from types import EllipsisType, TracebackType
from typing import Any

import _greenroom

from greenroom._cookies import header, jar_of, keep
from greenroom._encode import Content, File, Pairs, body_of, url_of
from greenroom._redirect import Hop

__all__ = [
    "Client", "ConnectError", "ConnectionBroken", "HTTPError", "Headers", "InvalidRequest",
    "ProtocolError", "Response", "StatusError", "TLSError", "Timeout", "TooManyRedirects",
    "delete", "get", "head", "options", "patch", "post", "put", "request",
]

# For a step, or for connecting and for each wait for the answer. None: no limit.
Patience = float | tuple[float | None, float | None] | None


class HTTPError(Exception):
    """What all that goes wrong with a call is."""


class InvalidRequest(HTTPError, ValueError):
    """It cannot be sent: its URL, its method, a field."""


class ConnectError(HTTPError, ConnectionError):
    """There is no connection: the name has no address, nobody listens."""


class TLSError(ConnectError):
    """There is no agreement, or the server is not whom it should be."""


class ConnectionBroken(HTTPError, ConnectionError):
    """The connection ended while the request was sent, or before the answer came."""


class ProtocolError(HTTPError):
    """What came is not an answer of HTTP/1.1, or not all of it."""


class TooManyRedirects(HTTPError):
    """There is no end of them, or one leads to what is no URL."""


class Timeout(HTTPError, TimeoutError):
    """Time has run out, the deadline of a green thread included."""


class StatusError(HTTPError):
    """The status is from 400 on; see Response.raise_for_status."""

    def __init__(self, message: str, response: Response) -> None:
        super().__init__(message)
        self.response = response


# By gr_failure_kind of greenroom/client.h.
_KINDS: dict[int, type[HTTPError]] = {
    1: InvalidRequest, 2: ConnectError, 3: ConnectError, 4: ConnectError, 5: TLSError,
    6: ConnectionBroken, 7: ConnectionBroken, 8: ProtocolError, 9: TooManyRedirects, 11: ConnectError,
}


def _raised(kind: int, error: int, why: str) -> Exception:
    if error == errno.ETIMEDOUT:
        return Timeout(why)
    if error == errno.ECANCELED:
        return OSError(error, why)
    if error == errno.ENOMEM:
        return MemoryError(why)
    return _KINDS[kind](why)


class Headers(Mapping[str, str]):
    """The fields of an answer, by name in any case.

    The values of those that came more than once are joined by ", "; see get_all.
    """

    def __init__(self, fields: list[tuple[str, str]]) -> None:
        self.fields = fields

    def __getitem__(self, name: str) -> str:
        values = self.get_all(name)
        if not values:
            raise KeyError(name)
        return ", ".join(values)

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(name.lower() for name, _ in self.fields))

    def __len__(self) -> int:
        return len({name.lower() for name, _ in self.fields})

    def __repr__(self) -> str:
        return f"Headers({self.fields!r})"

    def get_all(self, name: str) -> list[str]:
        """The values of that name, in order."""
        wanted = name.lower()
        return [value for name, value in self.fields if name.lower() == wanted]


class Response:
    """An answer, of whatever status. One with stream=True is to be closed: it is a context manager."""

    def __init__(
        self, status: int, reason: str, url: str, fields: list[tuple[str, str]], body: Any
    ) -> None:
        self.status_code = status
        self.reason = reason
        self.url = url  # after redirects
        self.headers = Headers(fields)
        self._body: bytes | None = body if isinstance(body, bytes) else None
        self._stream = None if isinstance(body, bytes) else body

    def __repr__(self) -> str:
        return f"<Response [{self.status_code}]>"

    @property
    def ok(self) -> bool:
        """Is the status below 400?"""
        return self.status_code < 400

    @property
    def content(self) -> bytes:
        """The body; of a stream the rest is read first."""
        if self._body is None:
            self._body = b"".join(self.iter_bytes())
        return self._body

    @property
    def encoding(self) -> str:
        """What Content-Type says, else utf-8."""
        for part in self.headers.get("Content-Type", "").split(";")[1:]:
            name, _, value = part.partition("=")
            if name.strip().lower() == "charset":
                return value.strip().strip('"')
        return "utf-8"

    @property
    def text(self) -> str:
        """The body as text; what cannot be decoded is replaced."""
        try:
            return self.content.decode(self.encoding, "replace")
        except LookupError:
            return self.content.decode("utf-8", "replace")

    def json(self) -> Any:
        """The body as JSON; raises ValueError."""
        return json_module.loads(self.content)

    def iter_bytes(self, size: int = 16384) -> Iterator[bytes]:
        """The body in pieces of up to size bytes, as they come."""
        if self._body is not None:
            yield from (self._body[at : at + size] for at in range(0, len(self._body), size))
            return
        while piece := _greenroom.client_read(self._stream, size):
            if isinstance(piece, tuple):
                raise _raised(*piece)
            yield piece

    def raise_for_status(self) -> Response:
        """Raises StatusError where the status is from 400 on; returns itself otherwise."""
        if self.ok:
            return self
        raise StatusError(f"{self.status_code} {self.reason} for {self.url}", self)

    def close(self) -> None:
        """Ends a stream; one that has not been read to its end costs its connection."""
        if self._stream is not None:
            _greenroom.client_close(self._stream)

    def __enter__(self) -> Response:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class Client:
    """Settings for calls, and the connections that they share.

    base_url stands before URLs that begin with "/". verify is the path of the authorities to trust
    instead of the system's, False to take servers for whom they say they are; cert the path of a
    certificate and its key, or of both. cookies is a jar of http.cookiejar, or what one begins with,
    by name; None: they are not kept. proxy is a URL, "" for none; None for what the environment says
    now (http_proxy, https_proxy, all_proxy, no_proxy). unix_socket is the path of one that is asked
    whatever the URL. Raises ValueError where these are no good.

    A client is not to be used in a child of fork that its parent goes on using.
    """

    def __init__(
        self,
        *,
        base_url: str = "",
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: Patience = (10.0, 60.0),
        total: float | None = None,
        redirects: int = 10,
        verify: str | bool | None = None,
        cert: str | tuple[str, str] | None = None,
        cookies: CookieJar | Mapping[str, str] | None = None,
        proxy: str | None = None,
        unix_socket: str | None = None,
        connections: int = 1000,
        connections_per_origin: int = 100,
    ) -> None:
        certificate, key = cert if isinstance(cert, tuple) else (cert, cert)
        self.base_url = base_url.rstrip("/")
        self.headers = dict(headers or {})
        self.auth = auth
        self.timeout = timeout
        self.total = total
        self.redirects = redirects
        self.cookies = None if cookies is None else jar_of(cookies, self.base_url)
        usual = verify in (None, True)
        self._client = _greenroom.client_open(
            connections, connections_per_origin, -1 if self.cookies is not None else redirects or -1,
            0, False,
            None if usual and not certificate else _greenroom.client_tls(
                verify if isinstance(verify, str) else None, certificate, key, verify is not False),
            proxy, unix_socket,
        )

    def request(
        self,
        method: str,
        url: str,
        *,
        params: Pairs | str | None = None,
        headers: Mapping[str, str] | None = None,
        data: Pairs | Content | None = None,
        json: Any = None,
        files: Mapping[str, File] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: Patience | EllipsisType = ...,
        total: float | None = None,
        stream: bool = False,
    ) -> Response:
        """Sends a request, and returns the answer once its body has been read.

        data is a form (a mapping), or the body itself: bytes, text, a file, or pieces. Files and
        pieces are read while they are sent. timeout bounds connecting and each wait for the answer,
        total all of the call. With stream the body is not read, but by iter_bytes and content of
        the answer. Raises HTTPError.
        """
        body, kind = body_of(data, json, files)
        fields = self.headers | dict(headers) if headers else self.headers
        sent = list(fields.items())
        if kind and "content-type" not in map(str.lower, fields):
            sent.append(("Content-Type", kind))
        if self.base_url and url.startswith("/"):
            url = self.base_url + url
        connect, read = _patience(self.timeout if timeout is ... else timeout)
        times = connect, read, _nanoseconds(self.total if total is None else total)
        hop = Hop(method, url_of(url, params), sent, *body, auth or self.auth)
        if self.cookies is None:
            return self._send(hop, times, stream)
        return self._follow(self.cookies, hop, times, stream)

    def _send(self, hop: Hop, times: tuple[int, int, int], stream: bool) -> Response:
        user, password = hop.auth or (None, None)
        answer = _greenroom.client_call(
            self._client, hop.method, hop.url, hop.fields, hop.body, hop.length, user, password,
            *times, stream,
        )
        if len(answer) == 3:
            raise _raised(*answer)
        status, reason, moved, received, content = answer
        return Response(status, reason, moved or hop.url, received, content)

    def _follow(
        self, jar: CookieJar, hop: Hop, times: tuple[int, int, int], stream: bool
    ) -> Response:
        """Follows redirects, of which each may set cookies. Each has the whole of the time."""
        for _ in range(self.redirects + 1):
            with_cookie = hop
            if cookie := header(jar, hop.url):
                with_cookie = replace(hop, fields=[*hop.fields, ("Cookie", cookie)])
            answer = self._send(with_cookie, times, stream)
            keep(jar, hop.url, answer.headers.fields)
            following = hop.after(answer.status_code, answer.headers.get("Location"))
            if following is None or self.redirects == 0:
                return answer
            answer.close()
            hop = following
        raise TooManyRedirects(
            f"there are more than {self.redirects} redirects, the last one to {hop.url}")

    def get(self, url: str, **options: Any) -> Response:
        return self.request("GET", url, **options)

    def head(self, url: str, **options: Any) -> Response:
        return self.request("HEAD", url, **options)

    def options(self, url: str, **options: Any) -> Response:
        return self.request("OPTIONS", url, **options)

    def post(self, url: str, **options: Any) -> Response:
        return self.request("POST", url, **options)

    def put(self, url: str, **options: Any) -> Response:
        return self.request("PUT", url, **options)

    def patch(self, url: str, **options: Any) -> Response:
        return self.request("PATCH", url, **options)

    def delete(self, url: str, **options: Any) -> Response:
        return self.request("DELETE", url, **options)


def _nanoseconds(seconds: float | None) -> int:
    """As greenroom/client.h has times: none is below 0."""
    if seconds is None:
        return -1
    if not seconds > 0:
        raise ValueError(f"a time must be positive, not {seconds!r}")
    return min(int(seconds * 1e9), 1 << 62)


def _patience(timeout: Any) -> tuple[int, int]:
    connect, read = timeout if isinstance(timeout, tuple) else (timeout, timeout)
    return _nanoseconds(connect), _nanoseconds(read)


_client: Client | None = None
_of_parents: list[Client] = []  # in a child of fork: their connections are not its own to close


def _shared() -> Client:
    global _client
    if _client is None:
        _client = Client()
    return _client


def _forget() -> None:
    global _client
    if _client is not None:
        _of_parents.append(_client)
        _client = None


os.register_at_fork(after_in_child=_forget)


def request(method: str, url: str, **options: Any) -> Response:
    """Client.request on the client that all these functions share."""
    return _shared().request(method, url, **options)


def get(url: str, **options: Any) -> Response:
    return _shared().request("GET", url, **options)


def head(url: str, **options: Any) -> Response:
    return _shared().request("HEAD", url, **options)


def options(url: str, **options: Any) -> Response:
    return _shared().request("OPTIONS", url, **options)


def post(url: str, **options: Any) -> Response:
    return _shared().request("POST", url, **options)


def put(url: str, **options: Any) -> Response:
    return _shared().request("PUT", url, **options)


def patch(url: str, **options: Any) -> Response:
    return _shared().request("PATCH", url, **options)


def delete(url: str, **options: Any) -> Response:
    return _shared().request("DELETE", url, **options)
