"""A test report: sealed as any other, opened by a lead, erased whole; and never anything but a test."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from datetime import date, timedelta
from threading import Barrier

import pytest
from sqlalchemy import LargeBinary

from complaints.errors import Conflict, Denied, Invalid, NoRecipient, NotFound
from complaints.models import Base, Case
from complaints.services import (
    acts,
    bulk_closing,
    case_erasure,
    casework,
    holdings,
    readiness,
    rehearsals,
    reminders,
    statistics,
    tasks,
    uploads,
)
from complaints.services.intake import SealedReport
from complaints.services.log_verification import verify
from complaints.services.rehearsals import Standing
from complaints.vocabulary import Duty, Ending, Event, IdentityField, Locale, ReportField
from crypto import AccountSeed, Receipt
from tests.cast import Person, Report
from tests.services.rehearsing import CLEAN_LIMIT, ended, file_of, opened, sent
from tests.stage import SECOND_DAY, Stage
from tests.waiting import until_it_waits


def standing(stage: Stage, channel: bytes | None = None) -> Standing:
    with stage.units.reading() as unit:
        return rehearsals.standing(unit, channel or stage.cast.channel)


def seal(stage: Stage) -> SealedReport:
    file = rehearsals.stage_file(stage.units, CLEAN_LIMIT)
    with stage.units.reading() as unit:
        return rehearsals.prepare(unit, stage.cast.administrator.actor, stage.cast.channel, file, Locale.THAI)


def erased_before(stage: Stage, person: Person, case: bytes) -> bool:
    with stage.units.reading() as unit:
        return rehearsals.erased_before(unit, person.actor, case)


def give_up(stage: Stage, channel: bytes | None = None) -> None:
    with stage.units.writing() as unit:
        rehearsals.give_up(unit, stage.cast.administrator.actor, channel or stage.cast.channel)


def traces(stage: Stage, *ids: bytes) -> list[str]:
    """Tables, but for the log's, that hold one of these ids in any column."""
    columns = (
        (name, column.name)
        for name, table in Base.metadata.tables.items()
        for column in table.columns
        if isinstance(column.type, LargeBinary) and not name.startswith("log_")
    )
    return [
        f"{table}.{column}"
        for table, column in columns
        if any(stage.attacker.rows(f"SELECT 1 FROM {table} WHERE {column} = ?", id_) for id_ in ids)
    ]


# -- Sending ---------------------------------------------------------------------------------------------------------


def test_it_goes_to_those_who_receive_real_ones_with_a_file_and_a_name(stage: Stage) -> None:
    test = sent(stage)
    for person in (stage.cast.lead, stage.cast.triage):
        case = stage.read(person, test)
        assert case.rehearsed == frozenset()
        assert "This is a test report" in case.answers[ReportField.NARRATIVE]
        assert len(case.files) == 1
    assert "nobody" in stage.open_identity(stage.cast.lead, test).fields[IdentityField.NAME]
    with pytest.raises(Denied):
        stage.open_identity(stage.cast.triage, test)
    lead, file = stage.cast.lead, file_of(stage, test)
    with stage.units.writing() as unit:
        there = casework.open_file(unit, lead.actor, lead.keys, test.case, file)
    text = b"".join(uploads.stream_file(stage.units, there.id, there.key, there.length))
    assert "This is a test report" in text.decode()
    assert stage.findings() == []


def test_whoever_sends_it_reads_nothing_of_it(stage: Stage) -> None:
    test = sent(stage)
    with pytest.raises(NotFound):
        stage.read(stage.cast.administrator, test)
    held = stage.attacker.rows("SELECT recipient FROM grants WHERE case_id = ?", test.case)
    assert {recipient for (recipient,) in held} == {stage.cast.lead.account, stage.cast.triage.account, test.case}


def test_the_log_says_from_the_beginning_that_it_is_a_test(stage: Stage) -> None:
    test = sent(stage)
    (entry,) = stage.entries(Event.REPORT_REHEARSED)
    assert (entry["case"], entry["actor"]) == (test.case.hex(), stage.cast.administrator.account.hex())
    assert entry["reason"] == stage.stored_roster().hash.hex()
    assert test.case.hex() not in {entry["case"] for entry in stage.entries(Event.REPORT_RECEIVED)}
    assert not [fields for fields in stage.queued() if fields.get("case") == test.case.hex()]


def test_nobody_has_its_receipt(stage: Stage) -> None:
    """It is drawn where the test is sealed, and is not among what is given back."""
    sealed = seal(stage)
    assert not any(isinstance(getattr(sealed, field.name), Receipt | AccountSeed) for field in fields(sealed))


def test_one_at_a_time_for_a_channel(stage: Stage) -> None:
    sent(stage)
    with pytest.raises(Conflict):
        sent(stage)
    other = sent(stage, stage.cast.fallback)
    with stage.units.reading() as unit:
        assert other.case in rehearsals.under_way(unit)
        assert len(rehearsals.under_way(unit)) == 2
    assert stage.findings() == []


