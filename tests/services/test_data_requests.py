"""What a reporter asks about their data is due for whoever holds the case, until it is decided."""

import importlib
from datetime import date, timedelta

import pytest

from complaints.errors import Invalid
from complaints.services import caseload, casework, data_requests, tasks
from complaints.services.caseload import Order, View
from complaints.services.data_requests import Work
from complaints.vocabulary import DataDecision, DataRequest
from tests.services.test_case_flow import close
from tests.stage import Stage

NOTHING = Work("", None)


def due(stage: Stage) -> date | None:
    with stage.units.reading() as unit:
        return caseload.find_line(unit, stage.cast.lead.actor, stage.assigned.case).due


def ask(stage: Stage, kind: DataRequest) -> None:
    report = stage.assigned
    with stage.units.writing() as unit:
        data_requests.ask(unit, report.reporter, report.keys, kind, "")


def decide(stage: Stage, kind: DataRequest, outcome: DataDecision = DataDecision.REFUSED, work: Work = NOTHING) -> None:
    lead, case = stage.cast.lead, stage.assigned.case
    line = next(line for line in stage.read(lead).requests if line.kind is kind)
    with stage.units.writing() as unit:
        data_requests.decide(unit, lead.actor, lead.keys, case, line.id, outcome, "the reason", work)


@pytest.fixture
def answered(stage: Stage) -> date:
    """When it was acknowledged the next deadline is the feedback: months away."""
    lead = stage.cast.lead
    with stage.units.writing() as unit:
        casework.reply(unit, lead.actor, lead.keys, stage.assigned.case, "We have your report.")
    feedback_by = stage.read(lead).feedback_by
    assert due(stage) == feedback_by
    return feedback_by


def test_the_first_request_that_is_not_decided_says_what_is_due(stage: Stage, answered: date) -> None:
    first = stage.calendar.day
    ask(stage, DataRequest.ERASURE)
    assert due(stage) == first + timedelta(days=30) < answered
    stage.calendar.day += timedelta(days=2)
    ask(stage, DataRequest.OBJECTION)
    assert due(stage) == first + timedelta(days=30)
    decide(stage, DataRequest.ERASURE)
    assert due(stage) == first + timedelta(days=32)
    decide(stage, DataRequest.OBJECTION)
    assert due(stage) == answered
    assert stage.findings() == []


def test_a_request_that_is_late_stands_among_what_is_overdue(stage: Stage, answered: date) -> None:
    ask(stage, DataRequest.ERASURE)
    stage.calendar.day += timedelta(days=31)
    assert stage.calendar.day < answered
    with stage.units.reading() as unit:
        late = caseload.list_cases(unit, stage.cast.lead.actor, View(overdue=True, order=Order.DUE)).lines
    assert stage.assigned.case in {line.id for line in late}


def test_what_is_asked_of_a_closed_case_is_due_as_well(stage: Stage) -> None:
    lead = stage.cast.lead
    close(stage, lead, stage.read(lead).revision)
    assert due(stage) is None
    ask(stage, DataRequest.ERASURE)
    assert due(stage) == stage.calendar.day + timedelta(days=30)
    decide(stage, DataRequest.ERASURE)
    assert due(stage) is None
    assert stage.findings() == []


def test_what_is_accepted_is_a_task_of_whoever_accepts_until_it_is_done(stage: Stage, answered: date) -> None:
    lead, case, by = stage.cast.lead, stage.assigned.case, stage.calendar.day + timedelta(days=9)
    ask(stage, DataRequest.ERASURE)
    decide(stage, DataRequest.ERASURE, DataDecision.ACCEPTED, Work("do it", by))
    ((request,), (task,)) = (stage.read(lead).requests, stage.read(lead).tasks)
    assert (task.text, task.account, task.due, task.request) == ("do it", lead.account, by, request.id)
    with stage.units.writing() as unit:
        assert tasks.cases_due(unit, lead.actor) == {case: by}
        assert tasks.left_in(unit, case) == 1
        tasks.end_task(unit, lead.actor, lead.keys, case, task.id)
        assert tasks.left_in(unit, case) == 0
    assert stage.findings() == []


