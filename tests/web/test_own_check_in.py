"""Asking the reporter of a closed case whether they were made to suffer for it: when, once, and with an answer like any message."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine

from complaints import clock
from complaints.services import case_flow, case_reading, check_ins
from complaints.services.access_log import AccessLog
from complaints.services.check import examine
from complaints.services.check_ins import DAYS, CheckIns
from complaints.services.messages import LIMIT
from complaints.vocabulary import CheckIn, Outcome
from tests.cast import Cast, Report
from tests.intruder import Intruder
from tests.web.conftest import Browser

CASE = "/en/inbox/case"
PAGE = f"{CASE}/check-in"
LINK = f'href="{PAGE}"'
CLOSED = date(2026, 3, 2)


@pytest.fixture
def report(cast: Cast) -> Report:
    return cast.report()


@pytest.fixture
def closed(cast: Cast, report: Report) -> Report:
    close(cast, report, 0)
    return report


def close(cast: Cast, report: Report, revision: int) -> None:
    with cast.units.writing() as unit:
        lead, words = cast.lead, {"findings": "found", "feedback": "told"}
        case_flow.close(unit, lead.actor, lead.keys, report.case, Outcome.PARTLY, **words, revision=revision)


@pytest.fixture
def later() -> Iterator[Any]:
    """Moves the clock on from the day of the closing."""
    start, travelling = clock.now(), []

    def go(days: int) -> None:
        travelling.append(time_machine.travel(start + timedelta(days=days), tick=False))
        travelling[-1].start()

    yield go
    for travel in reversed(travelling):
        travel.stop()


def open_mailbox(browser: Browser, report: Report) -> str:
    browser.post("/en/inbox", {"code": report.receipt.grouped()})
    return browser.get(CASE).text


def answer(browser: Browser, said: str, text: str = "", **more: str) -> Any:
    page = browser.get(PAGE).text
    days = re.search(r'name="days" value="(\d+)"', page)
    token = browser.token_on(CASE)
    return browser.post(PAGE, {"said": said, "text": text, "days": days[1] if days else "30", **more}, token=token)


def messages(cast: Cast, report: Report) -> list[str]:
    with cast.units.writing() as unit:
        return [m.text for m in case_reading.read_case(unit, cast.lead.actor, cast.lead.keys, report.case).messages]


def test_which_question_stands_on_which_day() -> None:
    expected = {0: None, 29: None, 30: 30, 89: 30, 90: 90, 179: 90, 180: 180, 364: 180, 365: 365, 729: 365, 730: None}
    for days, asked in expected.items():
        assert check_ins.of_case(CLOSED, [], CLOSED + timedelta(days=days)).asked == asked, days
    ahead = [check_ins.of_case(CLOSED, [], CLOSED + timedelta(days=days)).ahead for days in (0, 30, 364, 365)]
    assert ahead == [CLOSED + timedelta(days=30), CLOSED + timedelta(days=90), CLOSED + timedelta(days=365), None]
    assert check_ins.of_case(None, [], CLOSED) == CheckIns()


def test_an_answer_of_before_the_case_was_closed_again_answers_nothing() -> None:
    line = "30 days after it was closed: nobody has done anything to me because of it."
    today = CLOSED + timedelta(days=40)
    assert check_ins.of_case(CLOSED, [(CLOSED + timedelta(days=31), line)], today).asked is None
    assert check_ins.of_case(CLOSED, [(CLOSED - timedelta(days=1), line)], today).asked == 30
    assert check_ins.of_case(CLOSED, [(CLOSED + timedelta(days=31), f"I said: {line}")], today).asked == 30


def test_nothing_is_asked_of_an_open_case_or_too_early(browser: Browser, report: Report, later: Any) -> None:
    assert LINK not in open_mailbox(browser, report)
    later(400)
    assert LINK not in open_mailbox(browser, report)
    answered = browser.get(PAGE)
    assert (answered.status_code, answered.location) == (303, CASE)


@pytest.mark.parametrize("said", CheckIn)
def test_each_question_is_asked_until_it_is_answered_and_staff_read_the_answer(
    said: CheckIn, browser: Browser, cast: Cast, closed: Report, later: Any, access_log: AccessLog
) -> None:
    assert "we ask you here" in open_mailbox(browser, closed)
    for number, days in enumerate(DAYS):
        later(days)
        assert LINK in open_mailbox(browser, closed)
        assert answer(browser, said, "CANARY words").status_code == 303
        assert LINK not in browser.get(CASE).text
        text = messages(cast, closed)[number]
        assert text.startswith(f"{days} days after it was closed:")
        assert text.endswith("\n\nCANARY words")
    with cast.units.reading() as unit:
        assert list(examine(unit, access_log)) == []


def test_what_was_answered_shows_in_the_case_and_nowhere_in_clear(
    browser: Browser, cast: Cast, closed: Report, later: Any, stolen: Intruder, signed_in: Any
) -> None:
    later(30)
    open_mailbox(browser, closed)
    before = set(stolen.execute("SELECT DISTINCT name FROM sealed_field").fetchall())
    answer(browser, "harmed")
    assert set(stolen.execute("SELECT DISTINCT name FROM sealed_field").fetchall()) == before
    queued = b"".join(bytes(row[0]) for row in stolen.execute("SELECT fields FROM log_pending").fetchall())
    assert b"harmed" not in queued
    assert b"check-in" not in queued
    page = signed_in(cast.lead).get(f"/staff/cases/{closed.case.hex()}?lang=en").text
    assert re.search(r'After 30 days: <strong class="govuk-tag govuk-tag--red">Retaliation<', page)


@pytest.mark.parametrize(("said", "text"), [("", "kept"), ("nonsense", "kept"), ("safe", "ก" * LIMIT)])
def test_what_cannot_be_sent_comes_back(
    said: str, text: str, browser: Browser, cast: Cast, closed: Report, later: Any
) -> None:
    later(30)
    open_mailbox(browser, closed)
    sent_back = answer(browser, said, text)
    assert sent_back.status_code == 400
    assert text in sent_back.text
    assert messages(cast, closed) == []


def test_it_is_answered_once_and_only_when_asked(browser: Browser, cast: Cast, closed: Report, later: Any) -> None:
    open_mailbox(browser, closed)
    assert answer(browser, "safe").status_code == 303
    later(30)
    open_mailbox(browser, closed)
    assert answer(browser, "safe", days="90").status_code == 303
    assert messages(cast, closed) == []
    assert answer(browser, "safe").status_code == 303
    assert answer(browser, "harmed", days="30").status_code == 303
    assert len(messages(cast, closed)) == 1


def test_a_stranger_is_asked_for_the_code_and_keeps_their_words(browser: Browser) -> None:
    assert browser.get(PAGE).status_code == 303
    unsent = browser.post(PAGE, {"said": "harmed", "text": "CANARY words", "days": "30"})
    assert unsent.status_code == 403
    assert "CANARY words" in unsent.text
