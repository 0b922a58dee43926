"""Somebody who can write to the database would have a real report erased as a test, a deleted one pass for an erased test, or a test for a real one.

One named tampering a test. Each is refused where it would be believed, or shown by the check, or both.
"""

import pytest
from sqlalchemy.event import listen

from complaints.errors import Conflict, Denied, DomainError, NotFound, Refused
from complaints.models import Case
from complaints.services import acts, audit, casework, linking, own_drafts, rehearsals, tasks, vouching
from complaints.services.audit import Filter
from complaints.services.log_verification import verify
from complaints.services.rehearsals import Mark, Standing
from complaints.vocabulary import Ending, Event
from tests.cast import Report
from tests.services.planting import entry_of, plant, rewrite
from tests.services.rehearsing import ended, file_of, opened, sent
from tests.stage import SECOND_DAY, Stage

OF_A_CASE = ("draft", "caseload", "task", "departure", "pseudonym", "grants", "compartment")


def delete_case(stage: Stage, report: Report) -> None:
    """Every row of it, as an erasure leaves it."""
    run = stage.attacker.run
    run("DELETE FROM sealed_field WHERE record_id IN (SELECT id FROM record WHERE case_id = ?)", report.case)
    run("DELETE FROM file_chunk WHERE file_id IN (SELECT id FROM file WHERE case_id = ?)", report.case)
    for table in (*OF_A_CASE, "record", "act", "file"):
        if stage.attacker.rows(f"SELECT 1 FROM {table} WHERE case_id = ?", report.case):
            run(f"DELETE FROM {table} WHERE case_id = ?", report.case)
    run("DELETE FROM cases WHERE id = ?", report.case)


def plant_erasure(stage: Stage, case: bytes) -> None:
    moment = {"event": "case.erased", "day": SECOND_DAY.isoformat()}
    plant(stage.attacker, **moment, actor=stage.cast.lead.account.hex(), case=case.hex(), reason="opened")


def is_missed(stage: Stage, report: Report) -> None:
    stage.shows("case", f"case {report.case.hex()} is in the log and not in the database")
    stage.shows("record", "is in the log and not in the database")


# -- A real report that is gone --------------------------------------------------------------------------------------


def test_a_deleted_report_and_a_planted_erasure(stage: Stage) -> None:
    delete_case(stage, stage.assigned)
    plant_erasure(stage, stage.assigned.case)
    stage.shows("case", f"case {stage.assigned.case.hex()} is said to be erased by entries that are not the log's own")
    is_missed(stage, stage.assigned)


def test_a_deleted_report_whose_beginning_is_made_a_tests(stage: Stage) -> None:
    stage.next_day()
    delete_case(stage, stage.assigned)
    received = entry_of(stage.attacker, Event.REPORT_RECEIVED, "case", stage.assigned.case.hex())
    rewrite(stage.attacker, received, "event", Event.REPORT_REHEARSED.value)
    plant_erasure(stage, stage.assigned.case)
    stage.shows("case", "is said to be erased by entries that are not the log's own")
    is_missed(stage, stage.assigned)


def test_a_deleted_report_with_the_story_of_an_erased_test(stage: Stage) -> None:
    """The test's own two entries, with the report's id in them."""
    test = opened(stage, sent(stage))
    ended(stage, test)
    delete_case(stage, stage.assigned)
    for event in (Event.REPORT_REHEARSED, Event.CASE_ERASED):
        rewrite(
            stage.attacker, entry_of(stage.attacker, event, "case", test.case.hex()), "case", stage.assigned.case.hex()
        )
    stage.shows("case", "is said to be erased by entries that are not the log's own")
    is_missed(stage, stage.assigned)
    with stage.units.reading() as unit:
        assert verify(unit.session, stage.access_log).problems


def test_a_deleted_report_whose_records_a_tests_entry_is_made_to_name(stage: Stage) -> None:
    test = opened(stage, sent(stage))
    ended(stage, test)
    written = stage.attacker.value(
        "SELECT value FROM log_field WHERE name = 'writes' AND entry = ?",
        stage.attacker.value("SELECT max(entry) FROM log_field WHERE name = 'event' AND value = ?", b"note.written"),
    ).decode()
    delete_case(stage, stage.assigned)
    rewrite(stage.attacker, entry_of(stage.attacker, Event.IDENTITY_OPENED, "case", test.case.hex()), "writes", written)
    is_missed(stage, stage.assigned)


def told_as_erased(stage: Stage, report: Report) -> str | None:
    """What an auditor reads of the case's reference."""
    with stage.units.reading() as unit:
        return audit.read_page(unit, Filter(case=report.case.hex())).names.erased.get(report.case.hex())


