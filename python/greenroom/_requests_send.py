"""HTTPAdapter.send of requests, by the client of Greenroom."""

from __future__ import annotations

import warnings
from collections import OrderedDict
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import _greenroom
import urllib3
from requests import Response, exceptions, utils
from requests.adapters import HTTPAdapter
from requests.cookies import extract_cookies_to_jar
from requests.structures import CaseInsensitiveDict
from urllib3.exceptions import HTTPError, InsecureRequestWarning, InvalidHeader, MaxRetryError
from urllib3.util import Retry, Timeout, parse_url
from urllib3.util.request import set_file_position

from greenroom import _requests_errors as errors
from greenroom._requests_beneath import is_plain, is_untouched
from greenroom._requests_pools import pools_of, trust_of
from greenroom._requests_raw import Body, Chunked, Raw, Streamed, Whole

_send = HTTPAdapter.send
_close = HTTPAdapter.close

_IS_URLLIB3_1 = urllib3.__version__.startswith("1.")
_ADVICE = (
    "https://urllib3.readthedocs.io/en/1.26.x/advanced-usage.html#ssl-warnings" if _IS_URLLIB3_1
    else "https://urllib3.readthedocs.io/en/latest/advanced-usage.html#tls-warnings"
)
_AGENT = f"python-urllib3/{urllib3.__version__}"
_BLOCK = 16384  # of a file that is sent


# ---- time ----


class _Patience:
    """A timeout of requests, in the words of urllib3 and in those of our client."""

    def __init__(self, timeout: Timeout) -> None:
        self.timeout = timeout
        self.connect = _nanoseconds(timeout.connect_timeout)
        self.read = _nanoseconds(timeout.read_timeout)


def _nanoseconds(seconds: float | None) -> int:
    return -1 if seconds is None else min(int(seconds * 1e9), 1 << 62)


def _is_usual(timeout: Any) -> bool:
    """Others are for urllib3, which refuses most of them."""
    if isinstance(timeout, tuple):
        return len(timeout) == 2 and all(map(_is_usual, timeout))
    return timeout is None or type(timeout) in (int, float)


@lru_cache(maxsize=256)
def _patience(said: Any) -> _Patience:
    """Raises ValueError, as requests does."""
    connect, read = said if isinstance(said, tuple) else (said, said)
    return _Patience(Timeout(connect=connect, read=read))


# ---- what is sent ----


def _fields_of(request: Any) -> list[tuple[Any, Any]] | None:
    """As they are sent, besides Host; None if they are not for us."""
    if type(request.headers) is not CaseInsensitiveDict:
        return None
    store = request.headers._store
    if "upgrade" in store:
        return None
    fields = list(store.values())
    if "content-length" not in store and (
        "transfer-encoding" in store if request.body is None
        else store.get("transfer-encoding", ("", ""))[1] != "chunked"
    ):
        return None
    if request.body is None and request.method in ("POST", "PUT", "PATCH"):
        if "content-length" not in store:
            return None
    if "user-agent" not in store:
        fields.insert(len(fields) if _IS_URLLIB3_1 else 0, ("User-Agent", _AGENT))
    if "accept-encoding" not in store:
        fields.insert(0, ("Accept-Encoding", "identity"))
    return fields


def _length_of(request: Any) -> int | None:
    """Of a body that is no bytes: -1, it goes in chunks; None if it is not for us."""
    store = request.headers._store
    said = store.get("content-length")
    if said is None:
        return -1
    return int(said[1]) if "transfer-encoding" not in store and str(said[1]).isdecimal() else None


def _blocks(file: Any) -> Iterator[Any]:
    while block := file.read(_BLOCK):
        yield block


def _pieces(body: Any, length: int) -> Iterator[bytes]:
    """What a file or an iterable has, as urllib3 sends it."""
    for piece in _blocks(body) if length >= 0 and hasattr(body, "read") else body:
        if isinstance(piece, str):
            if _IS_URLLIB3_1 and length < 0:
                raise TypeError("data should be a bytes-like object or an iterable, got <class 'str'>")
            piece = piece.encode("latin-1" if _IS_URLLIB3_1 else "utf-8")
        yield bytes(piece)


# ---- what comes ----


@lru_cache
def _encoding_of(kind: str | None) -> str | None:
    return utils.get_encoding_from_headers({"content-type": kind} if kind else {})


def _headers_of(fields: list[tuple[str, str]]) -> Any:
    """By name in any case; values of one name are joined, as urllib3 does."""
    store: OrderedDict[str, tuple[str, str]] = OrderedDict()
    for field in fields:
        key = field[0].lower()
        before = store.get(key)
        store[key] = field if before is None else (before[0], f"{before[1]}, {field[1]}")
    headers = CaseInsensitiveDict.__new__(CaseInsensitiveDict)
    headers._store = store
    return headers


# What a new answer has, but for what each has of its own.
_BLANK = {name: value for name, value in vars(Response()).items()
          if name not in ("headers", "history", "cookies")}


