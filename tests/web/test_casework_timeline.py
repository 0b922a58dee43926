"""`GET /staff/cases/<id>/timeline`; and asking for the identity from the case's page."""

import re
from datetime import datetime, timedelta
from html import unescape
from typing import Any, ClassVar

import pytest
import time_machine

from complaints import clock
from complaints.policy import Action
from complaints.services import assignment, case_flow, mailbox
from complaints.services.case_flow import Handling
from complaints.vocabulary import CaseStatus, Event, Priority, Risk
from tests.cast import CANARIES, NARRATIVE, Cast, Report
from tests.web.conftest import Browser, Log
from tests.web.ladder import CaseLadder, FormLadder, SignedIn

WHY = "CANARY-WHY ต้องโทรหาผู้แจ้ง"


@pytest.fixture
def report(cast: Cast) -> Report:
    return cast.report()


def address(report: Report) -> str:
    return f"/staff/cases/{report.case.hex()}"


def steps(page: str) -> list[str]:
    found = re.findall(r'<li class="timeline__step">(.*?)</li>', page, re.DOTALL)
    return [" ".join(unescape(re.sub(r"<[^>]+>", " ", step)).split()) for step in found]


def ask(browser: Browser, report: Report, text: str = WHY) -> Any:
    path = f"{address(report)}/identity/requests"
    return browser.post(path, {"text": text}, token=browser.token_on(address(report)))


class TestTimelineLadder(CaseLadder):
    path = "/staff/cases/{case}/timeline"
    action = Action.SEE_TIMELINE
    wrong_methods = ("POST", "PUT", "PATCH", "DELETE", "OPTIONS")


class TestAskingLadder(FormLadder):
    path = "/staff/cases/{case}/identity/requests"
    action = Action.ASK_FOR_IDENTITY
    event = Event.IDENTITY_ASKED
    form: ClassVar = {"text": WHY}
    wrong_methods = ("GET", "PUT", "PATCH", "DELETE", "OPTIONS")
    keeps_what_was_typed = True


class TestDecliningLadder(FormLadder):
    path = "/staff/cases/{case}/identity/requests/" + "00" * 16
    action = Action.DECLINE_IDENTITY
    event = Event.IDENTITY_DECLINED
    has_words = True
    form: ClassVar = {"text": WHY}
    wrong_methods = ("GET", "PUT", "PATCH", "DELETE", "OPTIONS")


def test_what_is_taken_back_says_from_whom(cast: Cast, signed_in: SignedIn, report: Report) -> None:
    cast.assign(report)
    with cast.units.writing() as unit:
        lead = cast.lead
        assignment.assign(unit, lead.actor, lead.keys, lead.identity_key, report.case, {}, expected_epoch=2)
    browser = signed_in(cast.lead)
    newest, before = steps(browser.get(f"{address(report)}/timeline?lang=en").text)[:2]
    assert "An assignment was taken back" in newest
    assert f"No key any more: {cast.investigator.display_name}" in newest
    assert "A case was assigned" in before
    thai = browser.get(f"{address(report)}/timeline?lang=th").text.replace("\u2060", "")
    assert "ถอนการมอบหมาย" in thai


def test_it_says_who_did_what_newest_first_and_nothing_that_is_sealed(
    cast: Cast, signed_in: SignedIn, report: Report
) -> None:
    lead = signed_in(cast.lead)
    for _ in range(3):
        lead.get(f"{address(report)}?lang=en")
    with cast.units.writing() as unit:
        wanted = Handling(CaseStatus.ACCEPTED, Priority.HIGH, Risk.LOW)
        case_flow.handle(unit, cast.lead.actor, cast.lead.keys, report.case, wanted, 0)
    page = lead.get(f"{address(report)}/timeline?lang=en")
    handled, opened = steps(page.text)
    assert "A case’s status, priority or risk was set" in handled
    assert "Status: Accepted" in handled
    assert "Priority: High" in handled
    assert "A case was opened 3 times" in opened
    assert all("Lead" in step for step in steps(page.text))
    assert not [text for text in (NARRATIVE, *CANARIES.values()) if text in page.text]


