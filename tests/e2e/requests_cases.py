"""Uses requests in all the ways that test_accelerate.py compares, and prints what is seen as JSON.

    python3 requests_cases.py plain|accelerated URL [CASE]
"""

import io
import json
import os
import pickle
import re
import sys
import tempfile
import traceback
import warnings

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Retry

CASES = {}


def case(function):
    CASES[function.__name__] = function
    return function


def seen(answer):
    """What a user sees of a response, once its body has been read."""
    fields = {name: value for name, value in answer.headers.items() if name != "Date"}
    return [
        answer.status_code, answer.reason, answer.url, fields, answer.content.decode("latin-1"),
        answer.encoding, answer.cookies.get_dict(), answer.ok, answer.is_redirect,
        [seen(before) for before in answer.history], answer.request.method,
        dict(answer.request.headers), answer.raw.version, answer.raw.status, answer.raw.closed,
        answer.elapsed.total_seconds() > 0, repr(answer), type(answer).__name__,
    ]


def failure(error):
    """What a user can catch and read: classes, texts, and what is inside."""
    inside = [failure(one) for one in error.args if isinstance(one, BaseException)]
    reason = getattr(error, "reason", None)
    return [
        [kind.__name__ for kind in type(error).__mro__],
        re.sub(r"0x[0-9a-f]+| \(_ssl.c:\d+\)", "", str(error)),
        inside, failure(reason) if isinstance(reason, BaseException) else None,
        getattr(getattr(error, "request", None), "method", None),
        getattr(getattr(error, "response", None), "status_code", None),
    ]


def raised(function, *args, **options):
    try:
        function(*args, **options)
    except Exception as error:
        return failure(error)
    return None


# ---- what is sent ----


@case
def methods_and_parameters(url, session):
    return [
        [session.request(method, f"{url}/echo", params={"a": [1, "ü"], "none": None}).text
         for method in ("GET", "post", "PUT", "DELETE", "PATCH", "OPTIONS", "BREW")],
        seen(session.head(f"{url}/echo")),
        seen(session.get(f"{url}/echo/ä b?x=ü#part", params="q=1")),
        seen(session.get(f"http://user:p%20w@{url[7:]}/echo")),
        session.get(f"  {url.replace('http', 'HTTP')}/./a/../echo?").text,
    ]


@case
def bodies(url, session):
    post = session.post
    return [seen(post(f"{url}/echo", **body)) for body in (
        {"json": {"a": ["ü"]}}, {"data": {"a": "b c", "d": ["e", "f"]}}, {"data": b"\x00\xff"},
        {"data": "text"}, {"data": ""}, {"data": io.BytesIO(b"a file")},
        {"data": iter([b"one", b"two"])}, {"data": [("a", "1"), ("a", "2")]},
    )]


@case
def files(url, session):
    parts = {"f": ("n.txt", io.BytesIO(b"some text"), "text/plain", {"X": "y"}), "g": b"bytes"}
    answer = session.post(f"{url}/echo", files=parts, data={"a": "1"})
    boundary = answer.request.headers["Content-Type"].partition("boundary=")[2]
    return answer.text.replace(boundary, "boundary")


@case
def fields(url, session):
    session.headers["X-Session"] = "1"
    get = session.get
    return [seen(get(f"{url}/echo", headers=own)) for own in (
        {"x-session": "2"}, {"User-Agent": None, "Accept-Encoding": None}, {"Host": "other:1"},
        {"X": b"bytes"}, {"X": "gr\xfcn"}, {"Connection": "close"}, {b"Y": "z"}, {"Empty": ""},
    )] + [raised(get, url, headers=own) for own in (
        {"X": "a\nb"}, {"X": 1}, {"X": " a"}, {"a b": "c"}, {"X": "\u20ac"},
    )]


@case
def authentication(url, session):
    basic = session.get(f"{url}/echo", auth=("Aladdin", "open sesame")).text

    def token(request):
        request.headers["Authorization"] = "Bearer t"
        return request

    own = session.get(f"{url}/echo", auth=token).text
    digest = session.get(f"{url}/digest", auth=requests.auth.HTTPDigestAuth("a", "b"))
    session.auth = ("by", "session")
    return [basic, own, digest.text, digest.status_code, len(digest.history),
            session.get(f"{url}/echo").text]


# ---- what comes ----


@case
def texts(url, session):
    answers = [session.get(f"{url}/text/{name}") for name in ("utf-8", "latin-1", "utf-16")]
    return [[one.text, list(one.iter_lines(decode_unicode=True)), one.apparent_encoding]
            for one in answers] + [session.get(f"{url}/echo").json()["line"],
                                   raised(session.get(f"{url}/status/200").json)]


