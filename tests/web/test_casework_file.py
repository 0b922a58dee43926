"""`GET /staff/cases/<case>/files/<file>`: evidence, to be kept and never to be shown."""

import re

import pytest

from complaints.policy import Action
from complaints.vocabulary import Event
from tests.cast import Cast, Report
from tests.intruder import Intruder
from tests.stage import EVIDENCE, upload
from tests.web.conftest import Browser, Log
from tests.web.ladder import NO_CASE, CaseLadder, SignedIn


@pytest.fixture
def report(cast: Cast) -> Report:
    return cast.report(cast.draft(files=(upload(cast.units, EVIDENCE, "CANARY-FILE หลักฐาน.html"),)))


def file_address(browser: Browser, report: Report) -> str:
    found = re.search(
        r'href="(/staff/cases/[0-9a-f]{32}/files/[0-9a-f]{32})"', browser.get(f"/staff/cases/{report.case.hex()}").text
    )
    assert found
    return found[1]


class TestLadder(CaseLadder):
    path = "/staff/cases/{case}/files/" + NO_CASE.hex()
    action = Action.READ_FILE
    wrong_methods = ("POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def test_it_gives_the_file_as_it_was_sent_after_entering_it(
    cast: Cast, signed_in: SignedIn, log: Log, report: Report
) -> None:
    browser = signed_in(cast.lead)
    address = file_address(browser, report)
    answer = browser.get(address)
    assert answer.status_code == 200
    assert answer.data == EVIDENCE
    (entry,) = log.entries(Event.FILE_OPENED)
    assert (entry["actor"], entry["case"]) == (cast.lead.account.hex(), report.case.hex())
    assert entry["subject"] == f"file:{address.rpartition('/')[2]}"


def test_no_browser_runs_it(cast: Cast, signed_in: SignedIn, report: Report) -> None:
    browser = signed_in(cast.lead)
    headers = browser.get(file_address(browser, report)).headers
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    assert headers["Content-Length"] == str(len(EVIDENCE))
    disposition = headers["Content-Disposition"]
    assert disposition.startswith("attachment;")
    assert "filename*=UTF-8''CANARY-FILE%20%E0%B8%AB" in disposition
    disposition.encode("ascii")


def test_a_file_of_another_case_is_not_there(cast: Cast, signed_in: SignedIn, log: Log, report: Report) -> None:
    other = cast.report()
    browser = signed_in(cast.lead)
    file_id = file_address(browser, report).rpartition("/")[2]
    assert browser.get(f"/staff/cases/{other.case.hex()}/files/{file_id}").status_code == 404
    assert not log.entries(Event.FILE_OPENED)


def test_a_record_that_is_no_file_is_not_there(
    cast: Cast, signed_in: SignedIn, report: Report, stolen: Intruder
) -> None:
    (record,) = stolen.execute("SELECT hex(id) FROM record WHERE kind = 'report'").fetchone()
    address = f"/staff/cases/{report.case.hex()}/files/{record.lower()}"
    assert signed_in(cast.lead).get(address).status_code == 404


def test_an_altered_beginning_gives_a_page_that_says_so_and_no_file(
    cast: Cast, signed_in: SignedIn, report: Report, stolen: Intruder
) -> None:
    browser = signed_in(cast.lead)
    address = file_address(browser, report)
    stolen.execute("UPDATE file_chunk SET data = zeroblob(length(data)) WHERE position = 0")
    answer = browser.get(address)
    assert answer.status_code == 500
    assert "Content-Disposition" not in answer.headers


def test_whoever_is_left_out_of_an_assignment_takes_no_file_any_more(
    cast: Cast, signed_in: SignedIn, report: Report
) -> None:
    browser = signed_in(cast.triage)
    address = file_address(browser, report)
    assert browser.get(address).status_code == 200
    cast.assign(report)
    assert browser.get(address).status_code == 404
