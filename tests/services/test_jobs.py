"""Scheduled work: what is due is done, once, whoever comes; what is not yet due stays."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from complaints.database import Database
from complaints.models import File, LogPending, SessionRow
from complaints.services import jobs, sessions
from complaints.services.access_log import AccessLog
from complaints.services.log_verification import verify
from complaints.services.unit import Units
from complaints.services.uploads import StagedUpload
from tests.cast import Cast, found
from tests.stage import Calendar

FIRST = date(2026, 3, 2)


@pytest.fixture
def calendar() -> Calendar:
    return Calendar(FIRST)


@pytest.fixture
def units(units: Units, calendar: Calendar) -> Units:
    return Units(units.database, units.access_log, units.secrets, today=calendar.today, now=calendar.now)


@pytest.fixture
def cast(units: Units) -> Cast:
    return found(units)


def count(units: Units, table: type) -> int:
    with units.reading() as unit:
        return unit.session.scalar(select(func.count()).select_from(table)) or 0


def stage(units: Units) -> None:
    arriving = StagedUpload(units, "left.txt", "text/plain", 1_000)
    arriving.write(b"left behind")
    arriving.finish()


def test_entries_of_days_that_have_ended_join_the_log(
    units: Units, cast: Cast, calendar: Calendar, tmp_path: Path
) -> None:
    for _ in range(3):
        cast.report()
    assert jobs.run(units, tmp_path) is not None
    assert count(units, LogPending) == 3
    calendar.day += timedelta(days=1)
    done = jobs.run(units, tmp_path)
    assert done is not None
    assert done.settled == 3
    assert count(units, LogPending) == 0
    with units.reading() as unit:
        assert verify(unit.session, units.access_log).problems == ()


def test_a_file_may_wait_over_midnight_and_no_longer(
    units: Units, cast: Cast, calendar: Calendar, tmp_path: Path
) -> None:
    stage(units)
    for expected in (1, 1, 0):
        jobs.run(units, tmp_path)
        assert count(units, File) == expected
        calendar.day += timedelta(days=1)


def test_expired_sessions_go(units: Units, cast: Cast, calendar: Calendar, tmp_path: Path) -> None:
    with units.writing() as unit:
        sessions.begin(unit, cast.lead.actor, cast.lead.keys)
    jobs.run(units, tmp_path)
    assert count(units, SessionRow) == 1
    calendar.day += timedelta(days=1)
    done = jobs.run(units, tmp_path)
    assert done is not None
    assert done.swept_sessions == 1
    assert count(units, SessionRow) == 0


def test_each_day_keeps_one_checkpoint_that_the_log_continues(
    units: Units, cast: Cast, calendar: Calendar, tmp_path: Path
) -> None:
    first = jobs.run(units, tmp_path)
    assert first is not None
    assert first.checkpoint == tmp_path / "checkpoints" / "2026-03-02.txt"
    again = jobs.run(units, tmp_path)
    assert again is not None
    assert again.checkpoint is None
    cast.report()
    calendar.day += timedelta(days=1)
    jobs.run(units, tmp_path)
    assert sorted(path.name for path in first.checkpoint.parent.iterdir()) == ["2026-03-02.txt", "2026-03-03.txt"]
    with units.reading() as unit:
        assert verify(unit.session, units.access_log, checkpoint=first.checkpoint.read_text("utf-8")).anchored


def test_an_empty_log_has_no_checkpoint(units: Units, tmp_path: Path) -> None:
    done = jobs.run(units, tmp_path)
    assert done is not None
    assert done.checkpoint is None


def test_while_one_is_at_it_another_goes_away(units: Units, access_log: AccessLog, tmp_path: Path) -> None:
    other = Database(str(units.database.engine.url))
    try:
        with other.alone("jobs") as alone:
            assert alone
            assert jobs.run(units, tmp_path) is None
        assert jobs.run(units, tmp_path) is not None
    finally:
        other.dispose()


def test_other_work_is_not_in_the_way(database: Database) -> None:
    with database.alone("jobs") as one, database.alone("reminders") as other:
        assert (one, other) == (True, True)