@pytest.mark.parametrize("hour", [0, 6, 7, 23])
def test_what_the_reporter_did_is_there_when_its_day_has_ended_before_what_staff_did_on_it(
    cast: Cast, signed_in: SignedIn, hour: int
) -> None:
    """At whatever hour in Thailand, where a day begins seven hours before it does in UTC."""
    at = datetime.now(clock.OPERATOR_ZONE).replace(hour=hour, minute=30) + timedelta(days=1)
    with time_machine.travel(at):
        report, lead = cast.report(), signed_in(cast.lead)
        lead.get(address(report))
        with cast.units.writing() as unit:
            mailbox.write_message(unit, report.reporter, report.keys, "more")
        assert len(steps(lead.get(f"{address(report)}/timeline?lang=en").text)) == 1
    with time_machine.travel(at + timedelta(days=1), tick=False):
        with cast.units.writing() as unit:
            cast.units.access_log.settle(unit.session, unit.today)
        told = steps(signed_in(cast.lead).get(f"{address(report)}/timeline?lang=en").text)
    assert "A case was opened" in told[0]
    assert {"A report arrived" in step or "The reporter sent a message" in step for step in told[1:]} == {True}
    assert not re.search(r"\d\d:\d\d", " ".join(told[1:]))


def test_it_pages_to_earlier_entries_and_back(cast: Cast, signed_in: SignedIn, report: Report) -> None:
    lead = signed_in(cast.lead)
    token = lead.token_on(address(report))
    for number in range(26):
        lead.post(f"{address(report)}/notes", {"text": f"note {number}"}, token=token)
        lead.get(address(report))
    first = lead.get(f"{address(report)}/timeline").text
    older = re.search(r'href="([^"]*before=[^"]*)" rel="next"', first)
    assert older
    second = lead.get(unescape(older[1])).text
    assert len(steps(first)) + len(steps(second)) == 53
    assert 'rel="next"' not in second
    assert 'rel="prev"' in second
    for wrong in ("x", "-1", "", "9" * 40):
        assert lead.get(f"{address(report)}/timeline?before={wrong}").status_code == 200


def test_what_staff_did_soon_after_midnight_stands_in_its_day(cast: Cast, signed_in: SignedIn) -> None:
    with time_machine.travel("2026-03-02T17:30:00+00:00", tick=False):  # half past midnight on the third
        report = cast.report()
        signed_in(cast.lead).get(address(report))
        with cast.units.writing() as unit:
            mailbox.write_message(unit, report.reporter, report.keys, "more")
    with time_machine.travel("2026-03-03T17:30:00+00:00", tick=False):
        with cast.units.writing() as unit:
            cast.units.access_log.settle(unit.session, unit.today)
        told = steps(signed_in(cast.lead).get(f"{address(report)}/timeline?lang=en").text)
    assert "A case was opened" in told[0]


def test_asked_for_seen_by_the_lead_and_declined_with_a_reason(
    cast: Cast, signed_in: SignedIn, log: Log, report: Report
) -> None:
    triage, lead = signed_in(cast.triage), signed_in(cast.lead)
    assert WHY not in lead.get(address(report)).text
    assert ask(triage, report).status_code == 303
    assert f'action="{address(report)}/identity/requests?' not in triage.get(address(report)).text
    page = lead.get(address(report)).text
    assert WHY in page
    assert f'href="{address(report)}/assign?to={cast.triage.account.hex()}"' in page
    answer = re.search(rf'action="({address(report)}/identity/requests/[0-9a-f]{{32}})"', page)
    assert answer
    token = lead.token_on(address(report))
    empty = lead.post(answer[1], {"text": " "}, token=token)
    assert empty.status_code == 400
    assert 'href="#answer-' in empty.text
    assert lead.post(answer[1], {"text": "CANARY-NO not yet"}, token=token).status_code == 303
    assert "CANARY-NO not yet" in triage.get(address(report)).text
    assert WHY not in lead.get(address(report)).text
    again = lead.post(answer[1], {"text": "twice"}, token=token)
    assert again.status_code == 303
    assert len(log.entries(Event.IDENTITY_DECLINED)) == 1
    assert "Lead" in steps(triage.get(f"{address(report)}/timeline?lang=en").text)[0]


def test_what_cannot_be_sent_comes_back(cast: Cast, signed_in: SignedIn, log: Log, report: Report) -> None:
    answer = ask(signed_in(cast.triage), report, "ก" * 2_001)
    assert answer.status_code == 400
    assert "ก" * 2_001 in answer.text
    assert 'href="#ask-text"' in answer.text
    assert not log.entries(Event.IDENTITY_ASKED)


def test_whoever_is_no_lead_declines_nothing(cast: Cast, signed_in: SignedIn, log: Log, report: Report) -> None:
    triage = signed_in(cast.triage)
    ask(triage, report)
    answer = re.search(r"identity/requests/[0-9a-f]{32}", signed_in(cast.lead).get(address(report)).text)
    assert answer
    refused = triage.post(f"{address(report)}/{answer[0]}", {"text": "no"}, token=triage.token_on(address(report)))
    assert refused.status_code == 403
    assert log.entries(Event.DENIED)[0]["reason"] == "no-lead"
