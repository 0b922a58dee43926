"""Who can open the report now, by name, for its reporter alone; and elsewhere the number."""

from html import unescape

import pytest

from tests.cast import Cast, Report
from tests.web.conftest import Browser

CASE = "/en/inbox/case"
READERS = f"{CASE}/readers"


@pytest.fixture
def report(cast: Cast) -> Report:
    return cast.report(cast.draft(excluded=(cast.triage,)))


@pytest.fixture
def opened(browser: Browser, report: Report) -> Browser:
    browser.post("/en/inbox", {"code": report.receipt.grouped()})
    return browser


def main_of(browser: Browser, address: str = READERS) -> str:
    return unescape(browser.get(address).text).partition("<main")[2].partition("</main>")[0]


def test_whoever_holds_a_key_is_named(opened: Browser, cast: Cast, report: Report) -> None:
    page = main_of(opened)
    assert f"<strong>{cast.lead.display_name}</strong>: your report and your name" in page
    assert cast.second_investigator.display_name not in page
    cast.assign(report, {cast.second_investigator: False})
    page = main_of(opened)
    assert f"<strong>{cast.second_investigator.display_name}</strong>: your report, without your name" in page
    assert "Not verified" not in page


def test_whoever_was_kept_out_is_named_apart(opened: Browser, cast: Cast) -> None:
    readers, _, excluded = main_of(opened).partition("Who must not see it")
    assert cast.triage.display_name not in readers
    assert cast.triage.display_name in excluded
    sent = main_of(opened, CASE).partition("What you sent")[2]
    assert cast.triage.display_name in sent
    assert "Your note on others, to whoever assigns the case" in sent


def test_without_the_receipt_it_leads_to_the_code(browser: Browser, report: Report) -> None:
    del report
    assert browser.get(READERS).location == "/en/inbox"


def test_what_was_told_is_corrected_by_a_message(opened: Browser) -> None:
    page = main_of(opened, CASE)
    assert '<a class="govuk-link" href="#text">Correct or add to what you told</a>' in page
    assert 'id="text"' in page