@case
def statuses(url, session):
    answers = [session.get(f"{url}/status/{code}") for code in (200, 299, 404, 500)]
    return [seen(one) for one in answers] + [raised(one.raise_for_status) for one in answers]


@case
def codings(url, session):
    answer = session.get(f"{url}/coded/well")
    with session.get(f"{url}/coded/well", stream=True) as raw:
        coded = raw.raw.read(10).hex()
    return [answer.content[:20].decode(), len(answer.content), coded,
            raised(session.get, f"{url}/coded/badly"), seen(answer)[3]]


@case
def large_and_chunked(url, session):
    large = session.get(f"{url}/large")
    pieces = [len(piece) for piece in large.iter_content(100000)]
    return [seen(session.head(f"{url}/large")), seen(large)[-6:], len(large.content), pieces,
            seen(session.get(f"{url}/chunks")),
            seen(session.get(f"{url}/until_close"))]


@case
def streams(url, session):
    said = []
    with session.get(f"{url}/large", stream=True) as answer:
        said.append([answer.raw.read(7).hex(), len(next(answer.iter_content(1000)))])
    for size in (1, 7, None):
        answer = session.get(f"{url}/chunks", stream=True)
        said.append([len(piece) for piece in answer.iter_content(size)][:30])
    answer = session.get(f"{url}/chunks", stream=True)
    said.append([line[:10].decode() for line in answer.iter_lines()])
    answer = session.get(f"{url}/chunks", stream=True)
    said.append([len(piece) for piece in answer.raw.stream(4096)])
    said.append([answer.raw.closed, raised(lambda: list(answer.iter_content(5)))])
    answer = session.get(f"{url}/text/utf-8", stream=True)
    said.append([line.decode() for line in answer.raw])
    answer = session.get(f"{url}/coded/well", stream=True)
    said.append([len(piece) for piece in answer.iter_content(1000)])
    said.append(seen(session.get(f"{url}/echo", stream=True)))
    return said


@case
def cookies(url, session):
    first = seen(session.get(f"{url}/cookies"))
    jar = [[one.name, one.value, one.path, one.domain] for one in session.cookies]
    return [first, sorted(jar), session.get(f"{url}/echo", cookies={"own": "3"}).text,
            session.get(f"{url}/status/200", cookies={"own": "3"}).request.headers["Cookie"]]


@case
def redirects(url, session):
    def moved(code, to, **options):
        return f"{url}/moved/{code}?to={to}"

    other = url.replace("127.0.0.1", "localhost")
    said = [seen(session.request(method, moved(code, "/echo"), data=b"x" if method == "POST" else None))
            for method in ("GET", "POST", "HEAD") for code in (301, 302, 303, 307, 308)]
    said.append(seen(session.get(moved(302, f"{other}/echo"), auth=("a", "b"))))
    said.append(seen(session.get(moved(302, "/echo"), allow_redirects=False)))
    answer = session.get(moved(302, "/echo"), allow_redirects=False)
    said.append([answer.next.url, answer.is_permanent_redirect])
    session.max_redirects = 3
    again = moved(302, moved(302, moved(302, moved(302, "/echo"))))
    said.append(raised(session.get, f"{url}/moved/302?to=/moved/302%3Fto%3D/moved/302"))
    said.append(raised(session.get, moved(302, "ftp://a/")))
    return said + [len(again) > 0]


@case
def hooks_and_events(url, session):
    said = []

    def hook(answer, *args, **options):
        said.append([answer.status_code, sorted(options), answer.raw.closed, answer.text[:20]])
        return None

    def other(answer, **options):
        answer.mark = "marked"
        return answer

    answer = session.get(f"{url}/moved/302?to=/status/200", hooks={"response": [hook, other]})
    return [said, answer.mark]


@case
def prepared_requests_and_pickles(url, session):
    prepared = session.prepare_request(requests.Request("POST", f"{url}/echo", data={"a": "b"}))
    prepared.headers["Late"] = "yes"
    answer = session.send(prepared, timeout=5)
    again = pickle.loads(pickle.dumps(answer))
    pickled = pickle.loads(pickle.dumps(session))
    return [seen(answer), again.text, pickled.get(f"{url}/status/200").text,
            requests.get(f"{url}/status/200").text, raised(session.send, requests.Request())]


# ---- adapters ----


