"""`/staff/cases/<case>/handling`, `/close`, `/reopen`: the flow of a case, and what its reporter sees of it."""

import re
from typing import ClassVar

import pytest
from werkzeug.test import TestResponse

from complaints.policy import Action
from complaints.services import case_flow
from complaints.vocabulary import Event, Locale, Outcome
from complaints.web.feedback_words import gaps_left, suggested
from tests.cast import Cast, Report
from tests.web.conftest import Browser, Log, token_in
from tests.web.ladder import CaseLadder, FormLadder, SignedIn

FINDINGS, FEEDBACK, REASON = "CANARY-FINDINGS line\nsecond", "CANARY-FEEDBACK ขอบคุณ", "CANARY-WHY new facts"


@pytest.fixture
def report(cast: Cast) -> Report:
    return cast.report()


@pytest.fixture
def closed(cast: Cast, report: Report) -> Report:
    with cast.units.writing() as unit:
        case_flow.close(
            unit,
            cast.lead.actor,
            cast.lead.keys,
            report.case,
            Outcome.UNSUBSTANTIATED,
            findings=FINDINGS,
            feedback=FEEDBACK,
            revision=0,
        )
    return report


def address(report: Report, more: str = "") -> str:
    return f"/staff/cases/{report.case.hex()}{more}"


def revision_in(page: TestResponse) -> str:
    found = re.search(r'name="revision" value="(\d+)"', page.text)
    assert found
    return found[1]


def post(browser: Browser, report: Report, page: TestResponse, more: str, **form: str) -> TestResponse:
    form = {"revision": revision_in(page)} | form
    return browser.post(address(report, more), form, token=token_in(page))


class TestHandlingLadder(FormLadder):
    path = "/staff/cases/{case}/handling"
    action = Action.HANDLE_CASE
    event = Event.CASE_HANDLED
    form: ClassVar = {"status": "accepted", "priority": "high", "risk": "low", "revision": "0"}
    wrong_methods = ("GET", "PUT", "PATCH", "DELETE", "OPTIONS")


class TestClosingFormLadder(CaseLadder):
    path = "/staff/cases/{case}/close"
    action = Action.CLOSE_CASE


class TestClosingLadder(FormLadder):
    path = "/staff/cases/{case}/close"
    action = Action.CLOSE_CASE
    event = Event.CASE_CLOSED
    form: ClassVar = {"outcome": "referred", "findings": FINDINGS, "feedback": FEEDBACK, "revision": "0"}
    keeps_what_was_typed = True


class TestReopeningFormLadder(CaseLadder):
    path = "/staff/cases/{case}/reopen"
    action = Action.REOPEN_CASE


class TestReopeningLadder(FormLadder):
    path = "/staff/cases/{case}/reopen"
    action = Action.REOPEN_CASE
    event = Event.CASE_REOPENED
    form: ClassVar = {"text": REASON, "revision": "0"}
    keeps_what_was_typed = True


def test_a_case_is_taken_on(cast: Cast, signed_in: SignedIn, log: Log, report: Report) -> None:
    lead = signed_in(cast.lead)
    page = lead.get(address(report))
    answer = post(lead, report, page, "/handling", status="accepted", priority="high", risk="high")
    assert answer.status_code == 303
    page = lead.get(address(report))
    for name in ("accepted", "high"):
        assert f'<option value="{name}" selected>' in page.text
    (entry,) = log.entries(Event.CASE_HANDLED)
    assert "status=accepted" in (entry["state"] or "")


@pytest.mark.parametrize("field", ["status", "priority", "risk"])
def test_what_is_no_choice_is_not_taken(cast: Cast, signed_in: SignedIn, log: Log, report: Report, field: str) -> None:
    lead = signed_in(cast.lead)
    form = {"status": "accepted", "priority": "high", "risk": "high"} | {field: "bogus"}
    answer = post(lead, report, lead.get(address(report)), "/handling", **form)
    assert answer.status_code == 400
    assert "bogus" not in answer.text
    assert not log.entries(Event.CASE_HANDLED)


def test_whoever_decides_on_an_older_state_is_shown_the_new_one(
    cast: Cast, signed_in: SignedIn, log: Log, report: Report
) -> None:
    lead, triage = signed_in(cast.lead), signed_in(cast.triage)
    first, second = lead.get(address(report)), triage.get(address(report))
    post(lead, report, first, "/handling", status="accepted", priority="high", risk="high")
    answer = post(triage, report, second, "/handling", status="investigating", priority="normal", risk="low")
    assert answer.status_code == 409
    assert 'id="conflict-title"' in answer.text
    assert '<option value="low" selected>' in answer.text
    assert len(log.entries(Event.CASE_HANDLED)) == 1
    assert (
        post(triage, report, answer, "/handling", status="investigating", priority="normal", risk="low").status_code
        == 303
    )


@pytest.mark.parametrize("outcome", Outcome)
def test_the_words_for_the_reporter_are_begun_in_the_reporters_language(
    cast: Cast, signed_in: SignedIn, report: Report, outcome: Outcome
) -> None:
    """The reporter of this draft writes Thai, whatever the page is in."""
    page = signed_in(cast.lead).get(address(report, f"/close?outcome={outcome}&lang=en"))
    begun = re.search(r'<textarea[^>]*id="feedback"[^>]*>([^<]*)<', page.text)
    assert begun
    assert begun[1].strip().startswith("ขอบคุณ")