@pytest.mark.parametrize("wholly", [False, True])
def test_a_deleted_report_that_rows_beside_the_log_call_a_test(stage: Stage, wholly: bool) -> None:
    """An auditor reads that there is no such case."""
    delete_case(stage, stage.assigned)
    case = stage.assigned.case.hex()
    plant(stage.attacker, event=Event.REPORT_REHEARSED.value, case=case, state=f"reference={stage.assigned.reference}")
    if wholly:
        plant_erasure(stage, stage.assigned.case)
    assert told_as_erased(stage, stage.assigned) is None


def test_a_deleted_test_is_not_an_erased_one(stage: Stage) -> None:
    test, other = sent(stage), opened(stage, sent(stage, stage.cast.fallback), stage.cast.other_lead)
    delete_case(stage, test)
    ended(stage, other, stage.cast.other_lead)
    assert told_as_erased(stage, test) is None
    assert told_as_erased(stage, other) == other.reference


def test_an_erasure_in_the_log_of_a_case_that_was_no_test(stage: Stage) -> None:
    """Even the log's own word, if a fault ever put it there, explains no real report that is missing."""
    with stage.units.writing() as unit:
        unit.enter(Event.CASE_ERASED, stage.cast.lead.actor, case=stage.assigned.case.hex(), reason=Ending.OPENED)
    delete_case(stage, stage.assigned)
    stage.shows("case", f"case {stage.assigned.case.hex()} is said to be erased, and was no test")
    is_missed(stage, stage.assigned)


# -- A real report that would be erased ------------------------------------------------------------------------------


def test_a_report_whose_act_is_made_a_tests(stage: Stage) -> None:
    stage.attacker.run("UPDATE act SET kind = 'rehearsal' WHERE case_id = ?", stage.waiting.case)
    before = stage.contents()
    with pytest.raises(Refused):
        ended(stage, stage.waiting, ending=Ending.GIVEN_UP)
    assert stage.contents() == before
    stage.shows("act", "says something else than its row")


@pytest.mark.parametrize("instead", [False, True])
def test_a_report_with_a_tests_act(stage: Stage, instead: bool) -> None:
    test = sent(stage)
    if instead:
        stage.attacker.run("DELETE FROM act WHERE case_id = ?", stage.waiting.case)
    stage.attacker.run("UPDATE act SET case_id = ? WHERE case_id = ?", stage.waiting.case, test.case)
    before = stage.contents()
    with stage.units.reading() as unit, pytest.raises(Refused):
        acts.is_rehearsal(unit, unit.session.get_one(Case, stage.waiting.case))
    with pytest.raises(DomainError):
        ended(stage, stage.waiting, ending=Ending.GIVEN_UP)
    assert stage.contents() == before


def test_a_report_with_the_mark_of_a_test(stage: Stage) -> None:
    """It keeps its place in every list, and an administrator erases nothing."""
    sent(stage)
    stage.attacker.run("UPDATE rehearsal SET case_id = ?", stage.waiting.case)
    before = stage.contents()
    with stage.units.reading() as unit:
        assert rehearsals.under_way(unit) == frozenset()
    with pytest.raises(Refused), stage.units.writing() as unit:
        rehearsals.give_up(unit, stage.cast.administrator.actor, stage.cast.channel)
    assert stage.contents() == before
    stage.shows("rehearsal", "was changed past the system")
    stage.shows("rehearsal", "are not as the log says")


def test_a_report_with_the_mark_of_a_test_and_the_servers_own_word(stage: Stage) -> None:
    """By somebody who has the secret files as well: the report's first act is its reporter's."""
    with stage.units.reading() as unit:
        mark = Mark(stage.cast.channel, stage.waiting.case, SECOND_DAY, stage.stored_roster().hash)
        word = vouching.for_rehearsal(unit.secrets, mark)
    stage.attacker.insert(
        "rehearsal", (mark.channel_id, mark.case_id, "2026-03-03", mark.roster, None, None, None, word)
    )
    before = stage.contents()
    with pytest.raises(Denied), stage.units.writing() as unit:
        rehearsals.give_up(unit, stage.cast.administrator.actor, stage.cast.channel)
    assert stage.contents() == before
    stage.shows("rehearsal", "are not as the log says")


