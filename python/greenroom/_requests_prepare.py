"""What requests does before and after a call, and need not do in full each time.

Each function here gives what the one of requests gives in whose place it is; in cases that are not
common, by calling it.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from requests import models, sessions, utils
from requests.cookies import RequestsCookieJar
from requests.structures import CaseInsensitiveDict

from greenroom._environment import Environment
from greenroom._requests_raw import Raw

_KEPT_MAX = 1024
_LENGTH_MAX = 256  # of what is kept
_SECRET = frozenset(("authorization", "cookie", "proxy-authorization"))

environment = Environment(utils.get_environ_proxies, utils.get_netrc_auth,
                           tuple(f"~/{name}" for name in utils.NETRC_FILES))
_urls: dict[str, str] = {}
_valid: set[tuple[str, str]] = set()

_prepare_url = models.PreparedRequest.prepare_url
_prepare_headers = models.PreparedRequest.prepare_headers
_prepare_cookies = models.PreparedRequest.prepare_cookies
_prepare_auth = models.PreparedRequest.prepare_auth
_merge_setting = sessions.merge_setting
_merge_cookies = sessions.merge_cookies
_content = models.Response.content
_prepare_request = sessions.Session.prepare_request
_get_redirect_target = sessions.Session.get_redirect_target
_resolve_redirects = sessions.Session.resolve_redirects
_extract_cookies_to_jar = sessions.extract_cookies_to_jar
_resolve_proxies = sessions.resolve_proxies
_merge_environment_settings = sessions.Session.merge_environment_settings


def prepare_url(self: Any, url: Any, params: Any) -> None:
    if params or type(url) is not str:
        _prepare_url(self, url, params)
        return
    prepared = _urls.get(url)
    if prepared is None:
        _prepare_url(self, url, params)
        if len(url) <= _LENGTH_MAX:
            if len(_urls) >= _KEPT_MAX:
                _urls.clear()
            _urls[url] = self.url
    else:
        self.url = prepared


def _check(field: tuple[str, str]) -> None:
    """Raises what requests does where it is not valid."""
    utils.check_header_validity(field)
    name, value = field
    if len(value) <= _LENGTH_MAX and name.lower() not in _SECRET:
        if len(_valid) >= _KEPT_MAX:
            _valid.clear()
        _valid.add(field)


def check_fields(store: Any) -> bool:
    """False: some are no text. Raises what requests does where one is not valid."""
    for field in store.values():
        if type(field[0]) is not str or type(field[1]) is not str:
            return False
        if field not in _valid:
            _check(field)
    return True


def prepare_headers(self: Any, headers: Any) -> None:
    if type(headers) is CaseInsensitiveDict and check_fields(headers._store):
        self.headers = _fields(headers._store.copy())
    else:
        _prepare_headers(self, headers)


def _fields(store: Any) -> Any:
    fields = CaseInsensitiveDict.__new__(CaseInsensitiveDict)
    fields._store = store
    return fields


def is_empty(jar: Any) -> bool:
    return type(jar) is RequestsCookieJar and not jar._cookies


class _LateJar:
    """The empty jar of an object, made when somebody asks for it; one that is set takes its place."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __get__(self, owner: Any, kind: Any) -> Any:
        if owner is None:
            raise AttributeError(self._name)
        return owner.__dict__.setdefault(self._name, RequestsCookieJar())


def prepare_cookies(self: Any, cookies: Any) -> None:
    if is_empty(cookies):
        self._cookies = cookies
    else:
        _prepare_cookies(self, cookies)


def prepare_auth(self: Any, auth: Any, url: Any = "") -> None:
    if auth is not None or "@" in self.url:
        _prepare_auth(self, auth, url)


def merge_cookies(cookiejar: Any, cookies: Any) -> Any:
    return cookiejar if is_empty(cookies) else _merge_cookies(cookiejar, cookies)


