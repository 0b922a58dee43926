"""Several `complaints jobs run` at the same moment, as timers on several machines start them: everything is done, and once."""

import re
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from complaints import clock
from complaints.models import File, LogField, LogPending
from complaints.services import jobs
from complaints.services.log_verification import verify
from complaints.services.unit import Units
from complaints.services.uploads import StagedUpload
from complaints.vocabulary import Event
from tests.installed import Installed, installed
from tests.postgresql import Cluster
from tests.served import ROOT, free_port

pytestmark = pytest.mark.server

AT_ONCE, QUEUED = 4, 700


def leave_work(there: Installed) -> None:
    """Entries that reporters caused the day before yesterday, and a file that nobody claimed."""
    before = clock.today() - timedelta(days=2)
    units = Units(there.database, there.units.access_log, there.units.secrets, today=lambda: before)
    with units.writing() as unit:
        for _ in range(QUEUED):
            unit.enter_later(Event.MAILBOX_OPENED, role="reporter")
    arriving = StagedUpload(units, "left.txt", "text/plain", 1_000)
    arriving.write(b"left behind")
    arriving.finish()


def run_at_once(there: Installed) -> None:
    command = [sys.executable, "-m", "complaints", "jobs", "run"]
    running = [
        subprocess.Popen(command, cwd=ROOT, env=there.environment, stdout=subprocess.PIPE, text=True)
        for _ in range(AT_ONCE)
    ]
    told = [process.communicate()[0] for process in running]
    assert [process.returncode for process in running] == [0] * AT_ONCE
    worked = [text for text in told if text != "Another process is at it.\n"]
    for what, expected in (("Entries settled", QUEUED), ("files removed", 1)):
        assert sum(int(re.search(rf"{what}: (\d+)", text)[1]) for text in worked) == expected, told
    assert sum("The day's checkpoint is" in text for text in worked) == 1, told


def require_done(there: Installed) -> None:
    queued = select(func.count()).select_from(LogField).where(LogField.name == "queued")
    with there.units.reading() as unit:
        assert unit.session.scalar(select(func.count()).select_from(LogPending)) == 0
        assert unit.session.scalar(select(func.count()).select_from(File)) == 0
        assert unit.session.scalar(queued) == QUEUED
        assert verify(unit.session, there.units.access_log).problems == ()
    assert len(list((there.settings.data_dir / jobs.CHECKPOINTS_FOLDER).iterdir())) == 1


def test_on_sqlite(on_sqlite: Installed) -> None:
    leave_work(on_sqlite)
    run_at_once(on_sqlite)
    require_done(on_sqlite)


def test_on_postgresql(tmp_path: Path, postgres: Cluster) -> None:
    with installed(tmp_path, free_port(), postgres.url(postgres.create())) as there:
        leave_work(there)
        run_at_once(there)
        require_done(there)
