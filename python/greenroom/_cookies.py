"""Cookies of greenroom.http, by http.cookiejar."""

from __future__ import annotations

import http.client
from collections.abc import Mapping
from http.cookiejar import Cookie, CookieJar
from urllib.parse import urlsplit
from urllib.request import Request


class _Answer:
    """What CookieJar.extract_cookies asks for."""

    def __init__(self, fields: list[tuple[str, str]]) -> None:
        self._message = http.client.HTTPMessage()
        for name, value in fields:
            self._message[name] = value

    def info(self) -> http.client.HTTPMessage:
        return self._message


def jar_of(cookies: CookieJar | Mapping[str, str], base_url: str) -> CookieJar:
    """A mapping is for the host of base_url. Raises ValueError where there is none."""
    if isinstance(cookies, CookieJar):
        return cookies
    host = urlsplit(base_url).hostname
    if cookies and not host:
        raise ValueError("cookies that are a mapping need a base_url, whose host they are for")
    jar = CookieJar()
    for name, value in cookies.items():
        jar.set_cookie(_cookie(name, value, host if "." in (host or "") else f"{host}.local"))
    return jar


def _cookie(name: str, value: str, domain: str) -> Cookie:
    return Cookie(
        version=0, name=name, value=value, port=None, port_specified=False, domain=domain,
        domain_specified=False, domain_initial_dot=False, path="/", path_specified=True,
        secure=False, expires=None, discard=True, comment=None, comment_url=None, rest={},
    )


def header(jar: CookieJar, url: str) -> str | None:
    """The value of Cookie for a request to that URL."""
    request = Request(url)
    jar.add_cookie_header(request)
    return request.get_header("Cookie")


def keep(jar: CookieJar, url: str, fields: list[tuple[str, str]]) -> None:
    """What an answer sets."""
    if any(name.lower() == "set-cookie" for name, _ in fields):
        jar.extract_cookies(_Answer(fields), Request(url))  # type: ignore[arg-type]
