"""Applications of the usual frameworks run as they are."""

import json

import pytest
from conftest import APPS

FORM_TYPE = "multipart/form-data; boundary=limit"
FORM = (
    b'--limit\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'
    b'--limit\r\nContent-Disposition: form-data; name="f"; filename="f.txt"\r\n\r\ncontent\r\n'
    b"--limit--\r\n"
)


@pytest.fixture
def flask(serve):
    pytest.importorskip("flask")
    return serve("--workers", "1", "wsgi_flask:app")


@pytest.fixture
def django(serve):
    pytest.importorskip("django")
    return serve("--workers", "1", "wsgi_django:make_application()")


def test_flask_answers(flask):
    assert flask.get("/hello/W%C3%B6rld").text == "Hello, W\xf6rld!"


def test_flask_reads_forms_and_files(flask):
    response = flask.request("POST", "/form", body=FORM, headers={"Content-Type": FORM_TYPE})
    assert json.loads(response.body) == {"fields": {"a": "1"}, "files": {"f": "content"}}


@pytest.mark.parametrize("chunked", [False, True])
def test_flask_reads_json(flask, chunked):
    body = b'{"a": [1, 2]}'
    payload = iter([body[:5], body[5:]]) if chunked else body
    headers = {"Content-Type": "application/json"}
    response = flask.request("POST", "/json", body=payload, headers=headers)
    assert json.loads(response.body) == {"a": [1, 2]}


def test_flask_streams(flask):
    response = flask.get("/stream")
    assert response.text == "line 0\nline 1\nline 2\n"
    assert response.headers["Transfer-Encoding"] == "chunked"


def test_flask_sends_files(flask):
    assert flask.get("/file").body == (APPS / "wsgi_flask.py").read_bytes()


def test_flask_knows_its_address(flask):
    found = json.loads(flask.get("/address?q=1").body)
    assert found["url"] == f"{flask.url}/address?q=1"
    assert found["remote"] == "127.0.0.1"


def test_flask_logs_its_errors(flask):
    assert flask.get("/fail").status == 500
    flask.wait_for_output("ZeroDivisionError: in a view")


def test_flask_answers_head(flask):
    response = flask.request("HEAD", "/hello/you")
    assert (response.status, response.body) == (200, b"")
    assert response.headers["Content-Length"] == "11"


def test_django_answers(django):
    assert django.get("/hello/W%C3%B6rld").text == "Hello, W\xf6rld!"


def test_django_reads_forms_and_files(django):
    response = django.request("POST", "/form", body=FORM, headers={"Content-Type": FORM_TYPE})
    assert json.loads(response.body) == {"fields": {"a": "1"}, "files": {"f": "content"}}


def test_django_streams(django):
    assert django.get("/stream").text == "line 0\nline 1\nline 2\n"
