"""A PostgreSQL of the tests' own: a cluster in memory, reached by a socket in its folder, gone when they end.

Debian's packages are enough (postgresql, no running service). `initdb` and the server refuse to be root, so they run as `postgres` then.
"""

import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from complaints import migrate

_BINARIES = Path("/usr/lib/postgresql")
_IN_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of ours is made in it, mode 0700
_TEMPLATE = "migrated"

FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
"""For tests that ask nothing of a power cut."""


def binaries() -> Path:
    """The newest installed version's programs. AssertionError, with what to do, when there is none."""
    found = sorted(_BINARIES.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    assert found, "PostgreSQL is not installed. On Debian: apt-get install postgresql"
    return found[-1].parent


@dataclass
class Cluster:
    """A running server with no network address."""

    folder: Path
    settings: Mapping[str, str]
    words: str = ""
    """SQL that migrated databases are given beside their tables."""

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def pid(self) -> int:
        return int((self.data / "postmaster.pid").read_text("ascii").split("\n", 1)[0])

    def url(self, name: str, role: str = "postgres") -> str:
        return f"postgresql+psycopg://{role}@/{name}?host={self.folder}"

    @contextmanager
    def connected(self, name: str = "postgres") -> Iterator["psycopg.Connection[tuple[object, ...]]"]:
        connection = psycopg.connect(f"host={self.folder} user=postgres dbname={name}", autocommit=True)
        try:
            yield connection
        finally:
            connection.close()

    def create(self, template: str = "template0", name: str | None = None) -> str:
        """A database as the template is now (nobody may be connected to that). Returns its name."""
        name = name or f"t{secrets.token_hex(6)}"
        with self.connected() as connection:
            # Copied file by file, which is less than half of the price of writing every page to the log first.
            order = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
            connection.execute(order.format(sql.Identifier(name), sql.Identifier(template)))
        return name

    def create_migrated(self) -> str:
        """A database with the tables of the newest revision: migrated once, copied from then on. Returns its name."""
        with self.connected() as connection:
            there = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (_TEMPLATE,)).fetchone()
        if there is None:
            name = self.create()
            migrate.upgrade(self.url(name))
            with self.connected(name) as connection:
                connection.execute(self.words)
            with self.connected() as connection:
                order = sql.SQL("ALTER DATABASE {} RENAME TO {}")
                connection.execute(order.format(sql.Identifier(name), sql.Identifier(_TEMPLATE)))
        return self.create(_TEMPLATE)

    def drop(self, name: str) -> None:
        with self.connected() as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def start(self) -> None:
        options = " ".join(f"-c {name}={value}" for name, value in self.settings.items())
        log = str(self.folder / "log")
        _run("pg_ctl", "start", "-w", "-s", "-D", str(self.data), "-l", log, "-o", f"-k {self.folder} {options}")

    def stop(self, mode: str = "fast") -> None:
        """`fast` ends every connection; `immediate` is a crash."""
        _run("pg_ctl", "stop", "-w", "-s", "-D", str(self.data), "-m", mode)


@contextmanager
def running(
    settings: Mapping[str, str] = FORGETFUL, folder: Path | None = None, words: str = "SELECT 1"
) -> Iterator[Cluster]:
    """A new cluster, in memory unless a folder is given, removed at the end."""
    place = Path(tempfile.mkdtemp(prefix="complaints-", dir=folder or (_IN_MEMORY if _IN_MEMORY.is_dir() else None)))
    if os.geteuid() == 0:
        shutil.chown(place, "postgres", "postgres")
    defaults = {"listen_addresses": "''", "max_connections": "60", "shared_buffers": "64MB"}
    cluster = Cluster(place, defaults | dict(settings), words)
    try:
        _run("initdb", "-D", str(cluster.data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N")
        cluster.start()
        try:
            yield cluster
        finally:
            if (cluster.data / "postmaster.pid").exists():
                cluster.stop("immediate")
    finally:
        shutil.rmtree(place)


def _run(program: str, *arguments: str) -> None:
    command = [str(binaries() / program), *arguments]
    user = "postgres" if os.geteuid() == 0 else None
    # Not into a pipe: the server inherits it and would keep it open.
    subprocess.run(command, user=user, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)
