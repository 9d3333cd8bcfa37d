"""HTTPAdapter.send of requests, by the client of Greenroom."""

from __future__ import annotations

import http.client
import logging
import os
import socket
import sys
from collections import OrderedDict
from functools import lru_cache
from typing import Any

import _greenroom
import urllib3
from requests import Response, utils
from requests.adapters import HTTPAdapter
from requests.cookies import extract_cookies_to_jar
from requests.structures import CaseInsensitiveDict
from urllib3.connectionpool import HTTPConnectionPool, log
from urllib3.exceptions import HTTPError, MaxRetryError
from urllib3.util import Retry, Timeout
from urllib3.util import connection as util_connection

from greenroom import _requests_errors as errors
from greenroom._requests_raw import Body, Raw

_send = HTTPAdapter.send
_close = HTTPAdapter.close

# What an adapter may have of its own without being asked differently.
_OWN = frozenset(("__init__", "__getstate__", "__setstate__", "send", "close"))
_HOOKS = {name: member for name, member in vars(HTTPAdapter).items()
          if callable(member) and name not in _OWN}
_POOL_OPTIONS = frozenset(("maxsize", "block", "strict"))

# What others put themselves beneath requests by: tracing, recording, other sockets.
_BENEATH: tuple[tuple[Any, str], ...] = (
    (HTTPConnectionPool, "urlopen"),
    (HTTPConnectionPool, "ConnectionCls"),
    (urllib3.connection.HTTPConnection, "request"),
    (urllib3.connection.HTTPConnection, "connect"),
    (urllib3.connection.HTTPConnection, "default_socket_options"),
    (http.client.HTTPConnection, "putrequest"),
    (http.client.HTTPConnection, "getresponse"),
    (http.client.HTTPConnection, "debuglevel"),
    (util_connection, "create_connection"),
    (util_connection, "allowed_gai_family"),
    (socket, "create_connection"),
    (socket, "getaddrinfo"),
    (socket, "socket"),
)
_USUAL = [getattr(owner, name) for owner, name in _BENEATH]

# Fields by which a request is not one of those that are sent here.
_UNUSUAL = ("transfer-encoding", "upgrade")

_is_plain: dict[type, bool] = {}  # adapters, by class
_of_parents: list[Any] = []  # in a child of fork: their connections are not its own to close
_generation = 0


def _forget() -> None:
    global _generation
    _generation += 1


os.register_at_fork(after_in_child=_forget)


# ---- whether ----


def _is_untouched() -> bool:
    """Is nobody between requests and its sockets, and nobody reading urllib3's log?"""
    for (owner, name), usual in zip(_BENEATH, _USUAL):
        if getattr(owner, name) is not usual:
            return False
    return not log.isEnabledFor(logging.DEBUG)


def _judge(kind: type) -> bool:
    plain = all(getattr(kind, name, None) is member for name, member in _HOOKS.items())
    _is_plain[kind] = plain
    return plain


def _is_ours(adapter: Any) -> bool:
    """Does it do nothing that our client does not?"""
    kind = type(adapter)
    return (
        _is_plain[kind] if kind in _is_plain else _judge(kind)
    ) and _HOOKS.keys().isdisjoint(adapter.__dict__)


# ---- connections ----


class _Pools:
    """The connections of an adapter, in place of those of its PoolManager."""

    def __init__(self, adapter: Any) -> None:
        manager = adapter.poolmanager
        self.manager = manager
        self.generation = _generation
        self.usable = (
            type(manager) is urllib3.PoolManager
            and manager.connection_pool_kw.keys() <= _POOL_OPTIONS
            and not manager.headers
        )
        limit = adapter._pool_maxsize if adapter._pool_block else sys.maxsize
        self.client = _greenroom.client_open(sys.maxsize, limit, -1, -1, True, None, "", None)