class _Call:
    """A request that is made by an adapter, as often as its retries have it."""

    def __init__(
        self, adapter: Any, request: Any, patience: _Patience, stream: bool, proxy: str
    ) -> None:
        self.adapter = adapter
        self.request = request
        self.patience = patience
        self.stream = stream
        self.proxy = proxy
        self.retries = adapter.max_retries

    def pool(self) -> Any:
        """What urllib3 would have asked: exceptions name it."""
        adapter = self.adapter
        manager = adapter.proxy_manager_for(self.proxy) if self.proxy else adapter.poolmanager
        return manager.connection_from_url(self.request.url)

    def _path(self) -> str:
        request = self.request
        if self.proxy and request.url.startswith("http://"):
            return utils.urldefragauth(request.url)
        return request.path_url

    def make(self, client: Any, fields: Any) -> Response | None:
        """None: it cannot be sent by us. Raises exceptions of urllib3's, and what a body raises."""
        request, patience = self.request, self.patience
        body, length = request.body, 0
        if type(body) is str and body.isascii():
            body = body.encode()
        position: Any = None
        is_streamed = body is not None and type(body) is not bytes
        if is_streamed:
            if isinstance(body, (str, bytearray)) or (found := _length_of(request)) is None:
                return None
            length = found
        while True:
            sent = body
            if is_streamed:
                position = set_file_position(body, position)
                sent = _pieces(body, length)
            answer = _greenroom.client_exchange(
                client, request.method, request.url, fields, sent, length,
                patience.connect, patience.read, self.stream,
            )
            if len(answer) == 3:
                if errors.is_for_urllib3(answer):
                    return None
                self._failed(answer)
                continue
            response = self._response(*answer)
            if not self._is_refused(response):
                return response

    def _increment(self, **what: Any) -> None:
        retries = self.retries
        if not isinstance(retries, Retry):
            retries = Retry.from_int(retries)
        self.retries = retries.increment(
            self.request.method, self._path(), _pool=self.pool(), **what)

    def _failed(self, failure: Any) -> None:
        """Waits until the call is to be made again; raises if it is not."""
        error = errors.of_urllib3(
            failure, self.pool(), self._path(), self.patience.timeout, self.proxy)
        if isinstance(error, (InvalidHeader, MemoryError)):
            raise error
        self._increment(error=error)
        self.retries.sleep()

    def _is_refused(self, response: Response) -> bool:
        """Is it an answer upon which the request is to be made again? Waits until then."""
        retries = self.retries
        if not isinstance(retries, Retry) or not (retries.total or retries.status_forcelist):
            return False
        late = "retry-after" in response.headers
        if not retries.is_retry(self.request.method, response.status_code, late):
            return False
        try:
            self._increment(response=response.raw)
        except MaxRetryError:
            if retries.raise_on_status:
                response.raw.drain_conn()
                raise
            return False
        response.raw.drain_conn()
        self.retries.sleep(response.raw)
        return True

    def _body(self, store: Any, head: Any, data: Any, error: int) -> Body:
        chunked = "transfer-encoding" in store
        if isinstance(data, bytes):
            return Whole(*head, data=data, error=error, chunked=chunked)
        method, status = head[:2]
        if method == "HEAD" or status in (204, 304):
            return Streamed(*head, handle=data, left=0)
        if chunked:
            return Chunked(*head, handle=data)
        said = store.get("content-length")
        return Streamed(*head, handle=data, left=int(said[1]) if said else None)

    def _response(
        self, status: int, version: int, reason: str, fields: Any, data: Any, error: int
    ) -> Response:
        request = self.request
        headers = _headers_of(fields)
        store = headers._store
        has_cookies = "set-cookie" in store
        body = self._body(store, (request.method, status, version, reason, fields), data, error)
        response = Response.__new__(Response)
        response.__dict__.update(_BLANK)
        response.history = []
        response.status_code = status
        response.headers = headers
        kind = store.get("content-type")
        response.encoding = _encoding_of(kind and kind[1])
        response.raw = Raw(body, self, "content-encoding" not in store, has_cookies)
        response.reason = reason
        response.url = request.url
        response.request = request
        response.connection = self.adapter
        if has_cookies:
            extract_cookies_to_jar(response.cookies, request, response.raw)
        return response


# ---- the whole ----


def _proxy_of(url: str, proxies: Any) -> str:
    """"" for none."""
    proxy = utils.select_proxy(url, proxies) if proxies else None
    return utils.prepend_scheme_if_needed(proxy, "http") if proxy else ""


def _warn(url: str) -> None:
    warnings.warn(
        f"Unverified HTTPS request is being made to host {parse_url(url).host!r}. "
        f"Adding certificate verification is strongly advised. See: {_ADVICE}",
        InsecureRequestWarning, stacklevel=2,
    )


def _try(
    adapter: Any, request: Any, stream: bool, timeout: Any, verify: Any, cert: Any, proxies: Any
) -> Response | None:
    """None: it is not for us, and nothing has been done."""
    pools = pools_of(adapter)
    fields = _fields_of(request)
    url = request.url
    if not pools.usable or fields is None or type(url) is not str or not _is_usual(timeout):
        return None
    proxy = _proxy_of(url, proxies)
    if url.startswith("https://"):
        trust = trust_of(verify, cert)
        client = trust and pools.client(proxy, verify, cert, trust)
    else:
        trust = None
        client = pools.client(proxy, None, None, None) if url.startswith("http://") else None
    if client is None:
        return None
    call = _Call(adapter, request, _patience(timeout), bool(stream), proxy)
    if trust is not None and not verify:
        _warn(url)
    try:
        return call.make(client, fields)
    except HTTPError as error:
        errors.raise_as_requests(error, request)
    except OSError as error:  # a body's own
        raise exceptions.ConnectionError(error, request=request)


def send(
    self: Any,
    request: Any,
    stream: bool = False,
    timeout: Any = None,
    verify: Any = True,
    cert: Any = None,
    proxies: Any = None,
) -> Response:
    response = None
    if is_plain(self) and is_untouched():
        response = _try(self, request, stream, timeout, verify, cert, proxies)
    if response is None:
        response = _send(self, request, stream, timeout, verify, cert, proxies)
    return response


def close(self: Any) -> None:
    self.__dict__.pop("_greenroom", None)
    _close(self)


def install() -> None:
    setattr(HTTPAdapter, "send", send)
    setattr(HTTPAdapter, "close", close)