@case
def sessions_of_their_own(url, session):
    class Marked(requests.Session):
        def prepare_request(self, request):
            request.headers["By"] = "preparation"
            return super().prepare_request(request)

    class Counted(requests.Session):
        def send(self, request, **options):
            request.headers["By"] = repr(sorted(options))
            return super().send(request, **options)

    class Settled(requests.Session):
        def merge_environment_settings(self, url, proxies, stream, verify, cert):
            return super().merge_environment_settings(url, proxies, True, verify, cert)

    seen_by = []
    usual = session.send
    session.send = lambda request, **options: usual(request, **options).text
    said = [session.get(f"{url}/echo")]
    said += [kind().get(f"{url}/echo").text for kind in (Marked, Counted)]
    with Settled().get(f"{url}/echo") as streamed:
        said.append(streamed.raw.closed)
    for name, value in (("params", {"a": "b"}), ("auth", ("me", "secret")), ("stream", True),
                        ("hooks", {"response": lambda answer, **options: seen_by.append(answer.text)}),
                        ("headers", {"User-Agent": "own"}), ("trust_env", False)):
        own = requests.Session()
        setattr(own, name, value)
        answer = own.get(f"{url}/echo")
        said.append([answer.raw.closed, seen(answer)])
    own = requests.Session()
    said.append(seen(own.get(f"{url}/moved/302?to=/status/200", allow_redirects=False)))
    own.cookies.set("name", "value")
    return [said, seen_by, own.get(f"{url}/echo").text]


@case
def steps_that_are_replaced(url, session):
    """As tests and tracers do."""
    def marked(kind, name):
        usual = getattr(kind, name)

        def step(self, *args, **options):
            marks.append(name)
            return usual(self, *args, **options)

        setattr(kind, name, step)
        session.get(f"{url}/echo")
        setattr(kind, name, usual)

    marks = []
    prepared = requests.PreparedRequest
    for name in ("__init__", "prepare", "prepare_method", "prepare_url", "prepare_headers",
                 "prepare_cookies", "prepare_body", "prepare_auth", "prepare_hooks"):
        marked(prepared, name)
    for name in ("send", "request", "prepare_request", "merge_environment_settings", "get_adapter"):
        marked(requests.Session, name)
    marked(HTTPAdapter, "send")
    marked(requests.Request, "__init__")
    usual = requests.sessions.get_netrc_auth
    requests.sessions.get_netrc_auth = lambda url: ("by", "a double")
    marks.append(requests.get(f"{url}/echo").text)
    requests.sessions.get_netrc_auth = usual
    return marks


@case
def jars(url, session):
    answer = session.get(f"{url}/echo")
    mine = answer.cookies
    mine.set("a", "b")
    copied = answer.request.copy()
    return [type(mine).__name__, answer.cookies is mine, pickle.loads(pickle.dumps(answer)).cookies.get_dict(),
            len(copied._cookies), copied._cookies is answer.request._cookies,
            hasattr(requests.Response, "cookies")]


@case
def adapters_of_their_own(url, session):
    hooked = []

    class Late(HTTPAdapter):
        def send(self, request, **options):
            request.headers["By"] = "adapter"
            request.register_hook("response", lambda answer, **options: hooked.append(answer.url))
            return super().send(request, **options)

    class Builder(HTTPAdapter):
        def build_response(self, request, raw):
            answer = super().build_response(request, raw)
            answer.built = [raw.status, raw.headers["Twice"]]
            return answer

    class Other(requests.adapters.BaseAdapter):
        def send(self, request, **options):
            answer = requests.Response()
            answer.status_code = 218
            return answer

        def close(self):
            pass

    for prefix, adapter in (("/late", Late()), ("/built", Builder()), ("/other", Other())):
        session.mount(f"{url}{prefix}", adapter)
    return [session.get(f"{url}/late").text, hooked, session.get(f"{url}/built").built,
            session.get(f"{url}/other").status_code, session.get("http://127.0.0.1", proxies={
                "http": url}).text]


@case
def retries(url, session):
    def mount(**options):
        session.mount("http://", HTTPAdapter(max_retries=Retry(**options)))

    name = f"{url}/busy/"
    mount(total=5, status_forcelist=[503])
    said = [seen(session.get(name + "1"))]
    mount(total=1, status_forcelist=[503])
    said.append(raised(session.get, name + "2"))
    mount(total=1, status_forcelist=[503], raise_on_status=False)
    said.append(seen(session.get(name + "3")))
    mount(total=2, connect=1)
    return said + [raised(session.get, "http://127.0.0.1:1/"), raised(session.get, f"{url}/hang_up")]


# ---- TLS and proxies ----


