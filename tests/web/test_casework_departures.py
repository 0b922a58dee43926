"""`/staff/cases/<case>/recuse`, `/staff/cases/renewals`, `/staff/cases/replace`: leaving a case, new keys, one person for another."""

from typing import ClassVar

import pytest

from complaints.policy import Action
from complaints.services import departures
from complaints.vocabulary import Event
from tests.cast import NARRATIVE, Cast, Person, Report
from tests.web.conftest import Browser, Log, token_in
from tests.web.ladder import CaseLadder, FormLadder, Ladder, SignedIn

REASON = "CANARY-RECUSAL she is my cousin"


@pytest.fixture
def report(cast: Cast) -> Report:
    report = cast.report(cast.draft(excluded_words=""))
    cast.assign(report)
    return report


def address(report: Report, more: str = "") -> str:
    return f"/staff/cases/{report.case.hex()}{more}"


def leave(cast: Cast, person: Person, report: Report) -> None:
    with cast.units.writing() as unit:
        departures.recuse(unit, person.actor, person.keys, report.case, REASON)


class TestRecusalFormLadder(CaseLadder):
    path = "/staff/cases/{case}/recuse"
    action = Action.RECUSE


class TestRecusalLadder(FormLadder):
    path = "/staff/cases/{case}/recuse"
    action = Action.RECUSE
    event = Event.CASE_RECUSED
    form: ClassVar = {"text": REASON}
    keeps_what_was_typed = True


class TestRenewalsLadder(Ladder):
    path = "/staff/cases/renewals"
    action = Action.RENEW_KEYS


class TestReplacingLadder(Ladder):
    path = "/staff/cases/replace"
    action = Action.REPLACE_INVESTIGATOR


def test_whoever_leaves_gets_404_on_the_next_request_and_the_others_read_why(
    cast: Cast, signed_in: SignedIn, report: Report
) -> None:
    browser = signed_in(cast.investigator)
    assert NARRATIVE in browser.get(address(report)).text
    answer = browser.post(
        address(report, "/recuse"), {"text": REASON}, token=browser.token_on(address(report, "/recuse"))
    )
    assert (answer.status_code, answer.location) == (303, "/staff/cases")
    for more in ("", "/identity", "/recuse", "/assign"):
        assert browser.get(address(report, more)).status_code in {403, 404}
    assert browser.get(address(report)).status_code == 404
    assert report.reference not in browser.get("/staff/cases").text
    assert REASON in signed_in(cast.second_investigator).get(address(report)).text


def test_a_reason_that_is_missing_changes_nothing(cast: Cast, signed_in: SignedIn, log: Log, report: Report) -> None:
    browser = signed_in(cast.investigator)
    answer = browser.post(address(report, "/recuse"), {"text": " "}, token=browser.token_on(address(report, "/recuse")))
    assert answer.status_code == 400
    assert not log.entries(Event.CASE_RECUSED)


def test_the_last_lead_is_told_why_they_cannot_leave_and_keeps_what_they_wrote(
    cast: Cast, signed_in: SignedIn, log: Log, report: Report
) -> None:
    browser = signed_in(cast.lead)
    assert "Nobody else could hand this case over" in browser.get(address(report, "/recuse?lang=en")).text
    answer = browser.post(
        address(report, "/recuse"), {"text": REASON}, token=browser.token_on(address(report, "/recuse"))
    )
    assert answer.status_code == 409
    assert REASON in answer.text
    assert 'id="reason-error"' in answer.text
    assert not log.entries(Event.CASE_RECUSED)


def test_whoever_can_leave_is_not_warned(cast: Cast, signed_in: SignedIn, report: Report) -> None:
    page = signed_in(cast.investigator).get(address(report, "/recuse?lang=en"))
    assert page.status_code == 200
    assert "Nobody else could hand this case over" not in page.text


def renew(browser: Browser, passphrase: str) -> int:
    page = browser.get("/staff/cases/renewals")
    return browser.post("/staff/cases/renewals", {"passphrase": passphrase}, token=token_in(page)).status_code


def test_a_lead_sees_what_waits_and_begins_new_keys(cast: Cast, signed_in: SignedIn, log: Log, report: Report) -> None:
    lead = signed_in(cast.lead)
    assert "/staff/cases/renewals" not in lead.get("/staff/cases").text
    leave(cast, cast.investigator, report)
    assert "/staff/cases/renewals" in lead.get("/staff/cases").text
    assert "/staff/cases/renewals" in lead.get(address(report)).text
    assert report.reference in lead.get("/staff/cases/renewals").text
    assert renew(lead, "CANARY-PASSPHRASE wrong") == 400
    assert not log.entries(Event.CASE_REKEYED)
    assert renew(lead, cast.lead.passphrase) == 303
    assert "/staff/cases/renewals" not in lead.get("/staff/cases").text
    assert NARRATIVE in signed_in(cast.second_investigator).get(address(report)).text
    (entry,) = log.entries(Event.CASE_REKEYED)
    assert entry["case"] == report.case.hex()


