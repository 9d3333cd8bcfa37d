"""What the figures were measured on, and with which versions."""

import os
import platform
import re
import subprocess
from pathlib import Path

PACKAGES = ("python3", "python3-flask", "python3-requests", "gunicorn", "python3-gevent",
            "python3-aiohttp", "uwsgi-core", "uvicorn", "python3-starlette", "python3-uvloop",
            "python3-httptools", "nginx", "libnginx-mod-http-echo", "nodejs", "postgresql-15",
            "python3-psycopg2", "wrk")


def cpu_model() -> str:
    model = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return model[1] if model else platform.machine()


def memory_gib() -> float:
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30


def package_versions() -> dict[str, str]:
    listed = subprocess.run(
        ["dpkg-query", "-W", "-f=${Package} ${Version}\n", *PACKAGES],
        capture_output=True, text=True, check=False,
    ).stdout
    return dict(line.split(" ", 1) for line in listed.splitlines())


def revision(root: Path) -> str:
    """The commit that was measured, with a mark when the tree differs from it."""
    described = subprocess.run(
        ["git", "-C", str(root), "describe", "--always", "--dirty", "--abbrev=12"],
        capture_output=True, text=True, check=False,
    ).stdout.strip()
    return described or "unknown"


def describe(root: Path) -> dict[str, str]:
    return {
        "processor": f"{cpu_model()}, {os.cpu_count()} cores, shared by server, load generator"
                     " and upstream",
        "memory": f"{memory_gib():.0f} GiB",
        "kernel": platform.release(),
        "system": platform.freedesktop_os_release().get("PRETTY_NAME", "unknown"),
        "greenroom": revision(root),
        "versions": ", ".join(f"{name} {version}" for name, version in package_versions().items()),
    }
