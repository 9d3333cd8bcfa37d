"""What greenroom.http asks for after a redirect, where it has cookies to see to.

Others are followed by the client in C.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from urllib.parse import urljoin, urlsplit

_SECRETS = frozenset(("authorization", "cookie", "host"))
_OF_BODY = frozenset(("content-type", "content-encoding", "content-language", "content-location"))
_PORTS = {"http": 80, "https": 443}


def _origin(url: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(url)
    return parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme)


@dataclass(frozen=True)
class Hop:
    """A request on its way."""

    method: str
    url: str
    fields: list[tuple[str, str]]
    body: bytes | Iterator[bytes]
    length: int  # of an iterator's; -1: nobody knows
    auth: tuple[str, str] | None

    def after(self, status: int, location: str | None) -> Hop | None:
        """What is asked for next (RFC 9110, 15.4); None: the answer is none that leads on."""
        if status not in (301, 302, 303, 307, 308) or location is None:
            return None
        as_get = (status == 303 and self.method != "HEAD") or (
            status in (301, 302) and self.method == "POST")
        if not isinstance(self.body, bytes) and not as_get:
            return None  # it has been sent, and is gone
        there = urljoin(self.url, location)
        left_out = _OF_BODY if as_get else frozenset()
        if _origin(there) != _origin(self.url):
            left_out |= _SECRETS
        fields = [field for field in self.fields if field[0].lower() not in left_out]
        auth = self.auth if _origin(there) == _origin(self.url) else None
        hop = replace(self, url=there, fields=fields, auth=auth)
        return replace(hop, method="GET", body=b"", length=0) if as_get else hop
