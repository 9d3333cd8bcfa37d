"""What the application sees of a client through a real nginx and a real HAProxy."""

import pytest
from proxies import CLIENT, PROXY, haproxy, nginx  # noqa: F401
from services import scratch_folder

HEADERS = """
    proxy_set_header Host $http_host;
    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
    proxy_set_header X-Forwarded-Proto $scheme;
    proxy_set_header X-Forwarded-Host "";
    proxy_set_header X-Forwarded-Port "";
    proxy_set_header X-Forwarded-Prefix "";
"""

LIES = {
    "X_Forwarded_For": "10.9.9.9",
    "X_Forwarded_Proto": "https",
    "X_Forwarded_Host": "evil.example",
    "X_Forwarded_Port": "1",
    "X_Forwarded_Prefix": "/evil",
    "Forwarded": "for=10.9.9.9;proto=https;host=evil.example",
}


@pytest.fixture
def serve_environ(serve):
    return lambda *options: serve("--workers", "1", "--trusted-proxies", f"{PROXY},unix", *options,
                                  "wsgi_environ:app")


def assert_truth(environ: dict, port: int) -> None:
    assert environ["REMOTE_ADDR"] == CLIENT
    assert environ["wsgi.url_scheme"] == "http"
    assert environ["HTTP_HOST"] == f"{PROXY}:{port}"
    assert (environ["SERVER_NAME"], environ["SERVER_PORT"]) == (PROXY, str(port))
    assert environ["SCRIPT_NAME"] == ""


def test_nginx_over_tcp(serve_environ, nginx):
    server = serve_environ()
    proxy = nginx(f"proxy_pass http://127.0.0.1:{server.port}; {HEADERS}")
    assert_truth(proxy.environ(), proxy.port)
    assert_truth(proxy.environ(**LIES), proxy.port)
    server.wait_for_output(rf': {CLIENT} "')


def test_nginx_over_a_unix_socket(serve_environ, nginx):
    with scratch_folder() as folder:
        path = folder / "socket"
        serve_environ("--bind", f"unix:{path}")
        path.chmod(0o777)
        proxy = nginx(f"proxy_pass http://unix:{path}; {HEADERS}")
        assert_truth(proxy.environ(), proxy.port)
        assert_truth(proxy.environ(**LIES), proxy.port)


def test_nginx_that_takes_a_prefix_off(serve_environ, nginx):
    server = serve_environ()
    headers = HEADERS.replace('Prefix ""', "Prefix /shop")
    proxy = nginx(f"rewrite ^/shop(/.*)$ $1 break; proxy_pass http://127.0.0.1:{server.port};"
                  f"{headers}")
    environ = proxy.environ("/shop/tea?left=3")
    assert (environ["SCRIPT_NAME"], environ["PATH_INFO"]) == ("/shop", "/tea")
    assert environ["QUERY_STRING"] == "left=3"


def test_nginx_before_nginx(serve_environ, nginx):
    server = serve_environ()
    inner = nginx(f"proxy_pass http://127.0.0.1:{server.port};"
                  "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;"
                  "proxy_set_header Host $http_host;")
    outer = nginx(f"proxy_pass http://127.0.0.1:{inner.port}; {HEADERS}")
    assert_truth(outer.environ(), outer.port)
    assert_truth(outer.environ(**LIES), outer.port)


def test_haproxy_with_x_forwarded(serve_environ, haproxy):
    server = serve_environ()
    proxy = haproxy(f"127.0.0.1:{server.port}", """
    option forwardfor
    http-request set-header X-Forwarded-Proto https
    http-request del-header X-Forwarded-Host
    http-request del-header X-Forwarded-Port
    http-request del-header X-Forwarded-Prefix""")
    environ = proxy.environ(**LIES)
    assert (environ["REMOTE_ADDR"], environ["wsgi.url_scheme"]) == (CLIENT, "https")


def test_haproxy_with_forwarded(serve_environ, haproxy):
    server = serve_environ("--proxy-headers", "forwarded")
    element = 'for=%[src];proto=https;host=\\"%[hdr(host)]\\"'
    proxy = haproxy(f"127.0.0.1:{server.port}", f'http-request add-header Forwarded "{element}"')
    for lies in ({}, LIES):
        environ = proxy.environ(**lies)
        assert (environ["REMOTE_ADDR"], environ["wsgi.url_scheme"]) == (CLIENT, "https")
        assert environ["HTTP_HOST"] == f"{PROXY}:{proxy.port}"


def test_a_proxy_that_is_not_trusted_is_the_client(serve, nginx):
    server = serve("--workers", "1", "--trusted-proxies", "127.0.0.2", "wsgi_environ:app")
    proxy = nginx(f"proxy_pass http://127.0.0.1:{server.port}; {HEADERS}")
    assert proxy.environ()["REMOTE_ADDR"] == PROXY
