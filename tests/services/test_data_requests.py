"""What a reporter asks about their data is due for whoever holds the case, until it is decided."""

from datetime import date, timedelta

import pytest

from complaints.services import caseload, casework, data_requests
from complaints.services.caseload import Order, View
from complaints.vocabulary import DataDecision, DataRequest
from tests.services.test_case_flow import close
from tests.stage import Stage


def due(stage: Stage) -> date | None:
    with stage.units.reading() as unit:
        return caseload.find_line(unit, stage.cast.lead.actor, stage.assigned.case).due


def ask(stage: Stage, kind: DataRequest) -> None:
    report = stage.assigned
    with stage.units.writing() as unit:
        data_requests.ask(unit, report.reporter, report.keys, kind, "")


def decide(stage: Stage, kind: DataRequest) -> None:
    lead, case = stage.cast.lead, stage.assigned.case
    line = next(line for line in stage.read(lead).requests if line.kind is kind)
    with stage.units.writing() as unit:
        data_requests.decide(unit, lead.actor, lead.keys, case, line.id, DataDecision.REFUSED, "the reason")


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
