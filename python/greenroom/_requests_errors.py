"""What goes wrong with a call, as urllib3 and requests say it."""

from __future__ import annotations

import errno
import http.client
import os
import socket
from typing import Any, NoReturn

from requests import exceptions
from urllib3 import exceptions as beneath

# gr_failure_kind of greenroom/client.h.
CALL, PLACE, NAME, CONNECT, TLS, SEND, RECEIVE, PROTOCOL, REDIRECT, MEMORY, PROXY = range(1, 12)

# What getaddrinfo(3) says, without its number.
_LOOK_UPS = {
    "Temporary failure in name resolution": socket.EAI_AGAIN,
    "Non-recoverable failure in name resolution": socket.EAI_FAIL,
    "No address associated with hostname": socket.EAI_NODATA,
}


def _no_connection(pool: Any, reason: OSError) -> Exception:
    connection = pool.ConnectionCls(pool.host, pool.port)
    named = getattr(beneath, "NameResolutionError", None)
    if named and isinstance(reason, socket.gaierror):
        return named(pool.host, connection, reason)
    return beneath.NewConnectionError(
        connection, f"Failed to establish a new connection: {reason}")


def _late(pool: Any, path: str, timeout: Any, while_connecting: bool) -> Exception:
    if while_connecting:
        connection = pool.ConnectionCls(pool.host, pool.port)
        return beneath.ConnectTimeoutError(
            connection,
            f"Connection to {pool.host} timed out. (connect timeout={timeout.connect_timeout})")
    return beneath.ReadTimeoutError(
        pool, path, f"Read timed out. (read timeout={timeout.read_timeout})")


def of_urllib3(failure: tuple[int, int, str], pool: Any, path: str, timeout: Any) -> Exception:
    """The exception that urllib3 would have met; timeout is one of its own."""
    kind, error, why = failure
    if kind == MEMORY:
        return MemoryError(why)
    if error == errno.ETIMEDOUT:
        return _late(pool, path, timeout, kind in (PLACE, NAME, CONNECT, TLS, PROXY))
    reason = why.rpartition(": ")[2]
    if kind == NAME and error == errno.ENOENT:
        return _no_connection(
            pool, socket.gaierror(_LOOK_UPS.get(reason, socket.EAI_NONAME), reason))
    if kind in (PLACE, NAME, CONNECT):
        return _no_connection(pool, OSError(error, os.strerror(error)))
    if kind == PROTOCOL:
        cause: Exception = http.client.BadStatusLine(why)
    elif kind == RECEIVE and error in (errno.ECONNRESET, errno.ENODATA):
        cause = http.client.RemoteDisconnected("Remote end closed connection without response")
    else:
        cause = OSError(error, os.strerror(error))
    return beneath.ProtocolError("Connection aborted.", cause)


def raise_as_requests(error: Exception, request: Any) -> NoReturn:
    """What HTTPAdapter.send makes of an exception of urllib3's."""
    if isinstance(error, beneath.ProtocolError):
        raise exceptions.ConnectionError(error, request=request)
    if isinstance(error, beneath.MaxRetryError):
        raise _given_up(error.reason)(error, request=request)
    if isinstance(error, beneath.ReadTimeoutError):
        raise exceptions.ReadTimeout(error, request=request)
    raise error


def _given_up(reason: Exception | None) -> type[exceptions.RequestException]:
    if isinstance(reason, beneath.ConnectTimeoutError) and not isinstance(
        reason, beneath.NewConnectionError
    ):
        return exceptions.ConnectTimeout
    if isinstance(reason, beneath.ResponseError):
        return exceptions.RetryError
    if isinstance(reason, beneath.ProxyError):
        return exceptions.ProxyError
    if isinstance(reason, beneath.SSLError):
        return exceptions.SSLError
    return exceptions.ConnectionError
