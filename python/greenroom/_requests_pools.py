"""The connections of an adapter of requests, in place of those of its PoolManager."""

from __future__ import annotations

import os
import sys
from functools import lru_cache
from typing import Any

import _greenroom
import urllib3
from requests import adapters, utils

from greenroom._files import Files

_POOL_OPTIONS = frozenset(("maxsize", "block", "strict"))

_of_parents: list[Any] = []  # in a child of fork: their connections are not its own to close
_generation = 0


def _forget() -> None:
    global _generation
    _generation += 1


os.register_at_fork(after_in_child=_forget)


# ---- whom to trust ----


class _Trust:
    """Settings for TLS of files, which are read again when they have changed."""

    def __init__(self, authorities: str | None, certificate: str | None, key: str | None) -> None:
        self._names = authorities, certificate, key
        self._files = Files(file for file in self._names if file)
        self._states: Any = None
        self._settings: object = None

    def settings(self) -> object | None:
        """None: they are for urllib3, which refuses most of such."""
        states = self._files.states()
        if states != self._states:
            self._read(states)
        return self._settings

    def _read(self, states: Any) -> None:
        authorities, certificate, key = self._names
        self._states = states
        try:
            self._settings = _greenroom.client_tls(
                authorities, certificate, key, authorities is not None)
        except ValueError:
            self._settings = None


@lru_cache(maxsize=256)
def _trust(authorities: str | None, certificate: str | None, key: str | None) -> _Trust:
    return _Trust(authorities, certificate, key)


@lru_cache
def _usual_authorities(bundle: str) -> str:
    return utils.extract_zipped_paths(bundle)


def trust_of(verify: Any, cert: Any) -> object | None:
    """Settings for TLS as verify and cert of requests have it; None if they are for urllib3."""
    if isinstance(cert, tuple) and len(cert) != 2:
        return None
    certificate, key = cert if isinstance(cert, tuple) else (cert, cert)
    try:
        if verify is True:
            authorities = _usual_authorities(adapters.DEFAULT_CA_BUNDLE_PATH)
        else:
            authorities = os.fspath(verify) if verify else None
        return _trust(authorities, certificate or None, key or certificate or None).settings()
    except TypeError:
        return None


# ---- connections ----


class Pools:
    """One client for each proxy, and each way to trust."""

    def __init__(self, adapter: Any) -> None:
        manager = adapter.poolmanager
        self.manager = manager
        self.generation = _generation
        self.usable = (
            type(manager) is urllib3.PoolManager
            and manager.connection_pool_kw.keys() <= _POOL_OPTIONS
            and not manager.headers
        )
        self._limit = adapter._pool_maxsize if adapter._pool_block else sys.maxsize
        self._clients: dict[Any, tuple[object | None, object | None]] = {}

    def client(self, proxy: str, verify: Any, cert: Any, trust: object | None) -> object | None:
        """For https by what verify and cert have become. None: such a proxy is for urllib3."""
        key = proxy, verify, cert
        known = self._clients.get(key)
        if known is None or known[0] is not trust:
            known = self._clients[key] = trust, self._open(proxy, trust)
        return known[1]

    def _open(self, proxy: str, trust: object | None) -> object | None:
        if proxy and not proxy.startswith("http://"):
            return None
        try:
            return _greenroom.client_open(
                sys.maxsize, self._limit, -1, -1, True, trust, proxy, None)
        except ValueError:
            return None


def pools_of(adapter: Any) -> Pools:
    pools = adapter.__dict__.get("_greenroom")
    if pools is None or pools.manager is not adapter.poolmanager:
        pools = adapter.__dict__["_greenroom"] = Pools(adapter)
    elif pools.generation != _generation:
        _of_parents.append(pools)
        pools = adapter.__dict__["_greenroom"] = Pools(adapter)
    return pools