@pytest.mark.parametrize("again", [False, True])
def test_of_two_that_are_sealed_at_once_one_is_stored(stage: Stage, again: bool) -> None:
    """The channel's first ones, and later ones, whose mark is there already."""
    if again:
        ended(stage, opened(stage, sent(stage)))
    sealed = seal(stage), seal(stage)
    with stage.units.writing() as unit:
        rehearsals.begin(unit, sealed[0])
    before = stage.contents()
    with pytest.raises(Conflict), stage.units.writing() as unit:
        rehearsals.begin(unit, sealed[1])
    assert stage.contents() == before
    assert stage.findings() == []


def test_it_never_goes_to_another_channels_leads(stage: Stage) -> None:
    """Where nobody of the channel could open it, that is what the test is there to say."""
    stage.unsign(stage.cast.lead)
    with pytest.raises(NoRecipient):
        sent(stage)
    with pytest.raises(NotFound):
        sent(stage, bytes(16))


def test_a_roster_that_changes_meanwhile(stage: Stage) -> None:
    sealed = seal(stage)
    stage.next_roster((stage.cast.lead, Duty.LEAD))
    with pytest.raises(Conflict), stage.units.writing() as unit:
        rehearsals.begin(unit, sealed)


# -- Ending ----------------------------------------------------------------------------------------------------------


def test_a_lead_opens_it_and_says_so_and_nothing_is_left(stage: Stage) -> None:
    test = sent(stage)
    records = [id_ for (id_,) in stage.attacker.rows("SELECT id FROM record WHERE case_id = ?", test.case)]
    of_acts = [id_ for (id_,) in stage.attacker.rows("SELECT id FROM act WHERE case_id = ?", test.case)]
    file = file_of(stage, test)
    opened(stage, test)
    assert {"cases.id", "grants.case_id", "caseload.case_id", "file_chunk.file_id"} <= set(
        traces(stage, test.case, file)
    )
    ended(stage, test)
    assert traces(stage, test.case, file, *records, *of_acts) == []
    assert stage.findings() == []
    (entry,) = stage.entries(Event.CASE_ERASED)
    assert (entry["case"], entry["actor"]) == (test.case.hex(), stage.cast.lead.account.hex())
    assert entry["reason"] == Ending.OPENED
    with stage.units.reading() as unit:
        assert verify(unit.session, stage.access_log).problems == ()


def test_whatever_was_done_with_it_goes_as_well(stage: Stage) -> None:
    """Assigned, answered, noted, a task set and done, a draft kept, left by somebody."""
    test = opened(stage, sent(stage))
    lead = stage.cast.lead
    stage.cast.assign(test, {stage.cast.investigator: True})
    stage.reply(lead, "CANARY-REPLY", test)
    stage.note(stage.cast.investigator, "CANARY-NOTE", test)
    for _ in range(2):
        with stage.units.writing() as unit:
            tasks.set_task(unit, lead.actor, lead.keys, test.case, text="look", account=lead.account, due=unit.today)
    task = stage.attacker.rows("SELECT id FROM task WHERE case_id = ?", test.case)[0][0]
    with stage.units.writing() as unit:
        tasks.end_task(unit, lead.actor, lead.keys, test.case, task)
    assert stage.findings() == []
    ended(stage, test)
    assert traces(stage, test.case, task) == []
    assert stage.findings() == []
    stage.next_day()
    assert stage.findings() == []


def test_real_cases_are_as_they_were(stage: Stage) -> None:
    tables = ("cases", "record", "sealed_field", "grants", "compartment", "act", "file", "file_chunk", "caseload")
    before = {name: stage.contents()[name] for name in tables}
    ended(stage, opened(stage, sent(stage)))
    assert {name: stage.contents()[name] for name in tables} == before


@pytest.mark.usefixtures("on_sqlite")
def test_its_words_leave_the_databases_file(stage: Stage) -> None:
    test = opened(stage, sent(stage))
    sealed = stage.attacker.value(
        "SELECT value FROM sealed_field JOIN record ON record.id = record_id WHERE case_id = ? AND name = 'narrative'",
        test.case,
    )
    ended(stage, test)
    files = list(stage.attacker.path.parent.glob(f"{stage.attacker.path.name}*"))
    assert files
    assert not any(sealed[:64] in file.read_bytes() for file in files)


