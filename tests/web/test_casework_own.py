"""`POST /staff/cases/<id>/own`: what somebody makes of a case for themself alone; and their list, by what they made of it."""

import re
from html import unescape
from typing import Any, ClassVar

import pytest

from complaints.policy import Action
from complaints.services.own_labels import LIMIT
from complaints.services.unit import Units
from tests.cast import Cast, Report
from tests.intruder import Intruder
from tests.web.conftest import Browser
from tests.web.ladder import CaseLadder, SignedIn
from tests.web.test_casework_list import references, row_of

LABEL = "CANARY-LABEL ใบเสร็จน้ำมัน"


@pytest.fixture
def report(cast: Cast) -> Report:
    return cast.report()


def address(report: Report) -> str:
    return f"/staff/cases/{report.case.hex()}"


def mark(browser: Browser, report: Report, label: str = "", **form: str) -> Any:
    return browser.post(f"{address(report)}/own", {"label": label, **form}, token=browser.token_on(address(report)))


def tag_of(page: str, label: str) -> str:
    found = re.search(rf'<option value="([0-9a-f]{{16}})"[^>]*>{label}<', page)
    assert found
    return found[1]


class TestLadder(CaseLadder):
    path = "/staff/cases/{case}/own"
    action = Action.ARRANGE_CASES
    method = "POST"
    has_words = True
    form: ClassVar = {"label": LABEL}
    wrong_methods = ("GET", "PUT", "PATCH", "DELETE", "OPTIONS")


def test_a_form_without_its_token_does_nothing(cast: Cast, signed_in: SignedIn, report: Report) -> None:
    browser = signed_in(cast.lead)
    assert browser.post(f"{address(report)}/own", {"label": LABEL}).status_code == 400
    assert LABEL not in browser.get("/staff/cases").text


def test_a_label_stands_in_its_owners_list_and_case_and_nowhere_else(
    cast: Cast, signed_in: SignedIn, report: Report, stolen: Intruder
) -> None:
    browser = signed_in(cast.lead)
    assert mark(browser, report, f"  {LABEL} ").status_code == 303
    assert LABEL in row_of(browser.get("/staff/cases").text, report)
    assert LABEL in browser.get(address(report)).text
    other = signed_in(cast.triage)
    assert LABEL not in other.get("/staff/cases").text + other.get(address(report)).text
    rows = stolen.execute("SELECT label FROM caseload WHERE label IS NOT NULL").fetchall()
    assert len(rows) == 1
    assert b"CANARY" not in bytes(rows[0][0])
    mark(browser, report, "")
    assert LABEL not in browser.get("/staff/cases").text
    assert not stolen.execute("SELECT label FROM caseload WHERE label IS NOT NULL").fetchall()


def test_labels_of_any_length_look_the_same(cast: Cast, signed_in: SignedIn, report: Report, stolen: Intruder) -> None:
    browser, sizes = signed_in(cast.lead), set()
    for label in ("a", "ก" * LIMIT, "𐀀" * LIMIT):
        assert mark(browser, report, label).status_code == 303
        sizes |= {
            len(bytes(row[0]))
            for row in stolen.execute("SELECT label FROM caseload WHERE label IS NOT NULL").fetchall()
        }
    assert len(sizes) == 1


def test_what_is_too_long_comes_back(cast: Cast, signed_in: SignedIn, report: Report) -> None:
    browser = signed_in(cast.lead)
    answer = mark(browser, report, "ก" * (LIMIT + 1))
    assert answer.status_code == 400
    assert "ก" * (LIMIT + 1) in answer.text
    assert 'href="#own-label"' in answer.text