def merge_setting(
    request_setting: Any, session_setting: Any, dict_class: Any = OrderedDict
) -> Any:
    if type(request_setting) is dict:
        if dict_class is CaseInsensitiveDict and type(session_setting) is CaseInsensitiveDict:
            return merge_headers(request_setting, session_setting)
        if not request_setting and type(session_setting) is dict and not session_setting:
            return dict_class()
    return _merge_setting(request_setting, session_setting, dict_class)


def merge_headers(own: dict[Any, Any], of_session: Any) -> Any:
    store = of_session._store.copy()
    for name, value in own.items():
        store[name.lower()] = name, value
    for key in [key for key, field in store.items() if field[1] is None]:
        del store[key]
    return _fields(store)


def resolve_proxies(request: Any, proxies: Any, trust_env: bool = True) -> Any:
    if trust_env and environment.has_proxies():
        return _resolve_proxies(request, proxies, trust_env)
    return {} if proxies is None else proxies.copy()


def verify_of(verify: Any) -> Any:
    """What a call says, or the environment in its place."""
    usual = verify is True or verify is None
    return environment.authorities() or verify if usual else verify


def merge_environment_settings(
    self: Any, url: Any, proxies: Any, stream: Any, verify: Any, cert: Any
) -> Any:
    if self.trust_env:
        if environment.has_proxies():
            return _merge_environment_settings(self, url, proxies, stream, verify, cert)
        verify = verify_of(verify)
    return {
        "proxies": merge_setting(proxies, self.proxies),
        "stream": merge_setting(stream, self.stream),
        "verify": merge_setting(verify, self.verify),
        "cert": merge_setting(cert, self.cert),
    }


def extract_cookies_to_jar(jar: Any, request: Any, response: Any) -> None:
    if type(response) is not Raw or response.has_cookies:
        _extract_cookies_to_jar(jar, request, response)


def prepare_request(self: Any, request: Any) -> Any:
    if request.cookies or not is_empty(self.cookies):
        return _prepare_request(self, request)
    auth = request.auth
    if self.trust_env and not auth and not self.auth:
        auth = sessions.get_netrc_auth(request.url)
    prepared = models.PreparedRequest()
    prepared.prepare(
        method=request.method.upper(),
        url=request.url,
        files=request.files,
        data=request.data,
        json=request.json,
        headers=merge_setting(request.headers, self.headers, CaseInsensitiveDict),
        params=merge_setting(request.params, self.params),
        auth=merge_setting(auth, self.auth),
        cookies=RequestsCookieJar(),
        hooks=sessions.merge_hooks(request.hooks, self.hooks),
    )
    return prepared


def resolve_redirects(self: Any, resp: Any, req: Any, *args: Any, **options: Any) -> Any:
    usual = type(self).get_redirect_target is _get_redirect_target
    headers = resp.headers
    if usual and type(headers) is CaseInsensitiveDict and "location" not in headers._store:
        return iter(())
    return _resolve_redirects(self, resp, req, *args, **options)


def content(self: Any) -> Any:
    """Content of the response, in bytes."""
    raw = self.raw
    if self._content is False and type(raw) is Raw and not self._content_consumed:
        data = raw.take()
        if data is not None:
            self._content, self._content_consumed = data, True
            return data
    return _content.fget(self)


def install() -> None:
    for function in (prepare_url, prepare_headers, prepare_cookies, prepare_auth):
        setattr(models.PreparedRequest, function.__name__, function)
    setattr(models.PreparedRequest, "_cookies", _LateJar("_cookies"))
    setattr(models.Response, "cookies", _LateJar("cookies"))
    setattr(models.Response, "content", property(content))
    setattr(sessions.Session, "prepare_request", prepare_request)
    setattr(sessions.Session, "resolve_redirects", resolve_redirects)
    setattr(sessions.Session, "merge_environment_settings", merge_environment_settings)
    for name, function in (
        ("extract_cookies_to_jar", extract_cookies_to_jar),
        ("merge_cookies", merge_cookies),
        ("merge_setting", merge_setting),
        ("resolve_proxies", resolve_proxies),
        ("get_environ_proxies", environment.proxies),
        ("get_netrc_auth", environment.credentials),
    ):
        setattr(sessions, name, function)
