"""The day's checkpoint: published once, at its hour and not before, and held against the log."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import text

from complaints.clock import OPERATOR_ZONE
from complaints.errors import NotFound
from complaints.services import jobs, published
from complaints.services.access_log import AccessLog
from complaints.services.check import examine
from complaints.services.unit import Units
from tests.cast import Cast, found


@dataclass
class Clock:
    """Six in Bangkok is eleven in the evening before, UTC."""

    moment: datetime = field(default_factory=lambda: datetime(2026, 3, 1, 22, 59, tzinfo=UTC))

    def today(self) -> date:
        return self.moment.astimezone(OPERATOR_ZONE).date()

    def now(self) -> datetime:
        return self.moment


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def units(units: Units, clock: Clock) -> Units:
    return Units(units.database, units.access_log, units.secrets, today=clock.today, now=clock.now)


@pytest.fixture
def cast(units: Units) -> Cast:
    return found(units)


def all_published(units: Units) -> list[date]:
    with units.reading() as unit:
        return [one.day for one in published.page(unit)[0]]


def test_not_before_its_hour_then_once_and_again_the_next_day(
    units: Units, cast: Cast, clock: Clock, tmp_path: Path
) -> None:
    jobs.run(units, tmp_path)
    assert all_published(units) == []
    clock.moment += timedelta(minutes=1)
    for _ in range(3):
        jobs.run(units, tmp_path)
    assert all_published(units) == [date(2026, 3, 2)]
    clock.moment += timedelta(hours=20)  # the next day, before its hour
    jobs.run(units, tmp_path)
    assert all_published(units) == [date(2026, 3, 2)]
    clock.moment += timedelta(hours=9)  # a server that was down comes late
    jobs.run(units, tmp_path)
    assert all_published(units) == [date(2026, 3, 3), date(2026, 3, 2)]


def test_it_is_the_newest_the_log_has_signed(units: Units, cast: Cast, clock: Clock) -> None:
    clock.moment += timedelta(hours=1)
    assert published.publish(units) == date(2026, 3, 2)
    with units.reading() as unit:
        latest = units.access_log.latest(unit.session)
        one = published.of_day(unit, date(2026, 3, 2))
        with pytest.raises(NotFound):
            published.of_day(unit, date(2026, 3, 1))
    assert latest is not None
    assert (one.note, one.size) == (latest.note, latest.size)
    assert units.access_log.read_note(one.note).size == latest.size


def test_of_an_empty_log_nothing_is_published(units: Units, clock: Clock) -> None:
    clock.moment += timedelta(hours=1)
    assert published.publish(units) is None


def test_many_at_once_publish_one(units: Units, cast: Cast, clock: Clock, tmp_path: Path) -> None:
    clock.moment += timedelta(hours=1)
    threads = [Thread(target=jobs.run, args=(units, tmp_path)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all_published(units) == [date(2026, 3, 2)]


def test_older_ones_are_on_further_pages(
    units: Units, cast: Cast, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(published, "PAGE", 2)
    clock.moment += timedelta(hours=1)
    for _ in range(3):
        published.publish(units)
        clock.moment += timedelta(days=1)
    with units.reading() as unit:
        first, older = published.page(unit)
        second, end = published.page(unit, older)
    assert ([one.day.day for one in first], [one.day.day for one in second], end) == ([4, 3], [2], None)


@pytest.mark.parametrize("change", ["note = note || 'x'", "size = size - 1"])
def test_one_that_was_changed_is_found(
    units: Units, cast: Cast, clock: Clock, access_log: AccessLog, change: str
) -> None:
    clock.moment += timedelta(hours=1)
    published.publish(units)
    with units.reading() as unit:
        assert list(examine(unit, access_log)) == []
    with units.database.writing() as session:
        session.execute(text(f"UPDATE published_checkpoint SET {change}"))
    with units.reading() as unit:
        (finding,) = examine(unit, access_log)
    assert finding.what == "the checkpoint published on 2026-03-02 is not one of this log"