@pytest.mark.parametrize("table", ["record", "file", "act", "task"])
def test_what_is_moved_from_a_report_into_a_test(stage: Stage, table: str) -> None:
    """The test is not erased while a row of another case lies in it."""
    lead = stage.cast.lead
    with stage.units.writing() as unit:
        about = {"text": "look", "account": lead.account, "due": unit.today}
        tasks.set_task(unit, lead.actor, lead.keys, stage.waiting.case, **about)  # type: ignore[arg-type]
    test = opened(stage, sent(stage))
    number = ", number = number + 1000" if table == "record" else ""
    stage.attacker.run(f"UPDATE {table} SET case_id = ?{number} WHERE case_id = ?", test.case, stage.waiting.case)
    before = stage.contents()
    with pytest.raises(Refused):
        ended(stage, test)
    with pytest.raises(Refused), stage.units.writing() as unit:
        rehearsals.give_up(unit, stage.cast.administrator.actor, stage.cast.channel)
    assert stage.contents() == before


def test_openings_that_somebody_wrote_beside_the_log(stage: Stage) -> None:
    test, lead = sent(stage), stage.cast.lead
    stage.read(lead, test)
    for event in rehearsals.STEPS:
        plant(stage.attacker, event=event.value, actor=lead.account.hex(), case=test.case.hex())
    before = stage.contents()
    with pytest.raises(Refused):
        ended(stage, test)
    assert stage.contents() == before