@pytest.mark.parametrize("missing", rehearsals.STEPS)
def test_nobody_says_that_it_opens_who_has_not_opened_all_of_it(stage: Stage, missing: Event) -> None:
    test, lead = sent(stage), stage.cast.lead
    stage.read(lead, test)
    if missing is Event.IDENTITY_OPENED:
        with stage.units.writing() as unit:
            casework.open_file(unit, lead.actor, lead.keys, test.case, file_of(stage, test))
    else:
        stage.open_identity(lead, test)
    with pytest.raises(Invalid) as refused:
        ended(stage, test)
    assert refused.value.problems == {missing.value: "missing"}
    ended(stage, test, ending=Ending.GIVEN_UP)
    assert standing(stage) == Standing()
    assert stage.findings() == []


def test_what_another_lead_opened_is_not_ones_own_word(stage: Stage) -> None:
    cast = stage.cast
    stage.next_roster((cast.lead, Duty.LEAD), (cast.triage, Duty.LEAD))
    test = opened(stage, sent(stage))
    with pytest.raises(Invalid):
        ended(stage, test, cast.triage)
    ended(stage, opened(stage, test, cast.triage), cast.triage)
    assert standing(stage).opener == cast.triage.display_name


def test_of_two_leads_the_second_is_told(stage: Stage) -> None:
    test = opened(stage, sent(stage))
    ended(stage, test)
    before = stage.contents()
    with pytest.raises(NotFound):
        ended(stage, test)
    with pytest.raises(Conflict):
        give_up(stage)
    assert stage.contents() == before
    assert erased_before(stage, stage.cast.lead, test.case)


def test_only_whoever_had_it_open_is_told_that_it_is_gone(stage: Stage) -> None:
    test = opened(stage, sent(stage))
    assert not erased_before(stage, stage.cast.lead, test.case)
    ended(stage, test)
    assert not erased_before(stage, stage.cast.triage, test.case)
    assert not erased_before(stage, stage.cast.lead, stage.assigned.case)
    assert not erased_before(stage, stage.cast.lead, bytes(16))


def test_of_two_leads_at_once_one_ends_it(stage: Stage) -> None:
    cast = stage.cast
    stage.next_roster((cast.lead, Duty.LEAD), (cast.triage, Duty.LEAD))
    test = opened(stage, opened(stage, sent(stage)), cast.triage)
    barrier = Barrier(2)

    def end(person: Person) -> bool:
        barrier.wait()
        try:
            ended(stage, test, person)
        except NotFound:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(end, (cast.lead, cast.triage))) == [False, True]
    assert len(stage.entries(Event.CASE_ERASED)) == 1
    assert stage.findings() == []


@pytest.mark.parametrize("again", [False, True])
def test_of_two_that_are_sent_at_once_one_is_stored(stage: Stage, again: bool) -> None:
    if again:
        ended(stage, opened(stage, sent(stage)))
    barrier = Barrier(2)

    def send(sealed: SealedReport) -> bool:
        barrier.wait()
        try:
            with stage.units.writing() as unit:
                rehearsals.begin(unit, sealed)
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(send, (seal(stage), seal(stage)))) == [False, True]
    assert stage.findings() == []


@pytest.mark.parametrize("again", [False, True])
def test_one_that_is_sent_while_another_is_being_stored(stage: Stage, again: bool) -> None:
    """The second reaches the mark before the first has committed, and decides by what there is then."""
    if again:
        ended(stage, opened(stage, sent(stage)))
    sealed = seal(stage), seal(stage)

    def send_second() -> bool:
        try:
            with stage.units.writing() as unit:
                rehearsals.begin(unit, sealed[1])
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(1) as pool:
        with stage.units.writing() as unit:
            rehearsals.begin(unit, sealed[0])
            second = pool.submit(send_second)
            until_it_waits(stage.attacker.url, second)
        assert second.result() is False
    with stage.units.reading() as unit:
        assert rehearsals.under_way(unit) == {sealed[0].case}
    assert stage.findings() == []


def test_whoever_does_not_lead_does_not_end_it(stage: Stage) -> None:
    test = sent(stage)
    stage.read(stage.cast.triage, test)
    with pytest.raises(Denied):
        ended(stage, test, stage.cast.triage, Ending.GIVEN_UP)
    for person in (stage.cast.unassigned, stage.cast.other_lead):
        with pytest.raises(NotFound):
            ended(stage, test, person, Ending.GIVEN_UP)


@pytest.mark.parametrize("ending", Ending)
@pytest.mark.parametrize("which", ["assigned", "waiting"])
def test_no_real_report_ends_this_way(stage: Stage, which: str, ending: Ending) -> None:
    report: Report = getattr(stage, which)
    sent(stage)
    before = stage.contents()
    with pytest.raises(Denied) as refused:
        ended(stage, report, ending=ending)
    assert refused.value.failure is not None
    assert refused.value.failure.fields == {"subject": f"case:{report.case.hex()}", "reason": "no-test"}
    assert stage.contents() == before


