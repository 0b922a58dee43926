"""The check: silent about what the services did, whatever they did; what attackers did is in `test_hostile_*`."""

from datetime import timedelta

from complaints.services import channels
from complaints.services.access_log import AccessLog
from complaints.services.check import examine
from complaints.services.log_verification import verify
from complaints.services.unit import Units
from complaints.vocabulary import Duty
from tests.cast import Cast
from tests.stage import EVIDENCE, THIRD_DAY, Stage, upload


def test_nothing_is_found_in_an_empty_database(units: Units, access_log: AccessLog) -> None:
    with units.reading() as unit:
        assert list(examine(unit, access_log)) == []


def test_nothing_is_found_where_nothing_was_reported_yet(cast: Cast, access_log: AccessLog) -> None:
    with cast.units.reading() as unit:
        assert list(examine(unit, access_log)) == []


def test_nothing_is_found_in_an_installation_at_work(stage: Stage) -> None:
    """Reports with files, an assignment, messages both ways, notes, an identity opened; a day's entries still waiting."""
    assert stage.queued() != []
    assert stage.findings() == []


def test_nothing_is_found_when_the_day_has_ended(stage: Stage) -> None:
    stage.next_day()
    assert stage.queued() == []
    assert stage.findings() == []
    with stage.units.reading() as unit:
        assert verify(unit.session, stage.access_log).problems == ()


def test_nothing_is_found_when_entries_join_with_an_append(stage: Stage) -> None:
    """Nobody settles: the next day's first opening takes the queue along."""
    stage.calendar.day = THIRD_DAY
    stage.read(stage.cast.lead)
    assert stage.queued() == []
    assert stage.findings() == []


def test_nothing_is_found_days_of_work_later(stage: Stage) -> None:
    cast = stage.cast
    stage.next_day()
    stage.next_roster((cast.lead, Duty.LEAD), (cast.triage, Duty.LEAD), (cast.unassigned, Duty.MEMBER))
    late = cast.report(
        cast.draft(files=(upload(stage.units, EVIDENCE), upload(stage.units, b"x")), excluded=[cast.lead])
    )
    cast.assign(stage.waiting, {cast.unassigned: True})
    cast.assign(stage.assigned, {cast.unassigned: False}, epoch=2)
    stage.calendar.day += timedelta(days=1)
    cast.assign(stage.assigned, {cast.triage: True}, epoch=3)
    stage.read(cast.triage, late)
    stage.message("a day later", late)
    stage.open_identity(cast.triage)
    assert stage.findings() == []
    stage.calendar.day += timedelta(days=1)
    stage.read(cast.triage, late)
    assert stage.findings() == []


def test_files_that_wait_for_their_report_are_nobodys_yet(stage: Stage) -> None:
    upload(stage.units, EVIDENCE)
    assert stage.findings() == []


def test_a_channel_that_is_not_founded_yet_is_nothing_to_find(stage: Stage) -> None:
    with stage.units.writing() as unit:
        administrator = stage.cast.administrator.actor
        channels.create_channel(unit, administrator, code="new", name_th="ใหม่", name_en="New", position=3)
    assert stage.findings() == []


def test_more_records_than_are_looked_at_together(stage: Stage) -> None:
    """Blocks of 500: the last record of one and the first of the next are not lost."""
    stage.attacker.run(
        "INSERT INTO record (id, case_id, number, compartment, epoch, kind, author, made, revision)"
        " WITH RECURSIVE counted(n) AS (SELECT 1000 UNION ALL SELECT n + 1 FROM counted WHERE n < 1999)"
        " SELECT randomblob(16), case_id, n, compartment, epoch, kind, author, made, revision FROM counted, record"
        " WHERE record.number = 1 AND case_id = ?",
        stage.assigned.case,
    )
    assert len([what for area, what in stage.findings() if area == "record"]) == 1000


def test_a_finding_holds_no_content(stage: Stage) -> None:
    stage.attacker.run("UPDATE sealed_field SET value = x'01'")
    stage.attacker.run("UPDATE account SET work_public = x'01'")
    assert "CANARY" not in repr(stage.findings())