@pytest.mark.parametrize("outcome", [outcome for outcome in Outcome if outcome is not Outcome.OUT_OF_SCOPE])
def test_a_text_that_is_only_begun_does_not_go_out(
    cast: Cast, signed_in: SignedIn, log: Log, report: Report, outcome: Outcome
) -> None:
    lead = signed_in(cast.lead)
    page = lead.get(address(report, f"/close?outcome={outcome}&lang=en"))
    begun = suggested(outcome, Locale.THAI)
    gaps = gaps_left(begun)
    assert gaps
    refused = post(lead, report, page, "/close", outcome=outcome, findings=FINDINGS, feedback=begun)
    assert refused.status_code == 400
    for kept in (FINDINGS, 'href="#feedback"', f": {', '.join(gaps)}"):
        assert kept in refused.text
    assert not log.entries(Event.CASE_CLOSED)
    for gap in gaps:
        begun = begun.replace(gap, "CANARY-OWN (with brackets of their own)")
    assert post(lead, report, page, "/close", outcome=outcome, findings=FINDINGS, feedback=begun).status_code == 303


@pytest.mark.parametrize("locale", Locale)
def test_what_several_reporters_are_told_unread_leaves_nothing_to_fill_in(locale: Locale) -> None:
    assert not gaps_left(suggested(Outcome.OUT_OF_SCOPE, locale))


def test_closing_shows_the_reporter_what_came_of_it(
    cast: Cast, signed_in: SignedIn, browser: Browser, log: Log, report: Report
) -> None:
    lead = signed_in(cast.lead)
    page = lead.get(address(report, "/close?outcome=substantiated"))
    answer = post(lead, report, page, "/close", outcome="substantiated", findings=FINDINGS, feedback=FEEDBACK)
    assert answer.status_code == 303
    page = lead.get(address(report))
    assert FINDINGS in page.text
    assert FEEDBACK in page.text
    assert "/handling" not in page.text
    browser.post("/th/inbox", {"code": report.receipt.grouped()})
    mailbox = browser.get("/th/inbox/case").text
    assert FEEDBACK in mailbox
    assert "CANARY-FINDINGS" not in mailbox
    (entry,) = log.entries(Event.CASE_CLOSED)
    assert entry["reason"] == "substantiated"


def test_nothing_that_was_typed_is_lost(cast: Cast, signed_in: SignedIn, log: Log, report: Report) -> None:
    lead, triage = signed_in(cast.lead), signed_in(cast.triage)
    page = lead.get(address(report, "/close?outcome=substantiated"))
    missing = post(lead, report, page, "/close", outcome="substantiated", findings=FINDINGS, feedback=" ")
    assert missing.status_code == 400
    assert FINDINGS in missing.text
    theirs = triage.get(address(report, "/close?outcome=referred"))
    post(triage, report, theirs, "/close", outcome="referred", findings="other", feedback="other")
    late = post(lead, report, page, "/close", outcome="substantiated", findings=FINDINGS, feedback=FEEDBACK)
    assert late.status_code == 409
    assert FINDINGS in late.text
    assert FEEDBACK in late.text
    assert len(log.entries(Event.CASE_CLOSED)) == 1


def test_what_was_typed_outlives_the_session(browser: Browser, report: Report) -> None:
    form = {"outcome": "referred", "findings": FINDINGS, "feedback": FEEDBACK, "revision": "7"}
    answer = browser.post(address(report, "/close"), form)
    assert answer.status_code == 403
    for kept in (FINDINGS, FEEDBACK, 'name="outcome" value="referred"', 'name="revision" value="7"'):
        assert kept in answer.text
    again = browser.post(address(report, "/reopen"), {"text": REASON, "revision": "7"})
    assert REASON in again.text


def test_a_closed_case_is_reopened_with_a_reason(cast: Cast, signed_in: SignedIn, log: Log, closed: Report) -> None:
    lead = signed_in(cast.lead)
    assert lead.get(address(closed, "/close")).status_code == 303
    page = lead.get(address(closed, "/reopen"))
    missing = post(lead, closed, page, "/reopen", text="")
    assert missing.status_code == 400
    assert post(lead, closed, page, "/reopen", text=REASON).status_code == 303
    assert REASON in lead.get(address(closed)).text
    assert REASON not in str(log.entries(Event.CASE_REOPENED))
    late = post(lead, closed, page, "/reopen", text=REASON)
    assert late.status_code == 409
    assert REASON in late.text


def test_a_case_that_is_open_has_nothing_to_reopen(cast: Cast, signed_in: SignedIn, report: Report) -> None:
    answer = signed_in(cast.lead).get(address(report, "/reopen"))
    assert (answer.status_code, answer.location) == (303, address(report))


def test_nothing_is_due_in_the_list_once_a_case_is_closed(cast: Cast, signed_in: SignedIn, closed: Report) -> None:
    page = signed_in(cast.lead).get("/staff/cases?lang=en")
    assert closed.reference in page.text
    due = re.search(r'caselist__due">(.*?)</td>', page.text, re.DOTALL)
    assert due
    assert "No deadline" in due[1]
    assert "9999" not in page.text