def test_an_administrator_takes_back_what_nobody_opened(stage: Stage) -> None:
    test = sent(stage)
    give_up(stage)
    assert traces(stage, test.case) == []
    assert standing(stage) == Standing()
    (entry,) = stage.entries(Event.CASE_ERASED)
    assert (entry["actor"], entry["reason"]) == (stage.cast.administrator.account.hex(), Ending.GIVEN_UP.value)
    assert stage.findings() == []
    with pytest.raises(Conflict):
        give_up(stage)
    ended(stage, opened(stage, sent(stage)))
    assert stage.findings() == []


# -- How it stands ---------------------------------------------------------------------------------------------------


def test_how_it_stands_from_the_first_to_the_next(stage: Stage) -> None:
    cast = stage.cast
    assert standing(stage) == Standing()
    test = sent(stage)
    assert standing(stage) == Standing(begun=SECOND_DAY)
    stage.calendar.day += rehearsals.PATIENCE
    assert not standing(stage).late
    stage.calendar.day += timedelta(days=1)
    assert standing(stage).late
    ended(stage, opened(stage, test))
    day = stage.calendar.day
    assert standing(stage) == Standing(opened=day, opener=cast.lead.display_name)
    stage.next_roster((cast.lead, Duty.LEAD), (cast.triage, Duty.LEAD))
    assert standing(stage) == Standing(opened=day, opener=cast.lead.display_name, changed=True)
    sent(stage)
    assert standing(stage) == Standing(begun=day, opened=day, opener=cast.lead.display_name, changed=True)
    give_up(stage)
    assert standing(stage) == Standing(opened=day, opener=cast.lead.display_name, changed=True)
    ended(stage, opened(stage, sent(stage)))
    assert standing(stage) == Standing(opened=day, opener=cast.lead.display_name)
    assert stage.findings() == []


def test_the_set_up_misses_what_was_never_tried(stage: Stage) -> None:
    def rehearsed() -> dict[bytes, bool]:
        with stage.units.reading() as unit:
            return {channel.id: channel.rehearsed for channel in readiness.examine(unit).channels}

    assert not any(rehearsed().values())
    ended(stage, opened(stage, sent(stage)))
    assert rehearsed() == {stage.cast.channel: True, stage.cast.fallback: False}


# -- It counts nowhere -----------------------------------------------------------------------------------------------


def test_it_counts_in_no_statistics(stage: Stage) -> None:
    def counted() -> object:
        with stage.units.reading() as unit:
            return statistics.years(unit), unit.run(
                statistics._COUNTS,
                {
                    "today": unit.today,
                    "first": date(2026, 1, 1),
                    "end": date(2027, 1, 1),
                    "tests": list(rehearsals.under_way(unit)),
                },
            ).all()

    before = counted()
    sent(stage)
    assert counted() == before


def test_a_first_year_does_not_begin_with_a_test(stage: Stage) -> None:
    stage.calendar.day = date(2025, 1, 2)
    sent(stage)
    stage.calendar.day = date(2026, 5, 1)
    with stage.units.reading() as unit:
        assert statistics.years(unit) == (2026,)


def test_nobody_is_reminded_of_it_and_nothing_of_it_is_ever_due(stage: Stage) -> None:
    stage.attacker.run("UPDATE caseload SET unread = 0, due = '9999-12-31'")
    stage.attacker.run("UPDATE account SET email = 'somebody@example.org', reminded = NULL")
    sent(stage)
    stage.calendar.day += timedelta(days=400)
    with stage.units.reading() as unit:
        assert reminders.due(unit) == ()
        lines = unit.session.connection().exec_driver_sql("SELECT count(*) FROM caseload WHERE unread").scalar_one()
    assert lines == 2


def test_it_keeps_nobody_in_office_and_is_not_closed_with_others(stage: Stage) -> None:
    lead = stage.cast.lead
    with stage.units.reading() as unit:
        before = holdings.held_alone(unit, lead.account)
    test = sent(stage)
    with stage.units.writing() as unit:
        assert holdings.held_alone(unit, lead.account) == before
        begun, _more = bulk_closing.beginnings(unit, lead.actor, lead.keys)
        assert test.case not in {line.case for line in begun}


Beginning = Callable[[Stage], Report]


@pytest.mark.parametrize(("begin", "expected"), [(sent, True), (lambda stage: stage.assigned, False)])
def test_what_it_began_as_is_what_it_is(stage: Stage, begin: Beginning, expected: bool) -> None:
    report = begin(stage)
    with stage.units.reading() as unit:
        assert acts.is_rehearsal(unit, unit.session.get_one(Case, report.case)) is expected


def test_whatever_bears_a_cases_id_is_thought_of_when_it_is_erased() -> None:
    """A table that comes later must say here what becomes of it."""
    bearing = {name for name, table in Base.metadata.tables.items() if "case_id" in table.columns}
    assert bearing == {*case_erasure._OF_THE_CASE, "file", "rehearsal"}
