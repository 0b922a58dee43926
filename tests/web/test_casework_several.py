"""`/staff/cases/several`: several untouched cases, one reason; two people at once lose nothing."""

import re
from datetime import timedelta
from html import unescape

import pytest
import time_machine
from werkzeug.test import TestResponse

from complaints import clock
from complaints.models import Case
from complaints.policy import Action
from complaints.services import mailbox
from complaints.services.keys import SessionKeys
from complaints.services.unit import Units
from complaints.vocabulary import Event
from tests.cast import Cast, Report
from tests.web.conftest import Browser, Log
from tests.web.ladder import SignedIn

PAGE = "/staff/cases/several"
REASON = "CANARY-JUNK the same words forty times"


@pytest.fixture
def reports(cast: Cast) -> list[Report]:
    return [cast.report(cast.draft(narrative=f"CANARY-STORY {number} <b>")) for number in range(3)]


def choices(browser: Browser) -> dict[str, str]:
    """What stands in each box, by the case's id."""
    text = browser.get(f"{PAGE}?lang=en").text
    return {value.partition(":")[0]: value for value in re.findall(r'name="chosen"[^>]*value="([^"]+)"', text)}


def close(browser: Browser, chosen: list[str], reason: str = REASON) -> TestResponse:
    return browser.post(f"{PAGE}?lang=en", {"chosen": chosen, "reason": reason}, token=browser.token_on("/staff/cases"))


def statuses(units: Units, reports: list[Report]) -> list[str]:
    with units.reading() as unit:
        return [unit.session.get_one(Case, report.case).status for report in reports]


def test_beginnings_are_shown_and_each_is_entered_before(
    cast: Cast, signed_in: SignedIn, log: Log, reports: list[Report]
) -> None:
    browser = signed_in(cast.lead)
    page = unescape(browser.get(f"{PAGE}?lang=en").text)
    assert [f"CANARY-STORY {number} <b>" in page for number in range(3)] == [True] * 3
    entries = log.entries(Event.CASE_OPENED)
    assert {entry["case"] for entry in entries} == {report.case.hex() for report in reports}
    assert {entry["subject"] for entry in entries} == {Action.CLOSE_SEVERAL}


def test_each_says_whether_it_was_read_and_how_late_it_is(
    cast: Cast, signed_in: SignedIn, reports: list[Report]
) -> None:
    signed_in(cast.triage).get(f"/staff/cases/{reports[0].case.hex()}")
    page = signed_in(cast.lead).get(f"{PAGE}?lang=en").text
    assert (page.count(">In triage<"), page.count(">New<"), page.count("overdue<")) == (1, 2, 0)
    with time_machine.travel(clock.now() + timedelta(days=9), tick=False):
        page = signed_in(cast.lead).get(f"{PAGE}?lang=en").text
    assert page.count(">2 days overdue<") == 3


def test_the_chosen_are_closed_and_the_others_are_not(
    cast: Cast, signed_in: SignedIn, log: Log, units: Units, reports: list[Report]
) -> None:
    browser = signed_in(cast.lead)
    found = choices(browser)
    answer = close(browser, [found[report.case.hex()] for report in reports[:2]])
    assert answer.status_code == 303
    assert statuses(units, reports) == ["closed", "closed", "new"]
    assert "Closed: 2." in browser.get(f"{PAGE}?lang=en").text
    assert len(log.entries(Event.CASE_CLOSED)) == 2
    with units.writing() as unit:
        report = reports[0]
        box = mailbox.read_mailbox(unit, mailbox.Reporter(report.case), SessionKeys.of(report.receipt.seed()))
    assert "CANARY-JUNK" not in box.feedback[0].text
    assert "อยู่นอกเหนืออำนาจหน้าที่" in box.feedback[0].text, "the reporter wrote in Thai"


def test_what_somebody_else_decided_meanwhile_is_left_and_named(
    cast: Cast, signed_in: SignedIn, units: Units, reports: list[Report]
) -> None:
    one, other = signed_in(cast.lead), signed_in(cast.triage)
    found = choices(one)
    close(other, [choices(other)[reports[0].case.hex()]])
    answer = close(one, [found[report.case.hex()] for report in reports])
    assert answer.status_code == 303
    page = one.get(f"{PAGE}?lang=en").text
    assert "Closed: 2." in page
    assert f"Left, because something has come up in them meanwhile: {reports[0].reference}." in page
    assert statuses(units, reports) == ["closed"] * 3


def test_sent_twice_it_closes_once(cast: Cast, signed_in: SignedIn, log: Log, reports: list[Report]) -> None:
    browser = signed_in(cast.lead)
    chosen = list(choices(browser).values())
    close(browser, chosen)
    close(browser, chosen)
    assert len(log.entries(Event.CASE_CLOSED)) == len(reports)


@pytest.mark.parametrize(("chosen", "reason"), [(True, " "), (False, REASON), (True, "x" * 10_001)])
def test_what_is_missing_is_said_and_nothing_is_lost(
    cast: Cast, signed_in: SignedIn, units: Units, reports: list[Report], chosen: bool, reason: str
) -> None:
    browser = signed_in(cast.lead)
    found = choices(browser)[reports[0].case.hex()]
    answer = close(browser, [found] if chosen else [], reason)
    assert answer.status_code == 400
    assert "govuk-error-summary" in answer.text
    assert re.search(rf'value="{found}"[^>]* checked', answer.text) is not None or not chosen
    assert reason.strip()[:100] in answer.text
    assert statuses(units, reports) == ["new"] * 3


def test_somebody_elses_case_is_not_there_and_the_rest_is_closed(
    cast: Cast, signed_in: SignedIn, log: Log, units: Units, reports: list[Report]
) -> None:
    theirs = cast.report(cast.draft(channel=cast.fallback))
    browser = signed_in(cast.lead)
    found = choices(browser)
    assert theirs.case.hex() not in found
    planted = f"{theirs.case.hex()}:0:th:AAAA-AAAA"
    answer = close(browser, [planted, found[reports[0].case.hex()], "nonsense"])
    assert answer.status_code == 404
    assert statuses(units, [theirs, *reports]) == ["new", "closed", "new", "new"]
    assert [entry["subject"] for entry in log.entries(Event.DENIED)] == [f"case:{theirs.case.hex()}"]


@pytest.mark.parametrize("name", ["administrator", "custodian", "auditor"])
def test_who_is_no_investigator_may_not(
    cast: Cast, signed_in: SignedIn, log: Log, reports: list[Report], name: str
) -> None:
    browser = signed_in(getattr(cast, name))
    assert browser.get(PAGE).status_code == 403
    token = browser.token_on("/staff/account")
    assert browser.post(PAGE, {"chosen": "x", "reason": REASON}, token=token).status_code == 403
    assert not log.entries(Event.CASE_OPENED)


def test_whoever_has_none_is_told(cast: Cast, signed_in: SignedIn, reports: list[Report]) -> None:
    page = signed_in(cast.unassigned).get(f"{PAGE}?lang=en&skip=-7").text
    assert "You have no such case." in page
    assert "CANARY" not in page


def test_a_stranger_signs_in_first(browser: Browser) -> None:
    assert browser.get(PAGE).status_code == 303
