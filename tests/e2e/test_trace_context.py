"""traceparent, of W3C Trace Context: in the log, and on to those whom a request calls."""

import json

import pytest
from conftest import Server

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01"


def lines(server: Server, logger: str) -> list[dict]:
    server.wait_for_output(rf'^.*"logger":"{logger}".*$')
    return [json.loads(line) for line in server.find_all(rf'^.*"logger":"{logger}".*$')]


def test_all_that_is_logged_of_a_request_names_its_trace(serve):
    server = serve("--workers", "1", "--log-format", "json", "logs:app")
    server.get("/log?low", headers={"traceparent": PARENT})
    [access], [*said] = lines(server, "access"), lines(server, "shop.cart")
    assert access["trace_id"] == TRACE
    assert [line.get("trace_id") for line in said if line["message"] == "stock is low"] == [TRACE]
    assert "trace_id" not in said[0]


def test_lines_of_text_have_it_behind_the_request_id(serve, app):
    server = serve("--workers", "1", app)
    server.get("/a", headers={"Traceparent": PARENT})
    server.wait_for_output(rf'info access [0-9a-f]{{16}}-1 {TRACE}: 127\.0\.0\.1 "GET /a ')


@pytest.mark.parametrize("sent", [PARENT.upper(), PARENT + "-more", "x"])
def test_one_that_is_malformed_is_no_trace(serve, app, sent):
    server = serve("--workers", "1", "--log-format", "json", app)
    server.get("/", headers={"traceparent": sent})
    assert "trace_id" not in lines(server, "access")[0]


def test_the_client_passes_it_on(serve, c_app):
    far = serve("--workers", "1", "--log-format", "json", c_app("answers"))
    near = serve("--workers", "1", c_app("client"), env={"URL": far.url})
    for fields in ({"traceparent": PARENT}, {}):
        assert near.get("/url", headers=fields).status == 200
    far.wait_for_output(r'(?:"logger":"access"[\s\S]*){2}')
    assert [line.get("trace_id") for line in lines(far, "access")] == [TRACE, None]


def test_those_that_a_request_has_at_work_beside_it_pass_it_on(serve, c_app):
    far = serve("--workers", "1", "--log-format", "json", c_app("answers"))
    near = serve("--workers", "1", "python_client:app", env={"URL": far.url})
    for fields in ({"traceparent": PARENT}, {}):
        assert near.get("/side-by-side", headers=fields).status == 200
    far.wait_for_output(r'(?:"logger":"access"[\s\S]*){6}')
    said = [(line["target"], line.get("trace_id")) for line in lines(far, "access")]
    paths = {"/child", "/grandchild", "/side-by-side"}
    assert set(said[:3]) == {(path, TRACE) for path in paths}
    assert set(said[3:]) == {(path, None) for path in paths}
