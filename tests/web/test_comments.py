"""A comment on the notice: without a name, a cookie or a code; read by a few."""

import re
from collections.abc import Callable

import pytest
from werkzeug.test import TestResponse

from complaints.services import comments
from complaints.vocabulary import Event
from tests.cast import Cast, Person
from tests.web.conftest import Browser, Log
from tests.web.test_reporter_notice import publish

SignedIn = Callable[[Person], Browser]
WORDS = "CANARY-COMMENT clause 3.2 is unclear"


def send(browser: Browser, words: str = WORDS, language: str = "en", drawn: str | None = None) -> TestResponse:
    page = browser.get(f"/{language}/notice").text
    found = re.search(r'name="id" value="([0-9a-f]{32})"', page)
    assert found
    return browser.post(f"/{language}/notice/comment", {"id": drawn or found[1], "comment": words})


# -- Sending ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["th", "en"])
def test_it_is_sent_without_a_cookie_and_not_shown_again(browser: Browser, language: str) -> None:
    answer = send(browser, language=language)
    assert answer.status_code == 303
    assert answer.location == f"/{language}/notice/thanks"
    assert "Set-Cookie" not in answer.headers
    thanks = browser.get(answer.location)
    assert thanks.status_code == 200
    assert "CANARY" not in thanks.text
    assert "Set-Cookie" not in thanks.headers


def test_a_second_press_sends_nothing_twice(browser: Browser, cast: Cast, signed_in: SignedIn) -> None:
    for _ in range(2):
        assert send(browser, drawn="ab" * 16).status_code == 303
    assert signed_in(cast.other_lead).get("/staff/comments").text.count("CANARY-COMMENT") == 1


@pytest.mark.parametrize(("words", "said"), [("", "Write your comment first"), ("x" * 4_001, "room for 4,000")])
def test_what_cannot_be_taken_comes_back_with_the_reason(browser: Browser, words: str, said: str) -> None:
    answer = send(browser, words)
    assert answer.status_code == 400
    assert said in answer.text
    assert words in answer.text


def test_when_too_many_wait_the_words_are_not_lost(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comments, "WAITING_LIMIT", 0)
    answer = send(browser)
    assert answer.status_code == 503
    assert "Too many comments wait" in answer.text
    assert WORDS in answer.text


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}])
def test_another_site_sends_none(browser: Browser, log: Log, headers: dict[str, str]) -> None:
    answer = browser.post("/en/notice/comment", {"comment": WORDS}, headers=headers)
    assert answer.status_code == 403


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH"])
def test_other_methods_find_nothing(browser: Browser, method: str) -> None:
    assert browser.client.open("/en/notice/comment", method=method).status_code == 405


def test_its_address_asked_for_leads_to_the_notice(browser: Browser) -> None:
    assert browser.get("/th/notice/comment").location == "/th/notice#comments"


# -- Reading ---------------------------------------------------------------------------------------------------------


def test_whoever_receives_reports_reads_it_and_the_log_knows(
    browser: Browser, cast: Cast, signed_in: SignedIn, log: Log
) -> None:
    send(browser)
    page = signed_in(cast.other_lead).get("/staff/comments")
    assert page.status_code == 200
    assert WORDS in page.text
    (entry,) = log.entries(Event.COMMENT_READ)
    assert entry["actor"] == cast.other_lead.account.hex()


@pytest.mark.parametrize("name", ["lead", "unassigned"])
def test_other_investigators_are_told_who_reads_them(
    browser: Browser, cast: Cast, signed_in: SignedIn, log: Log, name: str
) -> None:
    send(browser)
    page = signed_in(getattr(cast, name)).get("/staff/comments")
    assert page.status_code == 200
    assert cast.other_lead.display_name in page.text
    assert "CANARY" not in page.text
    assert not log.entries(Event.COMMENT_READ)


@pytest.mark.parametrize("name", ["administrator", "auditor", "custodian"])
def test_other_roles_are_denied_and_the_log_is_told(cast: Cast, signed_in: SignedIn, log: Log, name: str) -> None:
    browser = signed_in(getattr(cast, name))
    assert browser.get("/staff/comments").status_code == 403
    assert browser.post("/staff/comments", {"comments": "00" * 16}).status_code == 403
    assert [entry["subject"] for entry in log.entries(Event.DENIED)] == ["decide-comments", "read-comments"]


def test_strangers_are_asked_to_sign_in(browser: Browser) -> None:
    assert "/staff/sign-in" in browser.get("/staff/comments").location


# -- Deciding --------------------------------------------------------------------------------------------------------


def chosen(page: TestResponse) -> list[str]:
    return re.findall(r'name="comments" type="checkbox" value="([0-9a-f]{32})"', page.text)


def test_what_is_taken_up_is_said_beside_the_version_that_answers_it(
    browser: Browser, cast: Cast, signed_in: SignedIn
) -> None:
    publish(cast, "first words")
    send(browser)
    lead = signed_in(cast.other_lead)
    page = lead.get("/staff/comments")
    form = {"comments": chosen(page), "do": "taken-up", "state": "waiting"}
    assert lead.post("/staff/comments", form, token=lead.token_on("/staff/comments")).status_code == 303
    assert "Comments that it takes up" not in browser.get("/en/notice").text
    publish(cast, "second words")
    assert "Comments that it takes up: 1" in browser.get("/en/notice").text
    assert "Comments read so far: 1" in browser.get("/en/notice").text


def test_nothing_ticked_and_nothing_left_are_said(browser: Browser, cast: Cast, signed_in: SignedIn) -> None:
    send(browser)
    lead = signed_in(cast.other_lead)
    page, token = lead.get("/staff/comments?lang=en"), lead.token_on("/staff/comments")
    answer = lead.post("/staff/comments", {"do": "settled"}, token=token)
    assert (answer.status_code, "Tick the comments first" in answer.text) == (400, True)
    form = {"comments": chosen(page), "do": "settled"}
    assert lead.post("/staff/comments", form, token=token).status_code == 303
    answer = lead.post("/staff/comments", form, token=token)
    assert (answer.status_code, "Somebody else was first" in answer.text) == (409, True)


def test_a_form_without_its_token_does_nothing(browser: Browser, cast: Cast, signed_in: SignedIn, log: Log) -> None:
    send(browser)
    lead = signed_in(cast.other_lead)
    page = lead.get("/staff/comments")
    assert lead.post("/staff/comments", {"comments": chosen(page), "do": "settled"}).status_code == 400
    assert not log.entries(Event.COMMENT_DECIDED)


def test_nobody_decides_what_is_not_theirs(browser: Browser, cast: Cast, signed_in: SignedIn, log: Log) -> None:
    send(browser)
    (comment,) = chosen(signed_in(cast.other_lead).get("/staff/comments"))
    lead = signed_in(cast.lead)
    answer = lead.post("/staff/comments", {"comments": comment, "do": "settled"}, token=lead.token_on("/staff/cases"))
    assert answer.status_code == 403
    assert not log.entries(Event.COMMENT_DECIDED)
