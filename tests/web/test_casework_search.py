"""`/staff/cases/search`: words looked for in every case somebody holds."""

import re

import pytest
from werkzeug.test import TestResponse

from complaints.policy import Action
from complaints.services import own_labels, search
from complaints.services.own_labels import OwnMark
from complaints.vocabulary import Event
from tests.cast import NARRATIVE, Cast, Report
from tests.web.conftest import Browser, Log, token_in
from tests.web.ladder import Ladder, SignedIn

ADDRESS = "/staff/cases/search"


@pytest.fixture
def report(cast: Cast) -> Report:
    return cast.report()


def look(browser: Browser, terms: str, page: TestResponse | None = None, **more: str) -> TestResponse:
    return browser.post(ADDRESS, {"terms": terms} | more, token=token_in(page or browser.get(ADDRESS)))


class TestFormLadder(Ladder):
    path = ADDRESS
    action = Action.SEARCH_CASES


class TestLookingLadder(Ladder):
    path = ADDRESS
    action = Action.SEARCH_CASES
    method = "POST"
    form = {"terms": "CANARY"}  # noqa: RUF012 - as the ladder has it


def test_what_is_found_is_shown_with_what_stands_around_it(
    cast: Cast, signed_in: SignedIn, log: Log, report: Report
) -> None:
    page = look(signed_in(cast.lead), "ใบเสร็จ").text
    assert f'/staff/cases/{report.case.hex()}"' in page
    assert "<mark>ใบเสร็จ</mark>" in page
    (entry,) = log.entries(Event.CASES_SEARCHED)
    assert entry["subject"] == f"case:{report.case.hex()}"


@pytest.mark.parametrize("kind", ["reference", "typed in a hurry", "label"])
def test_what_names_a_case_finds_it_and_opens_none(
    cast: Cast, signed_in: SignedIn, log: Log, report: Report, kind: str
) -> None:
    other, browser = cast.report(), signed_in(cast.lead)
    with cast.units.writing() as unit:
        own_labels.mark(unit, cast.lead.actor, cast.lead.keys, report.case, OwnMark(False, "CANARY-LABEL ขนส่ง-โบนัส"))
    words = {
        "reference": report.reference,
        "typed in a hurry": report.reference.replace("-", " ").lower(),
        "label": "ขนส่ง-โบนัส canary-label",
    }[kind]
    answer = look(browser, words)
    assert f'/staff/cases/{report.case.hex()}"' in answer.text
    assert "CANARY-LABEL" in answer.text
    assert other.reference not in answer.text
    assert not log.entries(Event.CASES_SEARCHED)
    assert not log.entries(Event.CASE_OPENED)
    further = look(browser, words, answer, through="1")
    assert 'id="known"' in further.text
    assert 'id="found"' in further.text
    assert len(log.entries(Event.CASES_SEARCHED)) == 1


def test_somebody_elses_case_is_not_found_by_its_reference_or_their_label(
    cast: Cast, signed_in: SignedIn, report: Report
) -> None:
    with cast.units.writing() as unit:
        own_labels.mark(unit, cast.lead.actor, cast.lead.keys, report.case, OwnMark(False, "CANARY-LABEL"))
    assert f"/staff/cases/{report.case.hex()}" not in look(signed_in(cast.unassigned), report.reference).text
    assert "/staff/cases/" + report.case.hex() not in look(signed_in(cast.triage), "CANARY-LABEL").text


def test_every_word_is_marked_and_a_case_is_told_by_more_than_its_number(
    cast: Cast, signed_in: SignedIn, report: Report
) -> None:
    page = look(signed_in(cast.lead), "CANARY-NARRATIVE ใบเสร็จ").text
    assert page.count("<mark>") >= 2
    line = page.partition('class="hits__line">')[2].partition("</p>")[0]
    assert "·" in line


def test_whoever_holds_nothing_finds_nothing(cast: Cast, signed_in: SignedIn, log: Log, report: Report) -> None:
    page = look(signed_in(cast.unassigned), "ใบเสร็จ").text
    assert report.reference not in page
    assert not log.entries(Event.CASES_SEARCHED)


def test_words_stand_in_no_address_and_are_no_markup(cast: Cast, signed_in: SignedIn, report: Report) -> None:
    browser = signed_in(cast.lead)
    assert NARRATIVE not in browser.get(f"{ADDRESS}?terms=CANARY-NARRATIVE").text
    page = look(browser, "<b>CANARY-NARRATIVE").text
    assert "<b>CANARY" not in page
    assert re.search(r'<form method="post" action="/staff/cases/search"', page)


@pytest.mark.parametrize("terms", ["", "  ", "x" * 300])
def test_what_is_no_search_opens_nothing(terms: str, cast: Cast, signed_in: SignedIn, log: Log, report: Report) -> None:
    answer = look(signed_in(cast.lead), terms)
    assert answer.status_code == 400
    assert 'id="terms-error"' in answer.text
    assert not log.entries(Event.CASES_SEARCHED)


def test_a_button_goes_on_and_keeps_what_was_found(
    cast: Cast, signed_in: SignedIn, log: Log, report: Report, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "SECONDS", 0.0)
    reports = [report, cast.report(), cast.report()]
    browser = signed_in(cast.lead)
    page = look(browser, "ใบเสร็จ")
    for _ in range(2):
        carried = dict(re.findall(r'name="(after|looked|found)" value="([^"]*)"', page.text))
        page = look(browser, "ใบเสร็จ", page, **carried)
    for each in reports:
        assert each.reference in page.text
    assert 'name="after"' not in page.text
    assert len(log.entries(Event.CASES_SEARCHED)) == 3


def test_cases_that_a_form_claims_were_found_are_the_visitors_own(
    cast: Cast, signed_in: SignedIn, report: Report
) -> None:
    claimed = {"after": "20990101-AAAAAAAAAAAAAAAAAAAAAA", "looked": "x", "found": f"{report.case.hex()} nonsense"}
    assert report.reference not in look(signed_in(cast.unassigned), "ใบเสร็จ", **claimed).text


def test_the_auditor_reads_which_cases_were_opened(cast: Cast, signed_in: SignedIn, log: Log, report: Report) -> None:
    other = cast.report()
    look(signed_in(cast.lead), "CANARY-TERM")
    for wanted in ("event=cases.searched", f"event=cases.searched&case={other.reference}"):
        page = signed_in(cast.auditor).get(f"/staff/log?{wanted}").text
        assert report.reference in page
        assert other.reference in page
        assert "CANARY-TERM" not in page


def test_whoever_holds_a_case_reads_in_its_timeline_that_a_search_opened_it(
    cast: Cast, signed_in: SignedIn, report: Report
) -> None:
    other = cast.report()
    look(signed_in(cast.lead), "CANARY-TERM")
    page = signed_in(cast.triage).get(f"/staff/cases/{report.case.hex()}/timeline?lang=en").text
    assert "Cases were searched" in page
    assert report.reference in page
    assert other.reference not in page
    assert other.case.hex() not in page
