"""The flow of a case: taken on and assessed, closed with its reasons, taken up again; and what the log, the lists and the reporter know of it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from complaints.errors import Conflict, DomainError, Invalid, NotFound
from complaints.services import case_flow, case_state, caseload, casework, channels
from complaints.services.case_flow import Handling
from complaints.vocabulary import CaseStatus, Event, Outcome, Priority, Risk
from tests.cast import Person, Report
from tests.stage import SECOND_DAY, Stage

TAKEN_ON = Handling(CaseStatus.ACCEPTED, Priority.HIGH, Risk.MEDIUM)
FINDINGS, FEEDBACK, REASON = "CANARY-FINDINGS พบใบเสร็จซ้ำ", "CANARY-FEEDBACK ขอบคุณ", "CANARY-REOPENING new receipts"


def handle(stage: Stage, person: Person, wanted: Handling, revision: int, report: Report | None = None) -> bool:
    with stage.units.writing() as unit:
        case = (report or stage.assigned).case
        return case_flow.handle(unit, person.actor, person.keys, case, wanted, revision)


def close(stage: Stage, person: Person, revision: int, *, findings: str = FINDINGS, feedback: str = FEEDBACK) -> None:
    with stage.units.writing() as unit:
        case_flow.close(
            unit,
            person.actor,
            person.keys,
            stage.assigned.case,
            Outcome.PARTLY,
            findings=findings,
            feedback=feedback,
            revision=revision,
        )


def reopen(stage: Stage, person: Person, revision: int, text: str = REASON) -> None:
    with stage.units.writing() as unit:
        case_flow.reopen(unit, person.actor, person.keys, stage.assigned.case, text, revision=revision)


def due(stage: Stage, person: Person, report: Report | None = None) -> object:
    with stage.units.reading() as unit:
        return caseload.find_line(unit, person.actor, (report or stage.assigned).case).due


def test_to_be_assigned_is_not_to_be_answered(stage: Stage) -> None:
    lead = stage.cast.lead
    stage.cast.assign(stage.waiting)
    seen = stage.read(lead, stage.waiting)
    assert (seen.status, seen.acknowledged) == (CaseStatus.INVESTIGATING, None)
    assert handle(stage, lead, replace(TAKEN_ON, status=CaseStatus.INVESTIGATING), seen.revision, stage.waiting)
    assert stage.read(lead, stage.waiting).acknowledged is None
    with stage.units.writing() as unit:
        casework.reply(unit, lead.actor, lead.keys, stage.waiting.case, "We have your report.")
    assert stage.read(lead, stage.waiting).acknowledged == SECOND_DAY
    assert due(stage, lead, stage.waiting) == seen.feedback_by


def test_what_is_decided_is_what_every_reader_sees_and_the_log_says(stage: Stage) -> None:
    lead, triage = stage.cast.lead, stage.cast.triage
    revision = stage.read(lead, stage.waiting).revision
    assert handle(stage, triage, TAKEN_ON, revision, stage.waiting)
    seen = stage.read(lead, stage.waiting)
    assert Handling(seen.status, seen.priority, seen.risk) == TAKEN_ON
    assert (seen.acknowledged, seen.revision) == (SECOND_DAY, revision + 1)
    assert due(stage, triage, stage.waiting) == due(stage, lead, stage.waiting) == seen.feedback_by
    (entry,) = stage.entries(Event.CASE_HANDLED)
    assert entry["actor"] == triage.account.hex()
    facts = case_state.read(entry["state"] or "")
    assert (facts["status"], facts["priority"], facts["risk"]) == ("accepted", "high", "medium")
    assert stage.open_mailbox(stage.waiting).status is CaseStatus.ACCEPTED
    assert stage.findings() == []


def test_nothing_is_entered_where_nothing_changes(stage: Stage) -> None:
    now = stage.read(stage.cast.lead)
    before = stage.contents()
    assert not handle(stage, stage.cast.lead, Handling(now.status, now.priority, now.risk), now.revision)
    assert stage.contents() == before


def test_a_case_only_moves_on(stage: Stage) -> None:
    """Its reporter was told: what was taken on is not quietly put back, and closing has a way of its own."""
    revision, before = stage.read(stage.cast.lead).revision, stage.contents()
    for status in (CaseStatus.NEW, CaseStatus.TRIAGE, CaseStatus.ACCEPTED, CaseStatus.CLOSED):
        with pytest.raises(Invalid):
            handle(stage, stage.cast.lead, Handling(status, Priority.HIGH, Risk.LOW), revision)
    assert stage.contents() == before


@pytest.mark.parametrize("step", ["handle", "close", "reopen"])
def test_of_two_at_once_the_second_is_told_and_undoes_nothing(stage: Stage, step: str) -> None:
    lead, other = stage.cast.lead, stage.cast.investigator
    revision = stage.read(lead).revision
    assert stage.read(other).revision == revision
    if step == "reopen":
        close(stage, lead, revision)
        revision += 1
        reopen(stage, lead, revision)
    else:
        handle(stage, lead, Handling(CaseStatus.INVESTIGATING, Priority.HIGH, Risk.HIGH), revision)
    before = stage.contents()
    with pytest.raises(Conflict):
        {
            "handle": lambda: handle(
                stage, other, Handling(CaseStatus.INVESTIGATING, Priority.NORMAL, Risk.LOW), revision
            ),
            "close": lambda: close(stage, other, revision),
            "reopen": lambda: reopen(stage, other, revision),
        }[step]()
    assert stage.contents() == before


def test_an_assignment_meanwhile_is_a_decision_too(stage: Stage) -> None:
    revision = stage.read(stage.cast.lead).revision
    stage.cast.assign(stage.assigned, {stage.cast.investigator: True}, epoch=2)
    with pytest.raises(Conflict):
        close(stage, stage.cast.investigator, revision)


def test_a_closed_case_says_why_to_those_who_hold_it_and_what_came_of_it_to_its_reporter(stage: Stage) -> None:
    investigator = stage.cast.investigator
    close(stage, investigator, stage.read(investigator).revision)
    seen = stage.read(stage.cast.second_investigator)
    assert (seen.status, seen.outcome, seen.closed) == (CaseStatus.CLOSED, Outcome.PARTLY, SECOND_DAY)
    (turn,) = seen.turns
    assert (turn.outcome, turn.text, turn.told) == (Outcome.PARTLY, FINDINGS, FEEDBACK)
    assert turn.author_name == investigator.display_name
    box = stage.open_mailbox()
    assert [(line.outcome, line.text) for line in box.feedback] == [(Outcome.PARTLY, FEEDBACK)]
    assert FINDINGS not in str([line.text for line in (*box.feedback, *box.messages)])
    (entry,) = stage.entries(Event.CASE_CLOSED)
    assert entry["reason"] == "partly-substantiated"
    assert "CANARY" not in str(stage.entries())
    assert due(stage, investigator) is None
    assert stage.findings() == []


def test_findings_and_feedback_are_nowhere_in_the_clear(stage: Stage) -> None:
    close(stage, stage.cast.lead, stage.read(stage.cast.lead).revision)
    reopen(stage, stage.cast.lead, stage.read(stage.cast.lead).revision)
    stored = repr(stage.contents())
    for text in (FINDINGS, FEEDBACK, REASON):
        assert text not in stored
        assert repr(text.encode())[2:-1] not in stored


@pytest.mark.parametrize("text", ["", " \n", "x" * (case_flow.LIMIT + 1)])
def test_closing_and_reopening_need_their_reasons(stage: Stage, text: str) -> None:
    lead = stage.cast.lead
    revision, before = stage.read(lead).revision, stage.contents()
    with pytest.raises(Invalid):
        close(stage, lead, revision, findings=text)
    with pytest.raises(Invalid):
        close(stage, lead, revision, feedback=text)
    with pytest.raises(Invalid):
        reopen(stage, lead, revision, text)
    assert stage.contents() == before


def test_a_reopened_case_owes_feedback_anew(stage: Stage) -> None:
    lead = stage.cast.lead
    close(stage, lead, stage.read(lead).revision)
    stage.calendar.day += timedelta(days=200)
    reopen(stage, lead, stage.read(lead).revision)
    seen = stage.read(stage.cast.investigator)
    assert (seen.status, seen.outcome, seen.closed) == (CaseStatus.INVESTIGATING, None, None)
    assert seen.feedback_by == stage.calendar.day + timedelta(days=channels.FEEDBACK_DAYS) == due(stage, lead)
    assert [(turn.outcome, turn.text) for turn in seen.turns] == [(Outcome.PARTLY, FINDINGS), (None, REASON)]
    assert stage.findings() == []


def test_what_is_not_closed_is_not_reopened_and_what_is_closed_not_closed_again(stage: Stage) -> None:
    lead = stage.cast.lead
    with pytest.raises(Conflict):
        reopen(stage, lead, stage.read(lead).revision)
    close(stage, lead, stage.read(lead).revision)
    with pytest.raises(Conflict):
        close(stage, lead, stage.read(lead).revision)


def test_a_closed_case_is_handed_over_and_stays_closed(stage: Stage) -> None:
    close(stage, stage.cast.lead, stage.read(stage.cast.lead).revision)
    stage.cast.assign(stage.assigned, {stage.cast.unassigned: False}, epoch=2)
    seen = stage.read(stage.cast.unassigned)
    assert (seen.status, seen.turns[0].text) == (CaseStatus.CLOSED, FINDINGS)
    assert due(stage, stage.cast.unassigned) is None
    assert stage.findings() == []


@pytest.mark.parametrize("who", ["unassigned", "triage", "other_lead"])
def test_whoever_holds_no_key_decides_nothing(stage: Stage, who: str) -> None:
    person: Person = getattr(stage.cast, who)
    before = stage.contents()
    decisions = (
        lambda: handle(stage, person, TAKEN_ON, 1),
        lambda: close(stage, person, 1),
        lambda: reopen(stage, person, 1),
    )
    for decide in decisions:
        with pytest.raises(NotFound) as caught:
            decide()
        error: DomainError = caught.value
        assert error.failure is not None
        assert error.failure.event is Event.DENIED
    assert stage.contents() == before


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("status", "closed"),
        ("priority", "high"),
        ("risk", "low"),
        ("outcome", "unsubstantiated"),
        ("acknowledge_by", "2027-01-01"),
        ("acknowledged", "2026-03-02"),
        ("feedback_by", "2027-01-01"),
        ("feedback_given", "2026-03-03"),
        ("closed", "2026-03-03"),
        ("received", "2026-03-01"),
        ("reference", "AAAA-AAAA"),
    ],
)
@pytest.mark.parametrize("which", ["assigned", "waiting"])
def test_the_check_finds_what_was_changed_past_the_system(stage: Stage, column: str, value: str, which: str) -> None:
    """Also where the lists were changed with it."""
    report: Report = getattr(stage, which)
    stage.attacker.run(f"UPDATE cases SET {column} = ? WHERE id = ?", value, report.case)
    if column in {"status", "priority", "risk", "received", "reference"}:
        stage.attacker.run(f"UPDATE caseload SET {column} = ? WHERE case_id = ?", value, report.case)
    stage.shows("case", "its state or its days are not what the log says")


def test_the_check_finds_a_list_with_another_deadline(stage: Stage) -> None:
    stage.attacker.run("UPDATE caseload SET due = '2027-01-01' WHERE case_id = ?", stage.assigned.case)
    stage.shows("caseload", "a reader's list says something else than the case")
