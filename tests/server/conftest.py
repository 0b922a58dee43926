"""Real servers on loopback, to be killed. Those that need PostgreSQL or nginx say so when these are not there."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import postgresql
from tests.installed import Installed, installed
from tests.served import ROOT, Served, free_port, wait_for_port

NGINX = "/usr/sbin/nginx"


@pytest.fixture
def postgres() -> Iterator[postgresql.Cluster]:
    with postgresql.running() as cluster:
        yield cluster


@pytest.fixture
def on_sqlite(tmp_path: Path) -> Iterator[Installed]:
    with installed(tmp_path, free_port()) as there:
        yield there


@dataclass(frozen=True)
class Proxied:
    """Two servers behind nginx on one PostgreSQL. `port` is nginx's, and the site's address."""

    port: int
    servers: tuple[Served, Served]
    installed: Installed
    folder: Path


@pytest.fixture
def proxied(tmp_path: Path, postgres: postgresql.Cluster) -> Iterator[Proxied]:
    port = free_port()
    data = tmp_path / "data"
    data.mkdir()
    with installed(data, port, postgres.url(postgres.create())) as there:
        servers = (Served(there.environment, free_port(), workers=1), Served(there.environment, free_port(), workers=1))
        with servers[0], servers[1], nginx(tmp_path / "nginx", port, [server.port for server in servers]):
            yield Proxied(port, servers, there, tmp_path / "nginx")


@contextmanager
def nginx(folder: Path, port: int, upstreams: list[int]) -> Iterator[None]:
    """With the limits that are shipped, but for TLS."""
    assert shutil.which(NGINX), "nginx is not installed. On Debian: apt-get install nginx-light"
    folder.mkdir()
    servers = "\n".join(f"server 127.0.0.1:{upstream} max_fails=0;" for upstream in upstreams)
    shipped = (ROOT / "deploy" / "nginx" / "complaints-limits.conf").read_text("utf-8")
    (folder / "nginx.conf").write_text(
        f"""
        daemon off; pid {folder}/pid; worker_processes 1;
        events {{ worker_connections 1024; }}
        http {{
          proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
          upstream complaints {{ {servers} }}
          server {{ listen 127.0.0.1:{port}; {shipped}
            location / {{ proxy_pass http://complaints; }} }}
        }}""",
        "utf-8",
    )
    process = subprocess.Popen([NGINX, "-e", "/dev/null", "-p", str(folder), "-c", str(folder / "nginx.conf")])
    try:
        wait_for_port(port)
        yield
    finally:
        process.terminate()
        process.wait(30)
