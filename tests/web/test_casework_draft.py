"""Drafts of a reply, and phrases put into it: both through the form that sends replies, and neither sends anything."""

import re
from dataclasses import replace
from html import unescape
from typing import Any

import pytest

from complaints.services import mailbox
from complaints.services.casework import MESSAGE_LIMIT
from complaints.vocabulary import Event, Locale
from complaints.web.casework.phrases import _TEXTS, PHRASES, put_in
from tests.cast import Cast, Report
from tests.intruder import Intruder
from tests.web.conftest import Browser, Log
from tests.web.ladder import SignedIn

WORDS = "CANARY-DRAFT ขอเวลาตรวจอีกสามวัน"


@pytest.fixture
def report(cast: Cast) -> Report:
    return cast.report()


def address(report: Report) -> str:
    return f"/staff/cases/{report.case.hex()}"


def send(browser: Browser, report: Report, text: str, **form: str) -> Any:
    page = f"{address(report)}/messages"
    return browser.post(page, {"text": text, **form}, token=browser.token_on(address(report)))


def reply_field(page: str) -> str:
    found = re.search(r'<textarea[^>]*id="reply-text"[^>]*>\n?(.*?)</textarea>', page, re.DOTALL)
    assert found
    return unescape(found[1])


def messages(cast: Cast, report: Report) -> list[str]:
    with cast.units.writing() as unit:
        return [message.text for message in mailbox.read_mailbox(unit, report.reporter, report.keys).messages]


def test_a_draft_waits_for_its_writer_alone_and_is_not_sent(
    cast: Cast, signed_in: SignedIn, log: Log, report: Report, stolen: Intruder
) -> None:
    browser = signed_in(cast.lead)
    assert send(browser, report, WORDS, do="draft").status_code == 303
    assert reply_field(signed_in(cast.lead).get(address(report)).text) == WORDS
    assert WORDS not in signed_in(cast.triage).get(address(report)).text
    assert messages(cast, report) == []
    assert not log.entries(Event.MESSAGE_SENT)
    (row,) = stolen.execute("SELECT value FROM draft").fetchall()
    assert b"CANARY" not in bytes(row[0])


def test_a_draft_is_written_over_sent_or_taken_away(
    cast: Cast, signed_in: SignedIn, report: Report, stolen: Intruder
) -> None:
    browser = signed_in(cast.lead)
    send(browser, report, WORDS, do="draft")
    send(browser, report, "better", do="draft")
    assert reply_field(browser.get(address(report)).text) == "better"
    send(browser, report, " ", do="draft")
    assert reply_field(browser.get(address(report)).text) == ""
    send(browser, report, WORDS, do="draft")
    assert send(browser, report, "sent").status_code == 303
    assert messages(cast, report) == ["sent"]
    assert not stolen.execute("SELECT value FROM draft").fetchall()


def test_a_draft_that_is_too_long_comes_back(cast: Cast, signed_in: SignedIn, report: Report) -> None:
    answer = send(signed_in(cast.lead), report, "ก" * (MESSAGE_LIMIT + 1), do="draft")
    assert answer.status_code == 400
    assert reply_field(answer.text) == "ก" * (MESSAGE_LIMIT + 1)
    assert messages(cast, report) == []


def test_nobody_keeps_a_draft_in_a_case_that_is_not_theirs(
    cast: Cast, signed_in: SignedIn, report: Report, stolen: Intruder
) -> None:
    browser = signed_in(cast.unassigned)
    token = browser.token_on("/staff/cases")
    for do in ("draft", "phrase"):
        answer = browser.post(f"{address(report)}/messages", {"text": WORDS, "do": do}, token=token)
        assert answer.status_code == 404
    assert not stolen.execute("SELECT value FROM draft").fetchall()


def test_a_draft_goes_with_its_writers_keys(cast: Cast, signed_in: SignedIn, report: Report, stolen: Intruder) -> None:
    send(signed_in(cast.triage), report, WORDS, do="draft")
    cast.assign(report)
    assert not stolen.execute("SELECT value FROM draft").fetchall()


def test_a_draft_that_was_moved_to_another_case_is_none(
    cast: Cast, signed_in: SignedIn, report: Report, stolen: Intruder
) -> None:
    other = cast.report()
    send(signed_in(cast.lead), report, WORDS, do="draft")
    stolen.execute("UPDATE draft SET case_id = ?", (other.case,))
    page = signed_in(cast.lead).get(address(other))
    assert page.status_code == 200
    assert reply_field(page.text) == ""


@pytest.mark.parametrize("language", Locale)
def test_a_phrase_is_put_in_below_what_was_typed_in_the_reporters_language(
    language: Locale, cast: Cast, signed_in: SignedIn, log: Log
) -> None:
    report = cast.report(replace(cast.draft(), locale=language))
    browser = signed_in(cast.lead)
    for name in PHRASES:
        page = send(browser, report, WORDS, do="phrase", phrase=name)
        assert page.status_code == 200
        assert reply_field(page.text) == f"{WORDS}\n\n{_TEXTS[name][language]}"
    assert reply_field(send(browser, report, "", do="phrase", phrase="none-such").text) == ""
    assert not log.entries(Event.MESSAGE_SENT)
    assert messages(cast, report) == []


def test_every_phrase_is_there_in_both_languages() -> None:
    assert PHRASES.keys() == _TEXTS.keys()
    for texts in _TEXTS.values():
        assert texts.keys() == set(Locale)
    assert put_in("", "safety", Locale.THAI) == _TEXTS["safety"][Locale.THAI]


def test_the_reporters_language_is_said_where_the_reply_is_written(cast: Cast, signed_in: SignedIn) -> None:
    for language, words in ((Locale.THAI, "Thai"), (Locale.ENGLISH, "English")):
        report = cast.report(replace(cast.draft(), locale=language))
        page = signed_in(cast.lead).get(f"{address(report)}?lang=en").text
        assert f"The reporter writes in: <strong>{words}</strong>" in page
