"""What goes wrong with a call, as urllib3 and requests say it."""

from __future__ import annotations

import errno
import http.client
import os
import socket
import ssl
from typing import Any, NoReturn

import urllib3
from requests import exceptions
from urllib3 import exceptions as beneath
from urllib3.util import parse_url

# gr_failure_kind of greenroom/client.h.
CALL, PLACE, NAME, CONNECT, TLS, SEND, RECEIVE, PROTOCOL, REDIRECT, MEMORY, PROXY = range(1, 12)

# What getaddrinfo(3) says, without its number.
_LOOK_UPS = {
    "Temporary failure in name resolution": socket.EAI_AGAIN,
    "Non-recoverable failure in name resolution": socket.EAI_FAIL,
    "No address associated with hostname": socket.EAI_NODATA,
}


_IS_URLLIB3_1 = urllib3.__version__.startswith("1.")
_NO_PROXY = "Cannot connect to proxy." if _IS_URLLIB3_1 else "Unable to connect to proxy"


def _no_connection(pool: Any, reason: OSError, proxy: str) -> Exception:
    where = parse_url(proxy) if proxy else pool
    connection = pool.ConnectionCls(where.host, where.port)
    named = getattr(beneath, "NameResolutionError", None)
    if named and isinstance(reason, socket.gaierror):
        return named(where.host, connection, reason)
    return beneath.NewConnectionError(
        connection, f"Failed to establish a new connection: {reason}")


def _late(kind: int, pool: Any, path: str, timeout: Any) -> Exception:
    if kind == TLS:  # as urllib3 has it: in seconds for connecting
        return beneath.ReadTimeoutError(
            pool, path, f"Read timed out. (read timeout={timeout.connect_timeout})")
    if kind in (SEND, RECEIVE):
        return beneath.ReadTimeoutError(
            pool, path, f"Read timed out. (read timeout={timeout.read_timeout})")
    connection = pool.ConnectionCls(pool.host, pool.port)
    return beneath.ConnectTimeoutError(
        connection,
        f"Connection to {pool.host} timed out. (connect timeout={timeout.connect_timeout})")


def _no_tls(error: int, why: str, host: str) -> Exception:
    """In the words of Python's ssl, but for the line of its source."""
    reason = why.rpartition(": ")[2]
    if error == errno.ENODATA:
        return beneath.SSLError(ssl.SSLEOFError(
            int(ssl.SSL_ERROR_EOF),
            "[SSL: UNEXPECTED_EOF_WHILE_READING] EOF occurred in violation of protocol"))
    if "certificate of the other side is not accepted" not in why:
        name = reason.upper().replace(" ", "_")
        failed = ssl.SSLError(int(ssl.SSL_ERROR_SSL), f"[SSL: {name}] {reason}")
        failed.library, failed.reason = "SSL", name
        return beneath.SSLError(failed)
    if reason.endswith("mismatch"):
        subject = "IP address" if reason.startswith("IP") else "Hostname"
        reason = f"{subject} mismatch, certificate is not valid for {host!r}."
    refused = ssl.SSLCertVerificationError(
        int(ssl.SSL_ERROR_SSL), f"[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: {reason}")
    refused.library, refused.reason = "SSL", "CERTIFICATE_VERIFY_FAILED"
    refused.verify_message = reason
    return beneath.SSLError(refused)


def of_urllib3(
    failure: tuple[int, int, str], pool: Any, path: str, timeout: Any, proxy: str
) -> Exception:
    """The exception that urllib3 would have met; timeout is one of its own."""
    kind, error, why = failure
    if kind == MEMORY:
        return MemoryError(why)
    if error == errno.ETIMEDOUT:
        return _late(kind, pool, path, timeout)
    reason = why.rpartition(": ")[2]
    if kind in (PLACE, NAME, CONNECT):
        looked_up = kind == NAME and error == errno.ENOENT
        refused = _no_connection(
            pool, socket.gaierror(_LOOK_UPS.get(reason, socket.EAI_NONAME), reason)
            if looked_up else OSError(error, os.strerror(error)), proxy)
        return beneath.ProxyError(_NO_PROXY, refused) if proxy else refused
    if kind == PROXY:
        said = why.partition(": ")[2].removeprefix("it says ")
        return beneath.ProxyError(_NO_PROXY, OSError(f"Tunnel connection failed: {said}"))
    if kind == TLS and error in (errno.EPROTO, errno.ENODATA):
        return _no_tls(error, why, pool.host)
    return _aborted(kind, error, why)


def is_for_urllib3(failure: tuple[int, int, str]) -> bool:
    """Nothing has been sent, and urllib3 may see it otherwise.

    It has its own idea of a URL, and its version 1 of the name in a certificate.
    """
    kind, _, why = failure
    return kind == CALL or (kind == TLS and _IS_URLLIB3_1 and why.endswith("mismatch"))


def _aborted(kind: int, error: int, why: str) -> Exception:
    if kind == PROTOCOL and "more than one Content-Length" in why:
        return beneath.InvalidHeader(why)
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
    if isinstance(error, beneath.InvalidHeader):
        raise exceptions.InvalidHeader(error, request=request)
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
