"""`GET /staff/cases`: an investigator's cases, from the projection alone."""

import re
from datetime import timedelta
from html import unescape

import pytest
import time_machine

from complaints import clock
from complaints.policy import Action
from complaints.services import casework
from complaints.vocabulary import CaseStatus, Event
from complaints.web.casework.frame import status_colour
from tests.cast import CANARIES, NARRATIVE, Cast, Report
from tests.served import ROOT
from tests.web.conftest import Log
from tests.web.ladder import Ladder, SignedIn


@pytest.fixture
def report(cast: Cast) -> Report:
    return cast.report()


def references(page: str) -> list[str]:
    return re.findall(r'href="/staff/cases/[0-9a-f]{32}">([2-9A-Z]{4}-[2-9A-Z]{4})', page)


def row_of(page: str, report: Report) -> str:
    rows = re.findall(r'<tr role="row"[^>]*>.*?</tr>', page, re.DOTALL)
    return next(row for row in rows if report.reference in row)


def place(page: str, relation: str) -> str:
    found = re.search(rf'href="([^"]*)" rel="{relation}"', page)
    assert found
    return unescape(found[1])


class TestLadder(Ladder):
    path = "/staff/cases"
    action = Action.LIST_CASES
    wrong_methods = ("POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def test_it_lists_the_readers_own_cases(cast: Cast, signed_in: SignedIn, report: Report) -> None:
    other = cast.report()
    cast.assign(report)
    assert set(references(signed_in(cast.lead).get("/staff/cases").text)) == {report.reference, other.reference}
    assert references(signed_in(cast.investigator).get("/staff/cases").text) == [report.reference]
    assert references(signed_in(cast.unassigned).get("/staff/cases").text) == []


def test_it_opens_nothing_and_says_nothing_of_the_report(
    cast: Cast, signed_in: SignedIn, log: Log, report: Report
) -> None:
    page = signed_in(cast.lead).get("/staff/cases").text
    assert not [text for text in (NARRATIVE, *CANARIES.values()) if text in page]
    assert not log.entries(Event.CASE_OPENED)


def test_a_case_is_unread_until_it_is_read_and_when_something_new_is_written(
    cast: Cast, signed_in: SignedIn, report: Report
) -> None:
    cast.assign(report)
    lead, investigator = signed_in(cast.lead), signed_in(cast.investigator)
    address = f"/staff/cases/{report.case.hex()}"
    assert "caselist__unread" in row_of(investigator.get("/staff/cases").text, report)
    token = investigator.token_on(address)
    lead.get(address)
    assert "caselist__unread" not in row_of(investigator.get("/staff/cases").text, report)
    investigator.post(f"{address}/notes", {"text": "seen"}, token=token)
    assert "caselist__unread" not in row_of(investigator.get("/staff/cases").text, report)
    assert "caselist__unread" in row_of(lead.get("/staff/cases").text, report)


def test_it_says_who_holds_the_identity(cast: Cast, signed_in: SignedIn, report: Report) -> None:
    cast.assign(report)
    with_identity = row_of(signed_in(cast.investigator).get("/staff/cases?lang=en").text, report)
    without = row_of(signed_in(cast.second_investigator).get("/staff/cases?lang=en").text, report)
    assert "identity" in with_identity
    assert "identity" not in without


def test_a_deadline_that_has_passed_is_marked(cast: Cast, signed_in: SignedIn, report: Report) -> None:
    assert "govuk-tag--red" not in row_of(signed_in(cast.lead).get("/staff/cases").text, report)
    with time_machine.travel(clock.now() + timedelta(days=9), tick=False):
        assert "govuk-tag--red" in row_of(signed_in(cast.lead).get("/staff/cases").text, report)


def test_an_answer_to_the_reporter_meets_the_first_deadline(cast: Cast, signed_in: SignedIn, report: Report) -> None:
    with cast.units.writing() as unit:
        casework.reply(unit, cast.lead.actor, cast.lead.keys, report.case, "We have your report.")
    with time_machine.travel(clock.now() + timedelta(days=9), tick=False):
        assert "govuk-tag--red" not in row_of(signed_in(cast.lead).get("/staff/cases").text, report)
    with time_machine.travel(clock.now() + timedelta(days=100), tick=False):
        assert "govuk-tag--red" in row_of(signed_in(cast.lead).get("/staff/cases").text, report)


@pytest.mark.parametrize(
    ("status", "found"), [("new", 1), ("triage", 0), ("investigating", 0), ("nonsense", 1), ("", 1)]
)
def test_it_filters_by_status(status: str, found: int, cast: Cast, signed_in: SignedIn, report: Report) -> None:
    page = signed_in(cast.lead).get("/staff/cases", query_string={"status": status})
    assert page.status_code == 200
    assert len(references(page.text)) == found


def test_it_pages_to_older_cases_and_back(cast: Cast, signed_in: SignedIn) -> None:
    reports = {cast.report().reference for _ in range(52)}
    browser = signed_in(cast.lead)
    first = browser.get("/staff/cases?status=new").text
    second = browser.get(place(first, "next")).text
    assert (len(references(first)), len(references(second))) == (50, 2)
    assert {*references(first), *references(second)} == reports
    assert 'rel="prev"' not in first
    assert 'rel="next"' not in second
    assert references(browser.get(place(second, "prev")).text) == references(first)


@pytest.mark.parametrize("cursor", ["", "x", "20261122-", "20261122-AAAA", "99999999-AAAAAAAAAAAAAAAAAAAAAA", "' OR 1"])
def test_what_is_no_place_in_the_list_begins_at_its_start(
    cursor: str, cast: Cast, signed_in: SignedIn, report: Report
) -> None:
    page = signed_in(cast.lead).get("/staff/cases", query_string={"after": cursor, "before": cursor})
    assert page.status_code == 200
    assert references(page.text) == [report.reference]


def test_days_are_written_in_the_readers_era(cast: Cast, signed_in: SignedIn, report: Report) -> None:
    browser = signed_in(cast.lead)
    assert str(clock.today().year + 543) in row_of(browser.get("/staff/cases?lang=th").text, report)
    assert str(clock.today().year) in row_of(browser.get("/staff/cases?lang=en").text, report)


def test_each_status_has_a_tag_of_its_own_in_both_themes() -> None:
    colours = [status_colour(status) for status in CaseStatus]
    assert len(set(colours)) == len(CaseStatus)
    assert not {"green", "orange", "red"} & set(colours)
    sheet = (ROOT / "complaints/static/site.css").read_text("utf-8")
    assert [colour for colour in colours if colour and f".govuk-tag--{colour} {{" not in sheet] == []