def test_a_report_that_is_taken_for_a_test(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Should its act ever be misread: the log tells of no test that began with this act."""
    stage.next_day()
    monkeypatch.setattr(acts, "is_rehearsal", lambda *_: True)
    before = stage.contents()
    with pytest.raises(Refused, match="to have begun like this"):
        ended(stage, stage.waiting, ending=Ending.GIVEN_UP)
    assert stage.contents() == before


# -- Who would learn something, or keep others from their work -------------------------------------------------------


@pytest.mark.parametrize("there", [True, False])
def test_whoever_holds_nothing_has_nothing_looked_through(stage: Stage, there: bool) -> None:
    """Neither the queue, which strangers fill, nor a story: how long the answer takes would tell of the case, and all writers would wait."""
    asked: list[str] = []
    listen(stage.database.engine, "before_cursor_execute", lambda *call: asked.append(call[2]))
    person, case = stage.cast.unassigned, stage.assigned.case if there else bytes(16)
    with pytest.raises(NotFound), stage.units.writing() as unit:
        rehearsals.conclude(unit, person.actor, person.keys, case, Ending.OPENED)
    assert asked
    assert not [statement for statement in asked if "log_" in statement]
    with stage.units.reading() as unit:
        assert not rehearsals.erased_before(unit, person.actor, case)
    assert not [statement for statement in asked if "log_pending" in statement]


def test_a_queued_row_that_somebody_wrote_keeps_nobody_from_ending_a_test(stage: Stage) -> None:
    first, second = opened(stage, sent(stage)), sent(stage, stage.cast.fallback)
    stage.attacker.run("UPDATE log_pending SET signature = zeroblob(64)")
    ended(stage, first)
    ended(stage, second, stage.cast.other_lead, Ending.GIVEN_UP)
    assert {area for area, _what in stage.findings()} >= {"log"}
    assert not [what for _area, what in stage.findings() if first.case.hex() in what or second.case.hex() in what]


def test_an_erasure_that_somebody_wrote_tells_nobody_that_a_test_is_gone(stage: Stage) -> None:
    test = sent(stage)
    stage.read(stage.cast.lead, test)
    plant_erasure(stage, test.case)
    with stage.units.reading() as unit:
        assert not rehearsals.erased_before(unit, stage.cast.lead.actor, test.case)


# -- A test that would pass for something else -----------------------------------------------------------------------


def test_a_test_whose_mark_is_gone(stage: Stage) -> None:
    """Lists know it no more; its own page does, and so does the check."""
    test = sent(stage)
    stage.attacker.run("DELETE FROM rehearsal")
    assert stage.read(stage.cast.lead, test).rehearsed is not None
    stage.shows("rehearsal", "the log tells of a test report, and nothing marks it")
    ended(stage, opened(stage, test))


def test_a_test_whose_act_is_made_a_reports(stage: Stage) -> None:
    test = sent(stage)
    stage.attacker.run("UPDATE act SET kind = 'intake' WHERE case_id = ?", test.case)
    with pytest.raises(Refused):
        stage.read(stage.cast.lead, test)
    stage.shows("act", "says something else than its row")


def test_a_deleted_test(stage: Stage) -> None:
    test = sent(stage)
    delete_case(stage, test)
    is_missed(stage, test)


def test_an_erased_test_that_is_put_back(stage: Stage) -> None:
    test = opened(stage, sent(stage))
    copy = stage.attacker.copy("with-the-test.sqlite")
    ended(stage, test)
    for table in ("cases", "act", "compartment", "grants", "record", "caseload"):
        stage.attacker.put_back(copy, table, "id = ?" if table == "cases" else "case_id = ?", test.case)
    stage.shows("case", f"case {test.reference} was erased and is back")


@pytest.mark.parametrize("table", ["act", "compartment", "grants", "record", "caseload", "pseudonym", "task", "draft"])
def test_a_part_of_an_erased_test_that_is_put_back(stage: Stage, table: str) -> None:
    """Without the case's own row, as an act or a grant which somebody would keep for later."""
    test, lead = opened(stage, sent(stage)), stage.cast.lead
    with stage.units.writing() as unit:
        tasks.set_task(unit, lead.actor, lead.keys, test.case, text="look", account=lead.account, due=unit.today)
    with stage.units.writing() as unit:
        own_drafts.keep(unit, lead.actor, lead.keys, test.case, "not sent yet")
    copy = stage.attacker.copy("with-the-test.sqlite")
    ended(stage, test)
    stage.attacker.put_back(copy, table, "case_id = ?", test.case)
    stage.shows("case", f"{table}: rows of {test.case.hex()}, which is not in cases")


@pytest.mark.parametrize(
    ("table", "of", "whole"), [("sealed_field", "record_id", "record"), ("file_chunk", "file_id", "file")]
)
def test_words_of_an_erased_test_that_are_put_back(stage: Stage, table: str, of: str, whole: str) -> None:
    test = opened(stage, sent(stage))
    copy, id_ = stage.attacker.copy("with-the-test.sqlite"), file_of(stage, test)
    ended(stage, test)
    stage.attacker.put_back(copy, table, f"{of} = ?", id_)
    stage.shows("case", f"{table}: rows of {id_.hex()}, which is not in {whole}")


def test_a_link_whose_case_is_taken_away(stage: Stage) -> None:
    """The other's link is left, and names in its seal a case that the log tells of."""
    lead = stage.cast.lead
    with stage.units.writing() as unit:
        linking.link(
            unit, lead.actor, lead.keys, stage.assigned.case, stage.waiting.case, "one matter", stage.waiting.case
        )
    stage.attacker.run("DELETE FROM cases WHERE id = ?", stage.waiting.case)
    is_gone = f"rows of {stage.waiting.case.hex()}, which is not in cases"
    stage.shows("case", f"record: {is_gone}")
    stage.shows("case", f"case {stage.waiting.case.hex()} is in the log and not in the database")


def test_an_older_mark_that_is_put_back(stage: Stage) -> None:
    """It says that nothing was ever opened, or that one waits which is gone."""
    test = opened(stage, sent(stage))
    copy = stage.attacker.copy("with-the-test.sqlite")
    ended(stage, test)
    stage.attacker.put_back(copy, "rehearsal", "channel_id = ?", stage.cast.channel)
    stage.shows("rehearsal", "are not as the log says")
    with stage.units.reading() as unit:
        assert rehearsals.standing(unit, stage.cast.channel) == Standing()
    with pytest.raises(Conflict), stage.units.writing() as unit:
        rehearsals.give_up(unit, stage.cast.administrator.actor, stage.cast.channel)
    ended(stage, opened(stage, sent(stage)))
    assert stage.findings() == []


def test_a_second_test_beside_one_that_no_mark_names(stage: Stage) -> None:
    """The mark of before is put back, which says that none waits: another is sent, and the first passes for a real report."""
    ended(stage, opened(stage, sent(stage)))
    copy = stage.attacker.copy("between-two-tests.sqlite")
    first = sent(stage)
    stage.attacker.put_back(copy, "rehearsal", "channel_id = ?", stage.cast.channel)
    second = sent(stage)
    with stage.units.reading() as unit:
        assert rehearsals.under_way(unit) == {second.case}
    stage.shows("rehearsal", "are not as the log says")
    stage.shows("rehearsal", f"case {first.case.hex()} is a test report that waits, and no mark names it")
    ended(stage, opened(stage, first))
    ended(stage, opened(stage, second))
    assert stage.findings() == []


def test_a_mark_that_says_it_opens(stage: Stage) -> None:
    sent(stage)
    lead = stage.cast.lead.account
    stage.attacker.run("UPDATE rehearsal SET opened = '2026-03-03', opener = ?, opened_under = roster", lead)
    with stage.units.reading() as unit, pytest.raises(Refused):
        rehearsals.standing(unit, stage.cast.channel)
    stage.shows("rehearsal", "was changed past the system")


def test_whoever_reads_while_it_is_erased_reads_nothing(stage: Stage) -> None:
    test = opened(stage, sent(stage))
    ended(stage, test)
    lead = stage.cast.lead
    with pytest.raises(DomainError), stage.units.writing() as unit:
        casework.reply(unit, lead.actor, lead.keys, test.case, "too late")
