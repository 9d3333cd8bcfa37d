"""Recursion that is too deep is an exception on a green thread, as it is on the main one.

GREENROOM_TEST_PYTHONS names more interpreters to try, separated by ":".
"""

import os
import sys

import pytest

OTHERS = [path for path in os.environ.get("GREENROOM_TEST_PYTHONS", "").split(":") if path]


@pytest.fixture(params=[sys.executable, *OTHERS])
def server(serve, request):
    return serve("--workers", "1", "--python", request.param, "wsgi_recursion:app")


@pytest.mark.parametrize("path, error", [
    ("/sort", "RecursionError: maximum recursion depth exceeded"),
    ("/sqlite", "sqlite3.OperationalError: user-defined function raised exception"),
    ("/callback", "RecursionError: stopped at depth [1-9][0-9]{2,}$"),
])
def test_recursion_through_c_code_is_an_exception(server, path, error):
    before = server.worker_pids()
    assert server.get(path).status == 500
    server.wait_for_output(f"^    {error}")
    assert server.get("/").text == "alive"
    assert server.worker_pids() == before
