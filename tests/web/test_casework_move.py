"""`/staff/cases/<case>/move`: a lead moves a case to another channel."""

import re
from typing import ClassVar

import pytest
from werkzeug.test import TestResponse

from complaints.policy import Action
from complaints.vocabulary import Event
from tests.cast import NARRATIVE, Cast, Report
from tests.web.conftest import Browser, Log, token_in
from tests.web.ladder import CaseLadder, FormLadder, SignedIn

REASON, TOLD = "CANARY-MOVING theirs to judge", "CANARY-TOLD passed on"


@pytest.fixture
def report(cast: Cast) -> Report:
    return cast.report()


def address(report: Report, more: str = "/move") -> str:
    return f"/staff/cases/{report.case.hex()}{more}"


def move(browser: Browser, report: Report, page: TestResponse, **form: str) -> TestResponse:
    revision = re.search(r'name="revision" value="(\d+)"', page.text)
    assert revision
    words = {"revision": revision[1], "reason": REASON, "told": TOLD}
    return browser.post(address(report), words | form, token=token_in(page))


class TestFormLadder(CaseLadder):
    path = "/staff/cases/{case}/move"
    action = Action.MOVE_CASE


class TestMovingLadder(FormLadder):
    path = "/staff/cases/{case}/move"
    action = Action.MOVE_CASE
    event = Event.CASE_MOVED
    form: ClassVar = {
        "target": "00" * 16,
        "reason": REASON,
        "told": TOLD,
        "revision": "0",
        "passphrase": "CANARY-PASSPHRASE",
    }

    def test_a_stranger_is_led_to_the_sign_in(self, browser: Browser, report: Report) -> None:
        """And shown what they wrote, but nothing that opens anything."""
        answer = browser.post(self.at(report.case), self.form)
        assert answer.status_code == 403
        assert REASON in answer.text
        for kept_back in ("CANARY-PASSPHRASE", report.reference):
            assert kept_back not in answer.text


def test_it_goes_to_the_other_leads_and_is_gone_for_this_one(
    cast: Cast, signed_in: SignedIn, log: Log, report: Report
) -> None:
    lead, other = signed_in(cast.lead), signed_in(cast.other_lead)
    assert other.get(address(report, "")).status_code == 404
    page = lead.get(address(report))
    assert cast.other_lead.display_name in page.text
    assert "unfinished draft" in lead.get(f"{address(report)}?lang=en").text
    answer = move(lead, report, page, target=cast.fallback.hex(), passphrase=cast.lead.passphrase)
    assert (answer.status_code, answer.location) == (303, "/staff/cases")
    assert lead.get(address(report, "")).status_code == 404
    theirs = other.get(address(report, "")).text
    assert NARRATIVE in theirs
    assert REASON in theirs
    assert len(log.entries(Event.CASE_MOVED)) == 1


def test_of_two_who_decide_at_once_the_second_loses_no_word(
    cast: Cast, signed_in: SignedIn, log: Log, report: Report
) -> None:
    lead = signed_in(cast.lead)
    page = lead.get(address(report))
    cast.assign(report)
    answer = move(lead, report, page, target=cast.fallback.hex(), passphrase=cast.lead.passphrase)
    assert answer.status_code == 409
    for words in (REASON, TOLD):
        assert words in answer.text
    assert cast.lead.passphrase not in answer.text
    assert not log.entries(Event.CASE_MOVED)
    again = move(lead, report, answer, target=cast.fallback.hex(), passphrase=cast.lead.passphrase)
    assert again.status_code == 303


@pytest.mark.parametrize(
    ("wrong", "value"), [("target", ""), ("target", "x"), ("reason", ""), ("told", " "), ("passphrase", "CANARY-WRONG")]
)
def test_what_is_missing_moves_nothing_and_loses_nothing(
    wrong: str, value: str, cast: Cast, signed_in: SignedIn, log: Log, report: Report
) -> None:
    lead = signed_in(cast.lead)
    form = {"target": cast.fallback.hex(), "passphrase": cast.lead.passphrase} | {wrong: value}
    answer = move(lead, report, lead.get(address(report)), **form)
    assert answer.status_code == 400
    assert "CANARY-WRONG" not in answer.text
    assert {"reason": TOLD, "told": REASON}.get(wrong, REASON) in answer.text
    assert not log.entries(Event.CASE_MOVED)


def test_a_channel_without_a_lead_who_may_is_named_and_cannot_be_posted(
    cast: Cast, signed_in: SignedIn, log: Log
) -> None:
    report = cast.report(cast.draft(excluded=[cast.other_lead]))
    lead = signed_in(cast.lead)
    page = lead.get(address(report))
    assert cast.fallback.hex() not in page.text
    form = {"target": cast.fallback.hex(), "reason": REASON, "told": TOLD, "revision": "0"}
    answer = lead.post(
        address(report), form | {"passphrase": cast.lead.passphrase}, token=lead.token_on("/staff/cases")
    )
    assert answer.status_code == 400
    assert not log.entries(Event.CASE_MOVED)


def test_whoever_is_no_lead_is_told_no(cast: Cast, signed_in: SignedIn, log: Log, report: Report) -> None:
    triage = signed_in(cast.triage)
    assert triage.get(address(report)).status_code == 403
    assert "/move" not in triage.get(address(report, "")).text
    assert {entry["reason"] for entry in log.entries(Event.DENIED)} == {"no-lead"}
