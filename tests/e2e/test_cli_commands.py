"""What the program says of itself, and to those who ask for what it has not."""

import re
import subprocess

import pytest

OPTIONS = [
    "bind", "workers", "mule", "python", "accelerate", "stack-size", "poller", "concurrency", "queue-timeout",
    "slice", "graceful-timeout", "drain-delay", "ready-path", "readiness-path",
    "keep-alive-timeout", "head-timeout", "body-timeout", "min-body-rate", "write-timeout",
    "request-timeout", "unresponsive-timeout", "cancel-on-disconnect", "max-request-line",
    "max-headers", "max-head-size", "max-body-size", "keep-alive-requests", "max-connections",
    "max-per-address", "max-requests", "max-requests-jitter", "max-rss", "max-lifetime", "user",
    "group", "sandbox", "cpu-affinity", "static", "downstream", "attach", "mount", "trusted-proxies",
    "proxy-headers", "compress", "server-timing", "access-log", "access-log-times", "log",
    "log-format", "log-level", "log-capture", "reload", "control", "admin", "admin-token-file",
    "statsd", "release", "client-header",
    "config", "help",
]


@pytest.mark.parametrize("command", [["help"], ["--help"], ["help", "help"]])
def test_help_names_the_commands(greenroom, command):
    done = greenroom(*command)
    assert done.returncode == 0
    assert done.stderr == ""
    assert re.findall(r"^  ([a-z]\S*)", done.stdout, re.M) == [
        "serve", "check", "config", "status", "top", "stacks", "reload", "log-level", "stop", "load",
        "version", "help"]


@pytest.mark.parametrize("command", [["serve", "--help"], ["help", "serve"]])
def test_help_of_serve_names_every_option(greenroom, command):
    done = greenroom(*command)
    assert done.returncode == 0
    assert re.findall(r"^  --([a-z-]+) ", done.stdout, re.M) == OPTIONS


@pytest.mark.parametrize("command", ["check", "config", "status", "top", "stacks", "reload", "stop", "load", "version"])
def test_the_other_commands_say_what_they_do(greenroom, command):
    done = greenroom(command, "--help")
    assert done.returncode == 0
    assert done.stdout.startswith(f"Usage: greenroom {command}")
    assert greenroom("help", command).stdout == done.stdout


def test_the_manual_names_every_option():
    from conftest import ROOT

    manual = (ROOT / "docs" / "greenroom.1").read_text()
    named = re.findall(r"^\.TP\n\.BI? \\-\\-([a-z\\-]+)", manual, re.M)
    assert [name.replace("\\-", "-") for name in named] == OPTIONS


def test_the_version_is_one_line(greenroom):
    done = greenroom("version")
    assert done.returncode == 0
    assert re.fullmatch(r"greenroom \d+\.\d+\.\d+\n", done.stdout)
    assert greenroom("version", "--help").stdout.startswith("Usage: greenroom version\n")


def test_what_cannot_be_printed_is_an_error(build_dir):
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [build_dir / "greenroom", "help"], stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert done.returncode == 1
    assert done.stderr == "greenroom: cannot write to stdout: No space left on device\n"


@pytest.mark.parametrize("arguments, sentence", [
    ([], "which command? See greenroom help"),
    (["srve"], "unknown command srve; did you mean serve?"),
    (["--version"], "unknown command --version; did you mean version?"),
    (["chek"], "unknown command chek; did you mean check?"),
    (["frobnicate"], "unknown command frobnicate; see greenroom help"),
    (["version", "now"], "version does not know what to do with 'now'"),
    (["help", "me"], "help does not know what to do with 'me'"),
    (["worker"], "a worker is started by greenroom serve, not by hand"),
])
def test_an_unknown_command_is_one_sentence(greenroom, arguments, sentence):
    done = greenroom(*arguments)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", f"greenroom: {sentence}\n")
