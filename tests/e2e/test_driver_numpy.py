"""numpy as Debian ships it: its products need no interpreter, and the worker does without them."""

import json

import pytest
from conftest import eventually


def test_products_of_matrices_run_beside_other_requests(serve):
    pytest.importorskip("numpy")
    server = serve("--workers", "1", "driver_numpy:app")

    def products() -> list[int]:
        return json.loads(server.get("/products").body)

    with server.crowd(1, "/multiply?who=0") as one, server.crowd(1, "/multiply?who=1") as other:
        eventually(lambda: min(products()) > 0, "both have begun")
        before = products()
        eventually(lambda: all(now > was + 3 for now, was in zip(products(), before)), "both go on")
        server.get("/stop")
    assert [answers[0].result().text for answers in (one, other)] == ['"right"'] * 2
