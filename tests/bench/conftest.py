"""One installation, one server and one record of figures for the whole run."""

import os
import secrets as random_source
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from tests import postgresql
from tests.bench.figures import Meter, Run
from tests.installed import Installed, installed
from tests.served import ROOT, Served, cpu_seconds_of_group, free_port

FULL = os.environ.get("BENCH", "") == "full"
"""Also what takes minutes: a million cases, a million entries, a gigabyte."""

ON_DISK = Path("/var/tmp")  # noqa: S108 - a folder of the cluster's own is made in it, mode 0700
ON_POSTGRESQL = os.environ.get("COMPLAINTS_TEST_DATABASE") == "postgresql"


@pytest.fixture(scope="session")
def run() -> Iterator[Run]:
    run = Run("postgresql" if ON_POSTGRESQL else "sqlite")
    yield run
    if run.figures:
        console = Console(width=190)
        run.show(console)
        console.print(f"Written to {run.write().relative_to(ROOT)}")


@pytest.fixture(scope="session")
def postgres() -> Iterator[postgresql.Cluster | None]:
    """On a real disk and with every promise kept, for a commit is to cost what it costs."""
    if not ON_POSTGRESQL:
        yield None
        return
    with postgresql.running({"shared_buffers": "256MB", "max_wal_size": "2GB"}, ON_DISK) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def bench(tmp_path_factory: pytest.TempPathFactory, postgres: postgresql.Cluster | None) -> Iterator[Installed]:
    url = postgres.url(postgres.create()) if postgres else ""
    with installed(tmp_path_factory.mktemp("bench"), free_port(), url) as bench:
        yield bench


@pytest.fixture(scope="session")
def server(bench: Installed) -> Iterator[Served]:
    with Served(bench.environment, int(bench.settings.origin.rpartition(":")[2])) as server:
        for _ in range(20):
            with server.browser() as browser:
                browser.get("/th/form")  # both workers have loaded what they load once
        yield server


@pytest.fixture(scope="session")
def meter(server: Served, postgres: postgresql.Cluster | None) -> Meter:
    return Meter(server.cpu_seconds, (lambda: cpu_seconds_of_group(postgres.pid)) if postgres else None)


@pytest.fixture(scope="session")
def noise() -> bytes:
    """1 MiB of text, drawn at random: a file that hides nothing, and so needs no cleaning and no choice."""
    return b64encode(random_source.token_bytes(768 * 1024))
