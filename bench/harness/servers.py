"""How each server is started: one function per server, each with the settings its manual advises
for many connections, and without an access log.

A Server is a recipe; daemon() makes it a process on a port.
"""

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from harness.processes import Daemon

ROOT = Path(__file__).resolve().parent.parent.parent
APPS = ROOT / "bench" / "apps"
BUILD = Path(os.environ.get("GREENROOM_BUILD", ROOT / "build")).resolve()
PYTHON = "/usr/bin/python3"  # Debian's, for which the peers are packaged
BACKLOG = min(4096, int(Path("/proc/sys/net/core/somaxconn").read_text()))


@dataclass(frozen=True)
class Server:
    """{port} and {directory} (a scratch directory) are filled in in the command and the files."""

    name: str
    command: list[str]
    env: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)

    def daemon(self, port: int, directory: Path) -> Daemon:
        def fill(text: str) -> str:
            return text.replace("{port}", str(port)).replace("{directory}", str(directory))

        for name, text in self.files.items():
            (directory / name).write_text(fill(text))
        command = [fill(word) for word in self.command]
        command[0] = find_program(command[0])
        return Daemon(command, port, directory / f"{self.name}.log", cwd=APPS, env=self.env)


def find_program(name: str) -> str:
    found = shutil.which(name, path=f"/usr/bin:/usr/sbin:{os.environ['PATH']}")
    if not found:
        raise SystemExit(f"bench: {name} is missing; run tools/packages bench"
                         " or, for Greenroom itself, meson setup build && ninja -C build")
    return found


def greenroom(name: str, app: str, workers: int, *options: str, **env: str) -> Server:
    """app is module:app in bench/apps, or the name of an example .so."""
    if app.endswith(".so"):
        app = str(BUILD / "examples" / app)
    return Server(name, [
        str(BUILD / "greenroom"), "serve", "--bind", "127.0.0.1:{port}",
        "--workers", str(workers), "--python", PYTHON, "--access-log", "off", *options, app,
    ], env)


def micro(name: str, *arguments: str, timeout: float) -> subprocess.CompletedProcess[str]:
    """Runs a program of bench/micro to its end. Raises subprocess.SubprocessError."""
    program = find_program(str(BUILD / "bench" / "micro" / name))
    return subprocess.run([program, *arguments], check=True, timeout=timeout, text=True,
                          stdout=subprocess.PIPE)


def greenroom_threads(name: str, app: str, workers: int, threads: int, **env: str) -> Server:
    return greenroom(name, app, workers, "--concurrency", f"threads:{threads}",
                     "--queue-timeout", "120", **env)


def gunicorn(name: str, worker_class: str, app: str, workers: int, *options: str,
             **env: str) -> Server:
    return Server(name, [
        "gunicorn", "--bind", "127.0.0.1:{port}", "--workers", str(workers),
        "--worker-class", worker_class, "--backlog", str(BACKLOG), "--timeout", "120",
        "--keep-alive", "75", "--worker-tmp-dir", "/dev/shm", "--log-level", "error",
        *options, app,
    ], env)


def gunicorn_gevent(name: str, app: str, workers: int, **env: str) -> Server:
    return gunicorn(name, "gevent", app, workers, "--worker-connections", "12000", **env)


def gunicorn_gthread(name: str, app: str, workers: int, threads: int, **env: str) -> Server:
    return gunicorn(name, "gthread", app, workers, "--threads", str(threads),
                    "--worker-connections", "12000", **env)


def gunicorn_aiohttp(name: str, app: str, workers: int, **env: str) -> Server:
    return gunicorn(name, "aiohttp.GunicornWebWorker", app, workers, **env)


def uwsgi(name: str, app: str, processes: int, *options: str, plugins: str = "python3",
          **env: str) -> Server:
    """Without keep-alive, which clients are told: plain processes can serve one connection at a
    time, its keep-alive socket fails with gevent (an assertion of libev), and its HTTP router,
    which has keep-alive, answers fewer requests than this."""
    return Server(name, [
        "uwsgi", "--plugins", plugins, "--http-socket", "127.0.0.1:{port}", "--master",
        "--processes", str(processes), "--module", app, "--pythonpath", str(APPS),
        "--listen", str(BACKLOG), "--disable-logging", "--die-on-term",
        "--add-header", "Connection: close", *options,
    ], env)


def uwsgi_gevent(name: str, app: str, processes: int, **env: str) -> Server:
    return uwsgi(name, app, processes, "--gevent", "1000", "--gevent-monkey-patch",
                 plugins="python3,gevent_python3", **env)


def uvicorn(name: str, app: str, workers: int) -> Server:
    return Server(name, [
        "uvicorn", "--host", "127.0.0.1", "--port", "{port}", "--workers", str(workers),
        "--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "error",
        "--backlog", str(BACKLOG), app,
    ])


def node(name: str, script: str, workers: int) -> Server:
    return Server(name, ["node", str(APPS / script), "{port}", str(workers)])


NGINX_CONFIG = """\
%(user)s
%(modules)s
worker_processes %(workers)d;
worker_rlimit_nofile %(descriptors)d;
daemon off;
pid {directory}/nginx.pid;
error_log {directory}/nginx-error.log error;
events { worker_connections %(connections)d; }
http {
    access_log off;
    default_type %(type)s;
    keepalive_requests 100000000;
    keepalive_timeout 75s;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    server {
        listen 127.0.0.1:{port} backlog=%(backlog)d;
        location / { %(location)s }
        %(files)s
    }
}
"""


def nginx(name: str, workers: int, location: str, *, content_type: str = "text/plain",
          modules: str = "", connections: int = 15_000, files: str = "") -> Server:
    """files is the directory of what is at /files/."""
    config = NGINX_CONFIG % {
        "connections": connections,
        "descriptors": connections + 5_000,
        "user": "user root;" if os.geteuid() == 0 else "",
        "modules": modules,
        "workers": workers,
        "type": content_type,
        "backlog": BACKLOG,
        "location": location,
        "files": f"location /files/ {{ alias {files}/; sendfile on; }}" if files else "",
    }
    return Server(name, ["nginx", "-p", "{directory}", "-c", "{directory}/nginx.conf"],
                  files={"nginx.conf": config})


def upstream_100ms() -> Server:
    """The slow service of the experiment: answers each request after 100 ms."""
    return nginx("upstream", 1, "echo_sleep 0.1; echo '{\"answer\": 42}';",
                 content_type="application/json",
                 modules="load_module /usr/lib/nginx/modules/ngx_http_echo_module.so;")
