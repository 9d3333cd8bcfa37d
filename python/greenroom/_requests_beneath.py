"""Whether a call of requests may be made by the client of Greenroom: is nobody in between?"""

from __future__ import annotations

import http.client
import logging
import socket
import ssl
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import connection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool, log
from urllib3.util import connection as util_connection
from urllib3.util import ssl_ as util_ssl

# What an adapter may have of its own without being asked differently.
_OWN = frozenset(("__init__", "__getstate__", "__setstate__", "send", "close"))
_HOOKS = {name: member for name, member in vars(HTTPAdapter).items()
          if callable(member) and name not in _OWN}

_Pool, _SecurePool = HTTPConnectionPool, HTTPSConnectionPool
_Connection, _SecureConnection = connection.HTTPConnection, connection.HTTPSConnection
_Plain = http.client.HTTPConnection


def _beneath() -> tuple[Any, ...]:
    """What others put themselves beneath requests by: tracing, recording, other sockets."""
    return (
        _Pool.urlopen, _Pool.ConnectionCls, _SecurePool.ConnectionCls, _Connection.request,
        _Connection.connect, _Connection.default_socket_options, _SecureConnection.connect,
        _Plain.putrequest, _Plain.getresponse, _Plain.debuglevel,
        util_connection.create_connection, util_connection.allowed_gai_family,
        util_ssl.SSLContext, util_ssl.create_urllib3_context, socket.create_connection,
        socket.getaddrinfo, socket.socket, ssl.SSLContext,
    )


_USUAL = _beneath()

_is_plain: dict[type, bool] = {}  # adapters, by class


def is_untouched() -> bool:
    """Is nobody between requests and its sockets, and nobody reading urllib3's log?"""
    return _beneath() == _USUAL and not log.isEnabledFor(logging.DEBUG)


def _judge(kind: type) -> bool:
    plain = all(getattr(kind, name, None) is member for name, member in _HOOKS.items())
    _is_plain[kind] = plain
    return plain


def is_plain(adapter: Any) -> bool:
    """Does the adapter do nothing that our client does not?"""
    kind = type(adapter)
    plain = _is_plain[kind] if kind in _is_plain else _judge(kind)
    return plain and _HOOKS.keys().isdisjoint(adapter.__dict__)