@case
def authorities(url, session):
    secure, ca = os.environ["SECURE"], os.environ["CA"]
    get = requests.get  # a session would go on with a connection that is there
    said = [seen(session.get(f"{secure}/echo", verify=ca)), raised(get, f"{secure}/echo"),
            raised(get, f"{secure}/echo", verify="/none"),
            raised(get, f"{url.replace('http', 'https')}/echo", verify=ca)]
    said.append(raised(get, f"{secure.replace('127.0.0.1', 'localhost')}/echo", verify=ca))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        said.append(seen(get(f"{secure}/echo", verify=False)))
    said.append([[one.category.__name__, str(one.message)] for one in caught])
    os.environ["REQUESTS_CA_BUNDLE"] = ca
    said.append(get(f"{secure}/text/utf-8").text)
    del os.environ["REQUESTS_CA_BUNDLE"]
    said.append(raised(get, f"{secure}/echo")[0])
    session.verify = ca
    return said + [session.get(f"{secure}/moved/302?to={secure}/text/utf-8").text,
                   len(session.get(f"{secure}/large", stream=True).content)]


@case
def client_certificates(url, session):
    secure, session.verify = os.environ["SECURE"], os.environ["CA"]
    pair = os.environ["CERT"], os.environ["KEY"]
    bare = requests.get(f"{secure}/whoami", verify=session.verify).text
    return [session.get(f"{secure}/whoami", cert=pair).text, bare,
            raised(session.get, f"{secure}/whoami", cert="/none"),
            raised(session.get, f"{secure}/whoami", cert=(pair[0], "/none"))]


@case
def proxies(url, session):
    own = {"http": f"http://user:word@{url[7:]}", "https": "http://127.0.0.1:1"}
    said = [seen(session.get("http://shop.invalid/a?b", proxies=own)),
            raised(session.get, "https://shop.invalid/", proxies=own),
            raised(session.get, "http://shop.invalid/", proxies={"http": "http://127.0.0.1:1"}),
            raised(session.get, "https://shop.invalid/", proxies={"https": url}),
            raised(session.get, "http://shop.invalid/", proxies={"http": "http:///"})]
    os.environ["http_proxy"] = url
    said.append(session.get("http://shop.invalid/a").text)
    os.environ["no_proxy"] = "shop.invalid"
    said.append(raised(session.get, "http://shop.invalid/a")[0])
    del os.environ["no_proxy"]
    session.trust_env = False
    said.append(raised(session.get, "http://shop.invalid/a")[0])
    del os.environ["http_proxy"]
    session.proxies = {"all": url}
    return said + [session.get("http://shop.invalid/a").text]


@case
def netrc_files(url, session):
    with tempfile.NamedTemporaryFile("w") as file:
        file.write("machine 127.0.0.1 login a password b")
        file.flush()
        os.environ["NETRC"] = file.name
        said = [session.get(f"{url}/echo").text]
        session.auth = ("c", "d")
        said.append(session.get(f"{url}/echo").text)
    del os.environ["NETRC"]
    return said


# ---- what goes wrong ----


@case
def no_connection(url, session):
    return [raised(session.get, wrong) for wrong in (
        "http://127.0.0.1:1/a?b=c", "http://nobody.invalid/a", "nothing", "ftp://a/", "http://",
        "http://a b/", "http://127.0.0.1:99999/", "http://*a/", "http://.a/",
    )]


@case
def broken_answers(url, session):
    said = []
    for path in ("hang_up", "short"):
        said.append(raised(session.get, f"{url}/{path}"))
        said.append(raised(session.post, f"{url}/{path}", data=b"x"))
    for path in ("chunks/cut", "garbage"):  # of which each parser says what it has seen
        said.append(raised(session.get, f"{url}/{path}")[0])
    streamed = session.get(f"{url}/chunks/cut", stream=True)
    said.append(raised(lambda: streamed.content)[0])
    return said


@case
def timeouts(url, session):
    said = [raised(session.get, f"{url}/silent", timeout=limit) for limit in (
        0.05, (5, 0.05), (None, 0.05), "soon", (1, 2, 3), -1, 0, True,
    )]
    said.append(raised(session.get, f"{url}/silent/body", timeout=0.05))
    with session.get(f"{url}/silent/body", timeout=0.05, stream=True) as answer:
        said.append(raised(lambda: list(answer.iter_content(1000))))
    return said


def main():
    kind, url, *wanted = sys.argv[1:]
    if kind == "accelerated":
        import greenroom

        greenroom.accelerate("requests")
    said = {}
    for name, function in CASES.items():
        if wanted and name not in wanted:
            continue
        session = requests.Session()
        try:
            said[name] = function(url, session)
        except Exception:
            said[name] = ["it failed", traceback.format_exc()]
    print(json.dumps(said, default=str))


if __name__ == "__main__":
    main()
