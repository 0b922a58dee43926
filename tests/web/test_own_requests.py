"""Asking for erasure, or objecting: from the reporter to whoever holds the case, and back with a reason."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import select

from complaints.clock import today
from complaints.models import LogPending
from complaints.services import data_requests
from complaints.services.access_log import AccessLog
from complaints.services.check import examine
from complaints.services.unit import Units
from complaints.vocabulary import Event, Ground, ReportField, Sensitive
from tests.cast import Cast, Person, Report
from tests.web.conftest import Browser, Log

ASK = "/en/inbox/case/requests"


@pytest.fixture
def report(cast: Cast) -> Report:
    return cast.report()


@pytest.fixture
def opened(browser: Browser, report: Report) -> Browser:
    browser.post("/en/inbox", {"code": report.receipt.grouped()})
    return browser


@pytest.fixture
def lead(cast: Cast, signed_in: Callable[[Person], Browser]) -> Browser:
    return signed_in(cast.lead)


def ask(browser: Browser, kind: str = "erasure", text: str = "CANARY-WHY") -> int:
    return browser.post(ASK, {"kind": kind, "text": text}, token=browser.token_on(ASK)).status_code


def address(lead: Browser, report: Report) -> str:
    page = lead.get(f"/staff/cases/{report.case.hex()}?lang=en").text
    found = re.search(rf"/staff/cases/{report.case.hex()}/requests/[0-9a-f]{{32}}", page)
    assert found
    return found[0]


def decide(lead: Browser, where: str, outcome: str, text: str, days: int = 9) -> int:
    form = {"outcome": outcome, "text": text, "by": (today() + timedelta(days=days)).isoformat()}
    return lead.post(where, form, token=lead.token_on(where)).status_code


@pytest.mark.parametrize(("outcome", "said"), [("refused", "Refused on"), ("accepted", "Accepted on")])
def test_a_request_comes_back_with_its_reason(
    opened: Browser, lead: Browser, report: Report, outcome: str, said: str
) -> None:
    assert ask(opened) == 303
    assert "Not decided yet." in opened.get(ASK).text
    where = address(lead, report)
    assert "CANARY-WHY" in lead.get(where).text
    assert decide(lead, where, outcome, "the reason <b>") == 303
    text = opened.get(ASK).text
    assert said in text
    assert "the reason &lt;b&gt;" in text


def test_a_request_names_the_day_of_its_answer_to_both_sides(opened: Browser, lead: Browser, report: Report) -> None:
    ask(opened)
    last = today() + timedelta(days=30)
    said = f"by {last.day} {last:%B} {last.year}."
    assert f"Not decided yet. The answer, with its reason, comes here {said}" in opened.get(ASK).text
    assert f"The reporter was promised an answer {said}" in lead.get(f"/staff/cases/{report.case.hex()}?lang=en").text
    assert f"The reporter was promised an answer {said}" in lead.get(address(lead, report)).text
    due = f"<dt>Answer the request by</dt><dd>{last.day} {last:%B} {last.year}</dd>"
    assert due in lead.get(f"/staff/cases/{report.case.hex()}?lang=en").text
    decide(lead, address(lead, report), "refused", "the reason")
    assert due not in lead.get(f"/staff/cases/{report.case.hex()}?lang=en").text


def test_an_answer_that_is_late_is_owned_to(opened: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    ask(opened)
    monkeypatch.setattr(data_requests, "ANSWERED_WITHIN", timedelta(days=-1))
    assert "and are late. Write to us in the messages." in opened.get(ASK).text


def test_consent_is_taken_back_where_it_was_given(browser: Browser, cast: Cast, lead: Browser, opened: Browser) -> None:
    assert 'value="sensitive-consent"' not in opened.get(ASK).text
    given = {ReportField.SENSITIVE: Sensitive.HEALTH.value, ReportField.GROUND: Ground.CONSENT.value}
    draft = cast.draft()
    report = cast.report(replace(draft, answers={**draft.answers, **given}))
    browser.post("/en/inbox", {"code": report.receipt.grouped()})
    assert 'value="sensitive-consent"' in browser.get(ASK).text
    assert ask(browser, "sensitive-consent", "") == 303
    assert "I take back my consent to the use of sensitive matters" in browser.get(ASK).text
    where = address(lead, report)
    assert "The reporter takes back their consent to the use of sensitive matters" in lead.get(where).text
    assert "only as far as legal duty and legal claims allow" in lead.get(where).text


@pytest.mark.parametrize("outcome", [None, "accepted", "refused"])
def test_a_consent_that_was_taken_back_is_no_ground_any_more_whatever_is_decided(
    browser: Browser, cast: Cast, lead: Browser, outcome: str | None
) -> None:
    given = {ReportField.SENSITIVE: Sensitive.HEALTH.value, ReportField.GROUND: Ground.CONSENT.value}
    draft = cast.draft()
    report = cast.report(replace(draft, answers={**draft.answers, **given}))
    pages = [(browser, "/en/inbox/case"), (lead, f"/staff/cases/{report.case.hex()}?lang=en")]
    browser.post("/en/inbox", {"code": report.receipt.grouped()})
    for who, page in pages:
        assert ground_on(who, page) == "The reporter’s consent"
    ask(browser, "sensitive-consent", "")
    if outcome:
        decide(lead, address(lead, report), outcome, "the reason")
    now = today()
    said = f"The reporter’s consent was taken back on {now.day} {now:%B} {now.year}."
    for who, page in pages:
        assert ground_on(who, page) == f"Legal duty and legal claims. {said}"
    assert 'value="sensitive-consent"' not in browser.get(ASK).text


def test_where_the_law_was_the_ground_it_stays(browser: Browser, cast: Cast) -> None:
    draft = cast.draft()
    report = cast.report(replace(draft, answers={**draft.answers, ReportField.SENSITIVE: Sensitive.HEALTH.value}))
    browser.post("/en/inbox", {"code": report.receipt.grouped()})
    ask(browser, "sensitive-consent", "")  # as a page of before might
    assert ground_on(browser, "/en/inbox/case") == "Legal duty and legal claims"


def ground_on(browser: Browser, page: str) -> str:
    """Why sensitive matters may be used, as a page of the case says it."""
    told = unescape(browser.get(page).text).partition("Why sensitive matters may be used")[2]
    return re.sub("<[^>]+>", "", told.partition("</dd>")[0]).strip()


def test_what_is_said_is_sealed_and_the_check_finds_nothing(
    opened: Browser, lead: Browser, report: Report, units: Units, access_log: AccessLog, log: Log
) -> None:
    ask(opened)
    decide(lead, address(lead, report), "refused", "CANARY-REASON")
    with units.reading() as unit:
        assert list(examine(unit, access_log)) == []
        queued = unit.session.scalars(select(LogPending.fields)).all()
    assert any(b"data.requested" in fields for fields in queued)
    (entry,) = log.entries(Event.DATA_DECIDED)
    assert entry["reason"] == "refused"
    assert "CANARY" not in repr(entry) + repr(queued)


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"kind": "", "text": "kept"}, "Choose what you ask for."),
        ({"kind": "erasure", "text": "kept" * 501}, "too long"),
    ],
    ids=["nothing chosen", "too long"],
)
def test_what_cannot_be_asked_keeps_its_words(opened: Browser, form: dict[str, str], words: str) -> None:
    answer = opened.post(ASK, form, token=opened.token_on(ASK))
    assert answer.status_code == 400
    assert words in answer.text
    assert form["text"] in answer.text


def test_the_same_is_not_asked_twice_before_it_is_decided(opened: Browser, lead: Browser, report: Report) -> None:
    ask(opened)
    answer = opened.post(ASK, {"kind": "erasure", "text": "kept"}, token=opened.token_on(ASK))
    assert answer.status_code == 400
    assert "You have asked for this already" in answer.text
    assert ask(opened, "objection") == 303
    for _ in range(2):
        decide(lead, address(lead, report), "refused", "no")
    assert ask(opened) == 303


def test_what_waits_for_an_answer_is_not_offered_again(opened: Browser, lead: Browser, report: Report) -> None:
    ask(opened)
    page = opened.get(ASK).text
    assert 'value="erasure"' not in page
    assert 'value="objection"' in page
    ask(opened, "objection")
    assert "What do you ask for?" not in opened.get(ASK).text
    decide(lead, address(lead, report), "refused", "no")
    assert 'value="erasure"' in opened.get(ASK).text


def test_the_mailbox_shows_what_was_asked_and_answered(opened: Browser, lead: Browser, report: Report) -> None:
    assert "What you asked about your data" not in opened.get("/en/inbox/case").text
    ask(opened)
    assert "Not decided yet. The answer, with its reason, comes here by" in opened.get("/en/inbox/case").text
    decide(lead, address(lead, report), "refused", "CANARY-REASON")
    page = opened.get("/en/inbox/case").text
    assert "Refused on" in page
    assert "CANARY-REASON" in page


def test_whoever_closes_the_case_is_told_that_a_request_waits(opened: Browser, lead: Browser, report: Report) -> None:
    closing = f"/staff/cases/{report.case.hex()}/close?outcome=substantiated&lang=en"
    assert "Closing the case is no answer" not in lead.get(closing).text
    ask(opened)
    assert "Closing the case is no answer" in lead.get(closing).text


def test_a_decision_is_told_in_the_log_as_what_it_is(
    opened: Browser, lead: Browser, report: Report, cast: Cast, signed_in: Callable[[Person], Browser]
) -> None:
    """`refused` is also the name of a group of entries that can be searched for."""
    ask(opened)
    decide(lead, address(lead, report), "refused", "no")
    page = signed_in(cast.auditor).get("/staff/log?event=data.decided&lang=en").text
    row = page.partition('<span class="audit-kind">')[2].partition("</tr>")[0]
    assert "The reporter’s request was refused" in row
    assert "Only:" not in row


def test_an_answer_needs_a_choice_and_a_reason(opened: Browser, lead: Browser, report: Report) -> None:
    ask(opened)
    where = address(lead, report)
    assert decide(lead, where, "", "why") == 400
    assert decide(lead, where, "refused", " ") == 400
    assert decide(lead, where, "refused", "x" * 2001) == 400
    assert decide(lead, where, "accepted", "why", days=-1) == 400
    assert "Not decided yet." in opened.get(ASK).text


def test_what_is_accepted_stands_on_the_case_until_it_is_done(opened: Browser, lead: Browser, report: Report) -> None:
    case = f"/staff/cases/{report.case.hex()}"
    ask(opened)
    decide(lead, address(lead, report), "accepted", "the reason")
    page = lead.get(f"{case}?lang=en").text
    assert "Answered. What is to be done now is a task of yours, below." in page
    assert "<dt>Do what was accepted by</dt>" in page
    for address_of in ("close", "close?outcome=substantiated"):
        assert "Closing does not end it" in lead.get(f"{case}/{address_of}").text
    done = re.search(r"/tasks/[0-9a-f]{32}", page)
    assert done
    lead.post(case + done[0], token=lead.token_on(case))
    assert "<dt>Do what was accepted by</dt>" not in lead.get(case).text
    assert "Closing does not end it" not in lead.get(f"{case}/close").text


def test_it_is_decided_once(opened: Browser, lead: Browser, report: Report) -> None:
    ask(opened)
    where = address(lead, report)
    token = lead.token_on(where)
    assert decide(lead, where, "accepted", "first") == 303
    late = lead.post(where, {"outcome": "refused", "text": "CANARY-SECOND"}, token=token)
    assert late.status_code == 409
    assert "CANARY-SECOND" in late.text  # what was typed is not lost
    assert "first" in late.text
    assert "CANARY-SECOND" not in opened.get(ASK).text


def test_whoever_holds_no_key_finds_no_request(
    opened: Browser, lead: Browser, report: Report, cast: Cast, signed_in: Callable[[Person], Browser]
) -> None:
    ask(opened)
    where = address(lead, report)
    assert signed_in(cast.unassigned).get(where).status_code == 404
    assert signed_in(cast.administrator).get(where).status_code == 403
    other = cast.report(cast.draft(narrative="another"))
    assert lead.get(where.replace(report.case.hex(), other.case.hex())).status_code == 404


def test_strangers_are_led_to_the_code(browser: Browser, report: Report) -> None:
    assert browser.get(ASK).location == "/en/inbox"
    answer = browser.post(ASK, {"kind": "erasure", "text": "typed words"})
    assert answer.status_code == 403
    assert "typed words" in answer.text