def test_the_list_is_filtered_by_a_label_whose_words_are_in_no_address(
    cast: Cast, signed_in: SignedIn, report: Report
) -> None:
    other = cast.report()
    browser = signed_in(cast.lead)
    mark(browser, report, LABEL)
    page = browser.get("/staff/cases?view=all").text
    tag = tag_of(page, LABEL)
    filtered = browser.get(f"/staff/cases?label={tag}&overdue=&view=all").text
    assert references(filtered) == [report.reference]
    assert other.reference in references(page)
    assert not [href for href in re.findall(r'(?:href|action)="([^"]*)"', filtered) if "CANARY" in unescape(href)]
    # Another's tag for the same words is another: nobody learns from an address who calls a case the same.
    second = signed_in(cast.triage)
    mark(second, report, LABEL)
    assert tag_of(second.get("/staff/cases?view=all").text, LABEL) != tag
    assert references(second.get(f"/staff/cases?label={tag}").text) == []


def test_a_label_that_was_moved_to_another_case_or_reader_is_none(
    cast: Cast, signed_in: SignedIn, report: Report, stolen: Intruder
) -> None:
    cast.report()
    browser = signed_in(cast.lead)
    mark(browser, report, LABEL)
    stolen.execute("UPDATE caseload SET label = (SELECT label FROM caseload WHERE label IS NOT NULL)")
    assert browser.get("/staff/cases").text.count(LABEL) == 2  # in its row, and among the choices
    assert LABEL not in signed_in(cast.triage).get("/staff/cases").text


def test_mine_are_cases_i_was_chosen_for_or_took_and_can_be_laid_down(
    cast: Cast, signed_in: SignedIn, report: Report
) -> None:
    other = cast.report()
    cast.assign(report)
    investigator, lead = signed_in(cast.investigator), signed_in(cast.lead)
    assert references(investigator.get("/staff/cases?view=mine").text) == [report.reference]
    assert references(lead.get("/staff/cases?view=mine").text) == []
    mark(lead, other, mine="y")
    assert references(lead.get("/staff/cases?view=mine").text) == [other.reference]
    mark(investigator, report)
    assert references(investigator.get("/staff/cases?view=mine").text) == []
    assert references(investigator.get("/staff/cases?view=all").text) == [report.reference]


def test_the_view_is_remembered_in_the_session_and_nowhere_in_clear(
    cast: Cast, signed_in: SignedIn, report: Report, units: Units, stolen: Intruder
) -> None:
    browser = signed_in(cast.lead)
    assert references(browser.get("/staff/cases?status=closed&order=due").text) == []
    again = browser.get("/staff/cases?left=1").text
    assert references(again) == []
    assert '<option value="due" selected' in again
    assert 'href="/staff/cases?view=all" role="button"' in again
    assert references(signed_in(cast.lead).get("/staff/cases").text) == [report.reference]  # another session
    (data,) = [bytes(row[0]) for row in stolen.execute("SELECT data FROM session ORDER BY expires LIMIT 1").fetchall()]
    assert b"closed" not in data
    assert references(browser.get("/staff/cases?view=all").text) == [report.reference]
    assert references(browser.get("/staff/cases").text) == [report.reference]


def test_by_the_menu_no_filter_comes_back_that_could_hide_a_new_report(
    cast: Cast, signed_in: SignedIn, report: Report
) -> None:
    browser = signed_in(cast.lead)
    for narrow in ("status=closed", "unread=1&overdue=1", "priority=high", f"channel={cast.fallback.hex()}"):
        assert references(browser.get(f"/staff/cases?{narrow}&order=due").text) == []
        by_the_menu = browser.get("/staff/cases").text
        assert references(by_the_menu) == [report.reference]
        assert '<option value="due" selected' in by_the_menu
        assert references(browser.get("/staff/cases?left=1").text) == [report.reference]
    assert 'href="/staff/cases?left=1"' in browser.get(address(report)).text


@pytest.mark.parametrize(
    "query",
    ["channel=zz", "channel=", "priority=x", "order=x", "label=", "view=x", "unread=&overdue=", "after=x&before=y"],
)
def test_what_is_no_choice_is_as_if_not_asked(query: str, cast: Cast, signed_in: SignedIn, report: Report) -> None:
    page = signed_in(cast.lead).get(f"/staff/cases?{query}")
    assert page.status_code == 200
    assert references(page.text) == [report.reference]