def _pools_of(adapter: Any) -> _Pools:
    pools = adapter.__dict__.get("_greenroom")
    if pools is None or pools.manager is not adapter.poolmanager:
        pools = adapter.__dict__["_greenroom"] = _Pools(adapter)
    elif pools.generation != _generation:
        _of_parents.append(pools)
        pools = adapter.__dict__["_greenroom"] = _Pools(adapter)
    return pools


def close(self: Any) -> None:
    self.__dict__.pop("_greenroom", None)
    _close(self)


# ---- a call ----


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


def _fields_of(request: Any) -> list[tuple[Any, Any]] | None:
    """As they are sent, besides Host; None if they are not for us."""
    store = request.headers._store
    for name in _UNUSUAL:
        if name in store:
            return None
    fields = list(store.values())
    if "content-length" not in store and (
        request.body is not None or request.method in ("POST", "PUT", "PATCH")
    ):
        return None
    if "user-agent" not in store:
        fields.append(("User-Agent", _agent()))
    if "accept-encoding" not in store:
        fields.insert(0, ("Accept-Encoding", "identity"))
    return fields


@lru_cache
def _agent() -> str:
    return f"python-urllib3/{urllib3.__version__}"


def _body_of(request: Any) -> Any:
    """bytes or None; False if it is not for us."""
    body = request.body
    if body is None or type(body) is bytes:
        return body
    return body.encode() if type(body) is str and body.isascii() else False


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


class _Call:
    """A request that is made by an adapter, as often as its retries have it."""

    def __init__(self, adapter: Any, request: Any, patience: _Patience) -> None:
        self.adapter = adapter
        self.request = request
        self.patience = patience
        self.retries = adapter.max_retries

    def pool(self) -> Any:
        """What urllib3 would have asked: exceptions name it."""
        return self.adapter.poolmanager.connection_from_url(self.request.url)

    def make(self, client: Any, fields: Any, body: Any) -> Response | None:
        """None: it cannot be sent by us. Raises exceptions of urllib3's."""
        request, patience = self.request, self.patience
        while True:
            answer = _greenroom.client_exchange(
                client, request.method, request.url, fields, body,
                patience.connect, patience.read, False,
            )
            if len(answer) == 3:
                if answer[0] == errors.CALL:
                    return None
                self._failed(answer)
                continue
            response = self._response(answer)
            if not self._is_refused(response):
                return response

    def _increment(self, **what: Any) -> None:
        retries = self.retries
        if not isinstance(retries, Retry):
            retries = Retry.from_int(retries)
        request = self.request
        self.retries = retries.increment(request.method, request.path_url, _pool=self.pool(), **what)

    def _failed(self, failure: Any) -> None:
        error = errors.of_urllib3(
            failure, self.pool(), self.request.path_url, self.patience.timeout)
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
                raise
            return False
        self.retries.sleep(response.raw)
        return True

    def _response(self, answer: Any) -> Response:
        status, version, reason, fields, data, error = answer
        request = self.request
        headers = _headers_of(fields)
        store = headers._store
        has_cookies = "set-cookie" in store
        body = Body(status, version, reason, fields, data, error)
        response = Response()
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


def _try(adapter: Any, request: Any, timeout: Any) -> Response | None:
    """None: it is not for us, and nothing has been done."""
    pools = _pools_of(adapter)
    fields = _fields_of(request)
    body = _body_of(request)
    if not pools.usable or fields is None or body is False or not _is_usual(timeout):
        return None
    try:
        return _Call(adapter, request, _patience(timeout)).make(pools.client, fields, body)
    except HTTPError as error:
        errors.raise_as_requests(error, request)


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
    if (
        not stream
        and not proxies
        and request.url[:7] == "http://"
        and _is_ours(self)
        and _is_untouched()
    ):
        response = _try(self, request, timeout)
    if response is None:
        response = _send(self, request, stream, timeout, verify, cert, proxies)
    return response


def install() -> None:
    setattr(HTTPAdapter, "send", send)
    setattr(HTTPAdapter, "close", close)