@pytest.mark.parametrize(("days", "problem"), [(None, "missing"), (-1, "past"), (733, "too-far")])
def test_nothing_is_accepted_without_a_day(stage: Stage, days: int | None, problem: str) -> None:
    by = None if days is None else stage.calendar.day + timedelta(days=days)
    ask(stage, DataRequest.ERASURE)
    with pytest.raises(Invalid) as refused:
        decide(stage, DataRequest.ERASURE, DataDecision.ACCEPTED, Work("do it", by))
    assert refused.value.problems == {"by": problem}
    (request,) = stage.read(stage.cast.lead).requests
    assert request.decision is None


def test_what_is_refused_is_no_task(stage: Stage) -> None:
    ask(stage, DataRequest.ERASURE)
    decide(stage, DataRequest.ERASURE, work=Work("do it", stage.calendar.day))
    assert stage.read(stage.cast.lead).tasks == ()


def test_what_was_asked_before_this_was_kept_is_due_once_a_revision_has_run(stage: Stage, answered: date) -> None:
    first = stage.calendar.day
    ask(stage, DataRequest.ERASURE)
    stage.calendar.day += timedelta(days=1)
    ask(stage, DataRequest.OBJECTION)
    decide(stage, DataRequest.ERASURE)
    as_before(stage, answered)
    revision = importlib.import_module("complaints.migrations.versions.0021_requests_are_due")
    with stage.units.writing() as unit:
        revision.fill(unit.session.connection())
    assert due(stage) == first + timedelta(days=31)
    assert stage.findings() == []


def as_before(stage: Stage, answered: date) -> None:
    stage.attacker.run("UPDATE cases SET answer_by = NULL")
    stage.attacker.run("UPDATE caseload SET due = ? WHERE case_id = ?", answered.isoformat(), stage.assigned.case)


def test_a_request_that_was_not_counted_is_with_the_next(stage: Stage, answered: date) -> None:
    first = stage.calendar.day
    ask(stage, DataRequest.ERASURE)
    as_before(stage, answered)
    stage.calendar.day += timedelta(days=20)
    ask(stage, DataRequest.OBJECTION)
    assert due(stage) == first + timedelta(days=30)
    assert stage.findings() == []


@pytest.mark.parametrize("day", [None, "2026-03-01", "9999-12-31"])
def test_a_day_that_somebody_moved_is_shown_whatever_the_lists_say(stage: Stage, day: str | None) -> None:
    """Hidden, put off, or made to look late: the log says when it was asked, and that nobody has decided it."""
    ask(stage, DataRequest.ERASURE)
    case = stage.assigned.case
    lists = day or stage.read(stage.cast.lead).feedback_by.isoformat()
    stage.attacker.run("UPDATE cases SET answer_by = ? WHERE id = ?", day, case)
    stage.attacker.run("UPDATE caseload SET due = ? WHERE case_id = ?", lists, case)
    stage.shows("case", "by when its reporter's requests are to be decided is not what the log says")


def test_a_day_beyond_all_days_ends_neither_the_check_nor_a_revision(stage: Stage, answered: date) -> None:
    ask(stage, DataRequest.ERASURE)
    as_before(stage, answered)
    stage.attacker.run("UPDATE record SET made = '9999-12-31' WHERE kind = 'data-request'")
    revision = importlib.import_module("complaints.migrations.versions.0021_requests_are_due")
    with stage.units.writing() as unit:
        revision.fill(unit.session.connection())
    assert due(stage) == answered
    stage.shows("case", "by when its reporter's requests are to be decided is not what the log says")


def test_a_day_is_not_made_up_where_nothing_was_asked(stage: Stage) -> None:
    case = stage.assigned.case
    stage.attacker.run("UPDATE cases SET answer_by = '2026-03-01' WHERE id = ?", case)
    stage.attacker.run("UPDATE caseload SET due = '2026-03-01' WHERE case_id = ?", case)
    stage.shows("case", "by when its reporter's requests are to be decided is not what the log says")
