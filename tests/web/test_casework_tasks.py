"""`POST /staff/cases/<id>/tasks` and `/tasks/<id>`: tasks set and done; and what the list shows of them."""

import re
from datetime import timedelta
from typing import Any, ClassVar

import pytest
import time_machine

from complaints import clock
from complaints.policy import Action
from complaints.vocabulary import Event
from tests.cast import Cast, Person, Report
from tests.web.conftest import Browser, Log
from tests.web.ladder import FormLadder, SignedIn
from tests.web.test_casework_list import references, row_of

TYPED = "CANARY-TASK โทรหาปั๊มน้ำมัน"


@pytest.fixture
def report(cast: Cast) -> Report:
    return cast.report()


def address(report: Report) -> str:
    return f"/staff/cases/{report.case.hex()}"


def set_task(browser: Browser, report: Report, whose: Person, days: int = 3, text: str = TYPED) -> Any:
    due = (clock.today() + timedelta(days=days)).isoformat()
    form = {"text": text, "due": due, "account": whose.account.hex()}
    return browser.post(f"{address(report)}/tasks", form, token=browser.token_on(address(report)))


def task_in(page: str) -> str:
    found = re.search(r"/tasks/([0-9a-f]{32})", page)
    assert found
    return found[0]


class TestSettingLadder(FormLadder):
    path = "/staff/cases/{case}/tasks"
    action = Action.HANDLE_TASKS
    event = Event.TASK_SET
    form: ClassVar = {"text": TYPED, "due": "2026-03-03", "account": "00" * 16}
    wrong_methods = ("GET", "PUT", "PATCH", "DELETE", "OPTIONS")
    keeps_what_was_typed = True


class TestEndingLadder(FormLadder):
    path = "/staff/cases/{case}/tasks/" + "00" * 16
    action = Action.HANDLE_TASKS
    event = Event.TASK_DONE
    wrong_methods = ("GET", "PUT", "PATCH", "DELETE", "OPTIONS")


def test_a_task_is_set_seen_and_done(cast: Cast, signed_in: SignedIn, log: Log, report: Report) -> None:
    lead, triage = signed_in(cast.lead), signed_in(cast.triage)
    assert set_task(lead, report, cast.triage).status_code == 303
    page = triage.get(address(report)).text
    assert TYPED in page
    (entry,) = log.entries(Event.TASK_SET)
    assert entry["subject"] == cast.triage.account.hex()
    token = triage.token_on(address(report))
    assert triage.post(address(report) + task_in(page), token=token).status_code == 303
    again = lead.post(address(report) + task_in(page), token=lead.token_on(address(report)))
    assert again.status_code == 303
    assert "govuk-notification-banner" in lead.get(address(report)).text
    assert len(log.entries(Event.TASK_DONE)) == 1


def test_what_cannot_be_taken_comes_back_as_it_was_typed(
    cast: Cast, signed_in: SignedIn, log: Log, report: Report
) -> None:
    lead = signed_in(cast.lead)
    answer = set_task(lead, report, cast.triage, days=-2)
    assert answer.status_code == 400
    assert TYPED in answer.text
    assert 'href="#task-due"' in answer.text
    for form in ({"text": "", "due": "x", "account": "zz"}, {}):
        answer = lead.post(f"{address(report)}/tasks", form, token=lead.token_on(address(report)))
        assert answer.status_code == 400
        assert all(f'href="#task-{name}"' in answer.text for name in ("text", "due", "account"))
    assert not log.entries(Event.TASK_SET)


@pytest.mark.parametrize("shape", ["{0.year}-{0:%m-%d}", "{1}-{0:%m-%d}", "{0.day}/{0.month}/{1}"])
def test_a_day_is_taken_in_either_era(cast: Cast, signed_in: SignedIn, log: Log, report: Report, shape: str) -> None:
    due = clock.today() + timedelta(days=5)
    lead = signed_in(cast.lead)
    form = {"text": TYPED, "due": shape.format(due, due.year + 543), "account": cast.lead.account.hex()}
    answer = lead.post(f"{address(report)}/tasks", form, token=lead.token_on(address(report)))
    assert answer.status_code == 303
    (entry,) = log.entries(Event.TASK_SET)
    assert entry["reason"] == due.isoformat()


def test_the_list_shows_what_is_due_to_whose_it_is(cast: Cast, signed_in: SignedIn, report: Report) -> None:
    other = cast.report()
    lead, triage = signed_in(cast.lead), signed_in(cast.triage)
    set_task(lead, report, cast.triage)
    assert "caselist__task" in row_of(triage.get("/staff/cases").text, report)
    assert "caselist__task" not in triage.get("/staff/cases").text.replace(
        row_of(triage.get("/staff/cases").text, report), ""
    )
    assert "caselist__task" not in lead.get("/staff/cases").text
    assert references(triage.get("/staff/cases?tasks=1").text) == [report.reference]
    assert other.reference not in triage.get("/staff/cases?tasks=1").text
    assert TYPED not in triage.get("/staff/cases").text
    assert "govuk-tag--red" not in row_of(triage.get("/staff/cases?view=all").text, report)
    with time_machine.travel(clock.now() + timedelta(days=4), tick=False):
        later = signed_in(cast.triage)
        assert "govuk-tag--red" in row_of(later.get("/staff/cases?view=all").text, report)


def test_what_was_typed_survives_the_end_of_the_session(cast: Cast, signed_in: SignedIn, report: Report) -> None:
    form = {"text": TYPED, "due": "2026-12-24", "account": cast.lead.account.hex()}
    unsent = signed_in(cast.lead).post(f"{address(report)}/tasks", form)
    assert unsent.status_code == 403
    assert TYPED in unsent.text
    assert 'value="2026-12-24"' in unsent.text
    assert f'action="{address(report)}/tasks' in unsent.text
