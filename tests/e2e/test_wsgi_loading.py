"""How applications are named, and what is said when one cannot be had."""

import re
import sys

import pytest
from conftest import APPS

SERVE = ["serve", "--workers", "1", "--bind", "127.0.0.1:0", "--python", sys.executable]


@pytest.mark.parametrize("name, answer", [
    ("wsgi_loading:app", "app"),
    ("wsgi_loading", "application"),
    ("wsgi_loading:nested.inner.app", "nested"),
    ("wsgi_loading:factory()", "made"),
    ("wsgi_loading.py:app", "app"),
])
def test_an_application_has_many_names(serve, name, answer):
    assert serve("--workers", "1", name).get("/").text == answer


def test_app_is_the_fallback_of_application(serve, tmp_path):
    (tmp_path / "only_app.py").write_text("from wsgi_loading import app\n")
    server = serve("--workers", "1", "only_app", cwd=tmp_path, env={"PYTHONPATH": str(APPS)})
    assert server.get("/").text == "app"


@pytest.mark.parametrize("name, sentence", [
    ("wsgi_loadin:app", "there is no module wsgi_loadin in .*; did you mean wsgi_loading or .*"),
    ("no.such:app", "there is no module no in .*"),
    ("wsgi_loading:ap", "there is no ap in wsgi_loading; did you mean app."),
    ("wsgi_loading:zzz", "there is no zzz in wsgi_loading; it defines .*"),
    ("wsgi_loading:nested.other", "there is no other in SimpleNamespace.*"),
    ("wsgi_loading:not_callable", ".* is no WSGI application: it is an int, .*"),
    ("wsgi_loading:not_callable()", ".* cannot be called: it is an int"),
    ("wsgi_loading:factory_of_nothing()", ".* is no WSGI application: it is a NoneType.*"),
    ("wsgi_failing_not.py:app", "there is no file wsgi_failing_not.py in .*"),
    ("not-a-module:app", "'not-a-module' is not the name of a module"),
])
def test_what_is_not_there_is_said_in_one_sentence(greenroom, name, sentence):
    done = greenroom(*SERVE, name)
    assert done.returncode == 2
    assert_said(done.stderr, sentence)
    assert "Traceback" not in done.stderr


def assert_said(text: str, sentence: str) -> None:
    assert re.search(f"^greenroom: {sentence}$", text, re.M), text


@pytest.mark.parametrize("name, error, file", [
    ("wsgi_failing:app", "ValueError: bad at import", "wsgi_failing.py"),
    ("wsgi_missing_import:app", "No module named 'a_module_that_is_not_there'",
     "wsgi_missing_import.py"),
    ("wsgi_loading:failing_factory()", "ValueError: cannot be made", "wsgi_loading.py"),
])
def test_an_application_that_fails_to_load_shows_its_own_traceback(greenroom, name, error, file):
    done = greenroom(*SERVE, name)
    assert done.returncode == 1
    assert error in done.stderr
    assert done.stderr.count(error) == 1, "it was tried again"
    files = [line for line in done.stderr.splitlines() if line.startswith("  File ")]
    assert files and all(file in line for line in files), done.stderr


def test_an_application_that_exits_while_it_is_loaded_is_a_failure(greenroom):
    done = greenroom(*SERVE, "wsgi_exiting:app")
    assert done.returncode == 1
    assert_said(done.stderr, "wsgi_exiting:app exited while it was loaded: 5")
