"""Servers are killed under load, disks fill up, databases go away: what a reporter was shown is there, and nothing is half written."""

import os
import random
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from complaints.services.uploads import StagedUpload
from crypto import Receipt
from tests import postgresql
from tests.installed import Installed, installed, to_send
from tests.served import Served, free_port
from tests.server.reporters import KILLS, Reporters, require_whole

pytestmark = pytest.mark.server


def kill_and_start(there: Installed, times: int) -> list[Receipt]:
    port = int(there.settings.origin.rpartition(":")[2])
    chance, pause = random.Random(7), threading.Event()
    with Served(there.environment, port) as server, Reporters(there, port) as reporters:
        for _ in range(times):
            reporters.wait_for_others(1)
            pause.wait(chance.random() * 0.6)
            server.kill()
            server.start()
        reporters.wait_for_others(1)
    assert reporters.failures == []
    sys.stdout.write(f"\n{times} kills, {len(reporters.shown)} receipts shown, all of them open\n")
    return reporters.shown


def test_a_server_killed_again_and_again_on_sqlite(on_sqlite: Installed) -> None:
    require_whole(on_sqlite, kill_and_start(on_sqlite, KILLS))


def test_a_server_killed_again_and_again_on_postgresql(tmp_path: Path, postgres: postgresql.Cluster) -> None:
    with installed(tmp_path, free_port(), postgres.url(postgres.create())) as there:
        require_whole(there, kill_and_start(there, KILLS))


def test_a_database_that_is_killed_comes_back_by_itself(tmp_path: Path) -> None:
    """PostgreSQL stops as in a crash and recovers: 503 meanwhile, and then as before, with nobody's hands."""
    with (
        postgresql.running({"synchronous_commit": "on"}) as cluster,
        installed(tmp_path, free_port(), cluster.url(cluster.create())) as there,
        Served(there.environment, int(there.settings.origin.rpartition(":")[2])) as server,
        server.browser() as browser,
    ):
        form = there.answers()
        checked = browser.post_parts("/th/form/check", form)
        cluster.stop("immediate")
        there.database.dispose()
        for _ in range(8):  # more than there are kept connections
            browser.post_parts("/th/form/send", to_send(form, checked), expect=503)
        browser.get("/health/live")
        browser.get("/health/ready", expect=503)
        cluster.start()
        browser.get("/health/ready")
        sent = browser.post_parts("/th/form/send", to_send(form, checked))
        receipt = Receipt.parse(checked.value("receipt"))
        assert receipt.grouped() in sent.text
        require_whole(there, [receipt])


@contextmanager
def small_disk(folder: Path, mebibytes: int) -> Iterator[Path]:
    """A file system of so many MiB, in memory. Mounting takes root."""
    if os.geteuid() != 0:
        pytest.skip("mounting a small disk takes root")
    folder.mkdir()
    done = subprocess.run(
        ["/bin/mount", "-t", "tmpfs", "-o", f"size={mebibytes}m", "complaints-test", str(folder)], check=False
    )
    if done.returncode:
        pytest.skip("this machine lets nobody mount")
    try:
        yield folder
    finally:
        subprocess.run(["/bin/umount", str(folder)], check=True)


def test_a_full_disk_is_said_and_nothing_is_lost(tmp_path: Path) -> None:
    """SQLite's disk is full: 503, what was there is there, and with room again it goes on."""
    with (
        small_disk(tmp_path / "disk", 24) as disk,
        installed(disk, free_port()) as there,
        Served(there.environment, int(there.settings.origin.rpartition(":")[2])) as server,
        server.browser() as browser,
    ):
        form = there.answers()
        checked = [browser.post_parts("/th/form/check", form) for _ in range(2)]
        browser.post_parts("/th/form/send", to_send(form, checked[0]))
        ballast = disk / "ballast"
        with ballast.open("wb") as file:
            try:
                while True:
                    file.write(bytes(64 * 1024))
                    file.flush()
            except OSError:
                pass
        answers = [browser.post_parts("/th/form/send", to_send(form, checked[1]), expect=None).status for _ in range(2)]
        browser.upload("/th/form/check", form, 4_000_000, bytes(64 * 1024), expect=503)
        ballast.unlink()
        sent = browser.post_parts("/th/form/send", to_send(form, checked[1]))
        receipts = [Receipt.parse(page.value("receipt")) for page in checked]
        assert receipts[1].grouped() in sent.text
        assert set(answers) <= {200, 503}
        upload = StagedUpload(there.units, "after.bin", "text/plain", 1_000_000)
        upload.write(b"room again")
        upload.finish()
        require_whole(there, receipts)
