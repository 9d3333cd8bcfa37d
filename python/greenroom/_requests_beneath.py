"""Whether a call of requests may be made by the client of Greenroom: is nobody in between?"""

from __future__ import annotations

import http.client
import logging
import socket
import ssl
from typing import Any

import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool, log
from urllib3.util import connection as util_connection
from urllib3.util import ssl_ as util_ssl

# What an adapter may have of its own without being asked differently.
_OWN = frozenset(("__init__", "__getstate__", "__setstate__", "send", "close"))
_HOOKS = {name: member for name, member in vars(HTTPAdapter).items()
          if callable(member) and name not in _OWN}

# What others put themselves beneath requests by: tracing, recording, other sockets and authorities.
_BENEATH: tuple[tuple[Any, str], ...] = (
    (HTTPConnectionPool, "urlopen"),
    (HTTPConnectionPool, "ConnectionCls"),
    (HTTPSConnectionPool, "ConnectionCls"),
    (urllib3.connection.HTTPConnection, "request"),
    (urllib3.connection.HTTPConnection, "connect"),
    (urllib3.connection.HTTPConnection, "default_socket_options"),
    (urllib3.connection.HTTPSConnection, "connect"),
    (http.client.HTTPConnection, "putrequest"),
    (http.client.HTTPConnection, "getresponse"),
    (http.client.HTTPConnection, "debuglevel"),
    (util_connection, "create_connection"),
    (util_connection, "allowed_gai_family"),
    (util_ssl, "SSLContext"),
    (util_ssl, "create_urllib3_context"),
    (socket, "create_connection"),
    (socket, "getaddrinfo"),
    (socket, "socket"),
    (ssl, "SSLContext"),
)
_USUAL = tuple(getattr(owner, name) for owner, name in _BENEATH)

_is_plain: dict[type, bool] = {}  # adapters, by class


def is_untouched() -> bool:
    """Is nobody between requests and its sockets, and nobody reading urllib3's log?"""
    for (owner, name), usual in zip(_BENEATH, _USUAL):
        if getattr(owner, name) is not usual:
            return False
    return not log.isEnabledFor(logging.DEBUG)


def _judge(kind: type) -> bool:
    plain = all(getattr(kind, name, None) is member for name, member in _HOOKS.items())
    _is_plain[kind] = plain
    return plain


def is_plain(adapter: Any) -> bool:
    """Does the adapter do nothing that our client does not?"""
    kind = type(adapter)
    plain = _is_plain[kind] if kind in _is_plain else _judge(kind)
    return plain and _HOOKS.keys().isdisjoint(adapter.__dict__)
