"""Session.request of requests, taken in one step where a call needs none of its machinery.

Such a call has no parameters, credentials, cookies, hooks or proxies, neither of its own nor of its
session or the environment, and nobody has replaced what is taken here in one step. Others go the way
of requests.
"""

from __future__ import annotations

from collections import OrderedDict
from datetime import timedelta
from typing import Any

from requests import models, sessions
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict

from greenroom import _requests_prepare as parts

_Prepared, _Request = models.PreparedRequest, models.Request
_request = sessions.Session.request

_STEPS = ("prepare_request", "merge_environment_settings", "send")


def _steps(kind: Any) -> tuple[Any, ...]:
    """What a call of such a session would go through."""
    return (
        kind.prepare_request, kind.merge_environment_settings, kind.send, HTTPAdapter.send,
        sessions.Request, sessions.PreparedRequest, sessions.dispatch_hook, sessions.merge_hooks,
        sessions.merge_setting, sessions.merge_cookies, sessions.get_netrc_auth,
        sessions.get_environ_proxies, _Request.__init__,
        _Prepared.__init__, _Prepared.prepare, _Prepared.prepare_method, _Prepared.prepare_url,
        _Prepared.prepare_headers, _Prepared.prepare_cookies, _Prepared.prepare_body,
        _Prepared.prepare_auth, _Prepared.prepare_hooks,
    )


_usual_steps: tuple[Any, ...] = ()


def _is_plain(session: Any) -> bool:
    """Has it nothing that a call must heed, but for its fields, verify, cert and stream?"""
    return (
        not (session.auth or session.params or session.proxies)
        and parts.is_empty(session.cookies)
        and not any(session.hooks.values())
        and session.__dict__.keys().isdisjoint(_STEPS)
        and _steps(type(session)) == _usual_steps
        and (not session.trust_env or parts.environment.says_nothing())
    )


def _prepare(session: Any, method: Any, url: Any, data: Any, headers: Any, json: Any) -> Any:
    """None: it has to go the way of requests. Raises what that raises."""
    if type(method) is not str or type(url) is not str or "@" in url:
        return None
    if (headers and type(headers) is not dict) or type(session.headers) is not CaseInsensitiveDict:
        return None
    request = _Prepared.__new__(_Prepared)
    request.method = method.upper()
    request.prepare_url(url, None)
    request.headers = fields = parts.merge_headers(headers or {}, session.headers)
    if not parts.check_fields(fields._store):
        return None
    request.body = None
    request.hooks = {"response": []}
    request._body_position = None
    if data or json is not None:
        request.prepare_body(data or {}, None, json)
    elif request.method not in ("GET", "HEAD"):
        request.prepare_content_length(None)
    return request


def _adapter_of(session: Any, url: str) -> Any:
    """None: it is one that others have made."""
    adapter = session.get_adapter(url=url)
    usual = type(adapter) is HTTPAdapter and "send" not in adapter.__dict__
    return adapter if usual else None


def _follow(session: Any, first: Any, request: Any, options: Any) -> Any:
    """The answer at the end of redirects, which knows those before it."""
    answers = [first, *session.resolve_redirects(first, request, **options)]
    last = answers.pop()
    if answers:
        last.history = answers
    return last


def _send(session: Any, adapter: Any, request: Any, options: Any) -> Any:
    start = sessions.preferred_clock()
    response = adapter.send(request, **options)
    response.elapsed = timedelta(seconds=sessions.preferred_clock() - start)
    sessions.extract_cookies_to_jar(session.cookies, request, response.raw)
    if "location" in response.headers:
        response = _follow(session, response, request, options)
    if not options["stream"]:
        response.content
    return response


def request(
    self: Any,
    method: Any,
    url: Any,
    params: Any = None,
    data: Any = None,
    headers: Any = None,
    cookies: Any = None,
    files: Any = None,
    auth: Any = None,
    timeout: Any = None,
    allow_redirects: Any = True,
    proxies: Any = None,
    hooks: Any = None,
    stream: Any = None,
    verify: Any = None,
    cert: Any = None,
    json: Any = None,
) -> Any:
    if allow_redirects and not (params or cookies or files or auth or proxies or hooks):
        prepared = _prepare(self, method, url, data, headers, json) if _is_plain(self) else None
        adapter = prepared and _adapter_of(self, prepared.url)
        if adapter:
            if self.trust_env:
                verify = parts.verify_of(verify)
            return _send(self, adapter, prepared, {
                "timeout": timeout,
                "stream": self.stream if stream is None else stream,
                "verify": self.verify if verify is None else verify,
                "cert": self.cert if cert is None else cert,
                "proxies": OrderedDict(),
            })
    return _request(
        self, method, url, params, data, headers, cookies, files, auth, timeout, allow_redirects,
        proxies, hooks, stream, verify, cert, json)


def install() -> None:
    """After all that it takes together has been installed."""
    global _usual_steps
    _usual_steps = _steps(sessions.Session)
    setattr(sessions.Session, "request", request)