def test_an_investigator_who_is_no_lead_sees_that_a_lead_is_waited_for(
    cast: Cast, signed_in: SignedIn, log: Log, report: Report
) -> None:
    leave(cast, cast.investigator, report)
    browser = signed_in(cast.second_investigator)
    page = browser.get("/staff/cases/renewals")
    assert report.reference in page.text
    assert 'name="passphrase"' not in page.text
    form = {"passphrase": cast.second_investigator.passphrase}
    browser.post("/staff/cases/renewals", form, token=browser.token_on("/staff/cases"))
    assert not log.entries(Event.CASE_REKEYED)


def replace(
    browser: Browser, person: Person, by: Person, passphrase: str, changed: dict[str, str] | None = None
) -> tuple[int, str]:
    page = browser.get("/staff/cases/replace")
    form = {"person": person.account.hex(), "by": by.account.hex(), "passphrase": passphrase} | (changed or {})
    answer = browser.post("/staff/cases/replace", form, token=token_in(page))
    return answer.status_code, answer.text


def test_a_lead_replaces_somebody_on_all_their_cases(cast: Cast, signed_in: SignedIn, log: Log, report: Report) -> None:
    other = cast.report(cast.draft(excluded_words=""))
    cast.assign(other)
    lead = signed_in(cast.lead)
    status, _text = replace(lead, cast.investigator, cast.unassigned, cast.lead.passphrase)
    assert status == 303
    for case in (report, other):
        assert signed_in(cast.investigator).get(address(case)).status_code == 404
        assert NARRATIVE in signed_in(cast.unassigned).get(address(case)).text
        assert NARRATIVE in signed_in(cast.second_investigator).get(address(case)).text
    assert len(log.entries(Event.CASE_ASSIGNED)) == 4


def test_a_case_whose_reporter_excluded_the_newcomer_is_named(cast: Cast, signed_in: SignedIn, report: Report) -> None:
    excluding = cast.report(cast.draft(excluded=[cast.unassigned]))
    cast.assign(excluding)
    status, text = replace(signed_in(cast.lead), cast.investigator, cast.unassigned, cast.lead.passphrase)
    assert status == 200
    assert excluding.reference in text
    assert report.reference in text
    assert signed_in(cast.unassigned).get(address(excluding)).status_code == 404


def test_a_case_whose_reporter_excluded_people_in_words_leads_to_its_own_page(
    cast: Cast, signed_in: SignedIn, report: Report
) -> None:
    wordy = cast.report()
    cast.assign(wordy)
    lead = signed_in(cast.lead)
    status, text = replace(lead, cast.investigator, cast.unassigned, cast.lead.passphrase)
    assert status == 200
    assert report.reference in text
    assert "CANARY-EXCLUDED" not in text
    assert signed_in(cast.unassigned).get(address(wordy)).status_code == 404
    assert f'href="{address(wordy, "/assign")}"' in text
    assert "CANARY-EXCLUDED" in lead.get(address(wordy, "/assign")).text


@pytest.mark.parametrize("wrong", ["passphrase", "person", "by", "self"])
def test_what_cannot_be_read_hands_nothing_over(
    wrong: str, cast: Cast, signed_in: SignedIn, log: Log, report: Report
) -> None:
    before = len(log.entries(Event.CASE_ASSIGNED))
    changed = {wrong: "CANARY nobody"} if wrong != "self" else {"person": cast.lead.account.hex()}
    lead = signed_in(cast.lead)
    status, text = replace(lead, cast.investigator, cast.unassigned, cast.lead.passphrase, changed)
    assert status == 400
    assert "CANARY" not in text
    assert len(log.entries(Event.CASE_ASSIGNED)) == before


def test_an_administrator_proposes_and_a_lead_does_it(
    cast: Cast, signed_in: SignedIn, log: Log, report: Report
) -> None:
    admin, account = signed_in(cast.administrator), cast.investigator.account.hex()
    page = admin.get(f"/staff/accounts/{account}/suspend")
    form = {"person": cast.unassigned.account.hex()}
    answer = admin.post(f"/staff/accounts/{account}/replacement", form, token=token_in(page))
    assert answer.status_code == 303
    assert signed_in(cast.unassigned).get(address(report)).status_code == 404
    lead = signed_in(cast.lead)
    waiting = lead.get("/staff/requests").text
    assert cast.unassigned.display_name in waiting
    assert cast.unassigned.display_name not in signed_in(cast.other_lead).get("/staff/requests").text
    replace(lead, cast.investigator, cast.unassigned, cast.lead.passphrase)
    assert NARRATIVE in signed_in(cast.unassigned).get(address(report)).text
    assert cast.unassigned.display_name not in lead.get("/staff/requests").text
    assert log.entries(Event.APPROVAL_CONFIRMED)


@pytest.mark.parametrize("name", ["investigator", "lead", "auditor", "custodian"])
def test_nobody_else_proposes(name: str, cast: Cast, signed_in: SignedIn, log: Log, report: Report) -> None:
    browser = signed_in(getattr(cast, name))
    token = browser.token_on("/staff/account")
    path = f"/staff/accounts/{cast.investigator.account.hex()}/replacement"
    assert browser.post(path, {"person": cast.unassigned.account.hex()}, token=token).status_code == 403
    assert not log.entries(Event.APPROVAL_ASKED)
