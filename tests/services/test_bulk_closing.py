"""Several untouched cases closed at once: each opened with its entry, each closed as any case, nothing taken from somebody's hands."""

import pytest

from complaints.errors import Conflict, NotFound
from complaints.policy import Action
from complaints.services import bulk_closing, case_flow, data_requests
from complaints.services.bulk_closing import Beginning
from complaints.vocabulary import CaseStatus, DataRequest, Event, Outcome, Priority, Risk
from tests.cast import Person, Report
from tests.stage import Stage


def look(stage: Stage, person: Person, skip: int = 0) -> tuple[list[Beginning], bool]:
    with stage.units.writing() as unit:
        return bulk_closing.beginnings(unit, person.actor, person.keys, skip)


def close(stage: Stage, person: Person, report: Report, revision: int = 0) -> None:
    with stage.units.writing() as unit:
        bulk_closing.close(
            unit, person.actor, person.keys, report.case, reason="CANARY-JUNK", feedback="kind words", revision=revision
        )


def test_only_untouched_cases_of_ones_own_are_shown_and_each_is_entered(stage: Stage) -> None:
    lead = stage.cast.lead
    before = len(stage.entries(Event.CASE_OPENED))
    (line,), more = look(stage, lead)
    assert (line.case, line.text, line.revision, more) == (stage.waiting.case, "another story", 0, False)
    opened = stage.entries(Event.CASE_OPENED)[before:]
    assert [(entry["case"], entry["subject"]) for entry in opened] == [(stage.waiting.case.hex(), Action.CLOSE_SEVERAL)]
    assert look(stage, stage.cast.unassigned) == ([], False)
    assert "another story" not in repr(line)


def test_a_long_story_is_shown_by_its_beginning(stage: Stage) -> None:
    stage.cast.report(stage.cast.draft(narrative="word \n" * 500))
    texts = {line.text for line in look(stage, stage.cast.lead)[0]}
    assert {len(text) <= bulk_closing.BEGINNING + 2 for text in texts} == {True}
    assert any(text.endswith(" …") for text in texts)


def test_there_are_pages(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk_closing, "PAGE", 1)
    found, _ = look(stage, stage.cast.lead, 0)
    assert len(found) == 1
    assert look(stage, stage.cast.lead, 1) == ([], False)


def test_one_that_does_not_verify_is_left_out(stage: Stage) -> None:
    other = stage.cast.report()
    stage.attacker.run("UPDATE sealed_field SET value = zeroblob(100) WHERE name = 'narrative' AND record_id IN"
                       " (SELECT id FROM record WHERE case_id = ?)", stage.waiting.case)  # fmt: skip
    assert [line.case for line in look(stage, stage.cast.lead)[0]] == [other.case]


def test_a_case_is_closed_as_any_other(stage: Stage) -> None:
    close(stage, stage.cast.lead, stage.waiting)
    opened = stage.read(stage.cast.triage, stage.waiting)
    assert (opened.status, opened.outcome) == (CaseStatus.CLOSED, Outcome.OUT_OF_SCOPE)
    assert [turn.text for turn in opened.turns] == ["CANARY-JUNK"]
    assert [line.text for line in stage.open_mailbox(stage.waiting).feedback] == ["kind words"]
    assert len(stage.entries(Event.CASE_CLOSED)) == 1
    assert stage.findings() == []


def test_what_somebody_took_on_meanwhile_is_left(stage: Stage) -> None:
    triage = stage.cast.triage
    with stage.units.writing() as unit:
        wanted = case_flow.Handling(CaseStatus.TRIAGE, Priority.HIGH, Risk.HIGH)
        case_flow.handle(unit, triage.actor, triage.keys, stage.waiting.case, wanted, 0)
    before = stage.contents()
    with pytest.raises(Conflict):
        close(stage, stage.cast.lead, stage.waiting)
    assert stage.contents() == before


def test_what_was_answered_or_assigned_is_not_untouched(stage: Stage) -> None:
    stage.reply(stage.cast.lead, "we read it", stage.waiting)
    assert look(stage, stage.cast.lead) == ([], False)
    for report in (stage.waiting, stage.assigned):
        with pytest.raises(Conflict):
            close(stage, stage.cast.lead, report, revision=stage.read(stage.cast.lead, report).revision)


def test_a_case_whose_reporter_waits_for_an_answer_is_not_untouched(stage: Stage) -> None:
    report = stage.waiting
    with stage.units.writing() as unit:
        data_requests.ask(unit, report.reporter, report.keys, DataRequest.OBJECTION, "")
    assert look(stage, stage.cast.lead) == ([], False)
    with pytest.raises(Conflict):
        close(stage, stage.cast.lead, report)


def test_of_two_at_once_the_second_closes_nothing(stage: Stage) -> None:
    close(stage, stage.cast.lead, stage.waiting)
    before = stage.contents()
    for revision in (0, 1):
        with pytest.raises(Conflict):
            close(stage, stage.cast.triage, stage.waiting, revision)
    assert stage.contents() == before


def test_without_a_key_the_case_is_not_there(stage: Stage) -> None:
    with pytest.raises(NotFound):
        close(stage, stage.cast.unassigned, stage.waiting)
