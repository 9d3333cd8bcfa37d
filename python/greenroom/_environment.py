"""What requests asks of the environment for each call, kept until the environment changes."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies_environment

from greenroom._files import Files

# Of either, the answers that are kept at a time.
_ANSWERS_MAX = 1024

Credentials = tuple[str, str]


def _variables() -> Mapping[Any, Any]:
    """Those of os.environ as it keeps them: to compare all of them takes a microsecond."""
    return getattr(os.environ, "_data", os.environ)


class Environment:
    """find_proxies and find_credentials are those of requests, asked once for each host.

    A change of os.environ is noticed by the next call, that of a netrc file by its time, size or
    inode, within a tenth of a second.
    """

    def __init__(
        self,
        find_proxies: Callable[..., dict[str, str]],
        find_credentials: Callable[..., Credentials | None],
        netrc_files: tuple[str, ...],
    ) -> None:
        self._find_proxies = find_proxies
        self._find_credentials = find_credentials
        self._netrc_files = netrc_files
        self._seen: Mapping[Any, Any] | None = None
        self._has_proxies = False
        self._authorities: str | None = None
        self._netrc = Files(())
        self._proxies: dict[tuple[str, str | None], dict[str, str]] = {}
        self._credentials: dict[tuple[Any, str], Credentials | None] = {}

    def has_proxies(self) -> bool:
        if self._seen != _variables():
            self._read()
        return self._has_proxies

    def says_nothing(self) -> bool:
        """Are there neither proxies nor netrc files?"""
        return not self.has_proxies() and not any(self._netrc.states())

    def authorities(self) -> str | None:
        """The path of those that are to be trusted, as Session.merge_environment_settings has it."""
        if self._seen != _variables():
            self._read()
        return self._authorities

    def _read(self) -> None:
        seen = dict(_variables())
        self._has_proxies = bool(getproxies_environment())
        self._authorities = (
            os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or None
        )
        netrc = os.environ.get("NETRC")
        files = self._netrc_files if netrc is None else (netrc,)
        self._netrc = Files(os.path.expanduser(file) for file in files)
        self._proxies = {}
        self._credentials = {}
        self._seen = seen

    def proxies(self, url: str, no_proxy: str | None = None) -> dict[str, str]:
        """As get_environ_proxies of requests."""
        if not self.has_proxies():
            return {}
        key = urlsplit(url).netloc, no_proxy
        found = self._proxies.get(key)
        if found is None:
            found = self._find_proxies(url, no_proxy=no_proxy)
            if len(self._proxies) < _ANSWERS_MAX:
                self._proxies[key] = found
        return dict(found)

    def credentials(self, url: str, raise_errors: bool = False) -> Credentials | None:
        """As get_netrc_auth of requests."""
        if raise_errors:
            return self._find_credentials(url, raise_errors)
        if self._seen != _variables():
            self._read()
        states = self._netrc.states()
        if not any(states):
            return None
        key = states, urlsplit(url).netloc
        if key not in self._credentials:
            if len(self._credentials) >= _ANSWERS_MAX:
                self._credentials = {}
            self._credentials[key] = self._find_credentials(url)
        return self._credentials[key]
