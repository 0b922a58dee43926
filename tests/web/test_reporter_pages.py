"""What anybody can read before they report, and what none of these pages ever does."""

import re
from collections.abc import Callable

import pytest
from flask import Flask

from complaints.config import Settings
from complaints.database import Database
from tests.cast import Cast
from tests.web.conftest import Browser

PAGES = ("", "form", "notice", "cookies", "exit", "inbox")
ADDRESSES = [f"/{locale}/{page}" for locale in ("th", "en") for page in PAGES]
ADDRESSES_OF_OURS = [address for address in ADDRESSES if not address.endswith("exit")]
"""Without the page that is gone before it is read."""


def test_the_root_leads_to_thai(browser: Browser) -> None:
    answer = browser.get("/")
    assert (answer.status_code, answer.location) == (303, "/th/")


def test_a_visit_leaves_no_cookie_and_no_copy(browser: Browser) -> None:
    for address in ADDRESSES:
        answer = browser.get(address)
        assert answer.status_code == 200
        assert "Set-Cookie" not in answer.headers
        assert answer.headers["Cache-Control"] == "no-store"


def test_titles_say_nothing(browser: Browser) -> None:
    for address in ADDRESSES_OF_OURS:
        titles = re.findall(r"<title>([^<]*)</title>", browser.get(address).text)
        assert titles in (["แบบฟอร์ม"], ["Form"])


def test_nothing_is_asked_of_another_site(browser: Browser) -> None:
    for address in ADDRESSES:
        loaded = re.findall(r'(?:src|<link[^>]*href|action|formaction)="([^"]*)"', browser.get(address).text)
        assert all(target.startswith(("/", "#")) for target in loaded)


def test_every_page_has_the_way_out(browser: Browser) -> None:
    for address in ADDRESSES_OF_OURS:
        locale = address.split("/")[1]
        assert f'href="/{locale}/exit"' in browser.get(address).text


def test_the_way_out_leads_to_another_site_and_names_none_of_ours(browser: Browser, settings: Settings) -> None:
    text = browser.get("/th/exit").text
    assert 'content="0; url=https://www.google.com/"' in text
    assert settings.organisation_th not in text


def test_the_home_page_says_whom_to_call_in_danger(browser: Browser) -> None:
    assert "191" in browser.get("/th/").text


@pytest.mark.parametrize(("locale", "name"), [("th", "องค์กรตัวอย่าง"), ("en", "Example Organisation")])
def test_the_notice_names_who_runs_this(browser: Browser, locale: str, name: str) -> None:
    main = browser.get(f"/{locale}/notice").text.partition("<main")[2]
    assert name in main


def test_the_notice_goes_through_every_clause(browser: Browser) -> None:
    text = browser.get("/en/notice").text
    for clause in (
        "1.1",
        "1.2",
        "1.3",
        "1.4",
        "2.1",
        "2.5",
        "2.6",
        "3.1",
        "3.2",
        "3.3",
        "3.4",
        "4",
        "5",
        "6.1",
        "6.2",
        "7.1",
        "7.2",
    ):
        assert re.search(rf"[ ,–]{re.escape(clause)}[ ,<]", text), clause


def test_the_cookie_page_names_the_only_cookie(browser: Browser) -> None:
    assert "__Host-inbox" in browser.get("/th/cookies").text


def test_the_form_names_who_receives_and_nobody_else(browser: Browser, cast: Cast) -> None:
    text = browser.get("/en/form").text
    for receives in (cast.lead, cast.triage, cast.other_lead):
        assert receives.display_name in text
    may_later = ", ".join(
        sorted(person.display_name for person in (cast.investigator, cast.second_investigator, cast.unassigned))
    )
    assert f"Later, a lead may give the case to: {may_later}." in text
    for does_not in (cast.administrator, cast.auditor, cast.custodian):
        assert does_not.display_name not in text


def test_addresses_that_only_come_as_an_answer_lead_to_the_form(browser: Browser) -> None:
    for step in ("change", "check", "send"):
        answer = browser.get(f"/en/form/{step}")
        assert (answer.status_code, answer.location) == (303, "/en/form")


@pytest.fixture
def empty_app(settings: Settings, new_app: Callable[[Settings], Flask], database: Database) -> Flask:
    """An installation that has no channel yet."""
    return new_app(settings)


@pytest.mark.parametrize(
    "ask",
    [
        lambda browser: browser.get("/en/form"),
        lambda browser: browser.post("/en/form/check", {"narrative": "x"}),
        lambda browser: browser.post("/en/form/change", {"narrative": "x"}),
    ],
    ids=["form", "check", "change"],
)
def test_without_anybody_to_receive_it_the_page_names_others(
    empty_app: Flask, ask: Callable[[Browser], object]
) -> None:
    answer = ask(Browser(empty_app.test_client()))
    assert answer.status_code == 503  # type: ignore[attr-defined]
    assert "1205" in answer.text  # type: ignore[attr-defined]


@pytest.mark.parametrize("language", ["th", "en"])
def test_the_home_page_invites_nobody_whom_nobody_could_hear(empty_app: Flask, language: str) -> None:
    page = Browser(empty_app.test_client()).get(f"/{language}/").text
    assert f'href="/{language}/form"' not in page
    assert "1205" in page
    assert f'href="/{language}/inbox"' in page


def test_the_home_page_invites_whoever_can_be_heard(browser: Browser) -> None:
    page = browser.get("/en/").text
    assert 'href="/en/form"' in page
    assert "1205" not in page


@pytest.mark.parametrize("language", ["th", "en"])
@pytest.mark.parametrize("path", ["nothing-here", "form/nothing", "notice/999", "inbox/nothing"])
def test_a_page_that_is_not_there_has_the_way_out_the_way_home_and_the_other_language(
    browser: Browser, language: str, path: str
) -> None:
    answer = browser.get(f"/{language}/{path}")
    assert answer.status_code == 404
    other = "en" if language == "th" else "th"
    way_out = f"/{language}/inbox/exit" if path.startswith("inbox") else f"/{language}/exit"
    assert f'href="{way_out}' in answer.text
    assert f'href="/{language}/"' in answer.text
    assert f'href="/{other}/" lang="{other}"' in answer.text
    assert "Set-Cookie" not in answer.headers


def test_so_has_one_outside_both_languages(browser: Browser) -> None:
    answer = browser.get("/nothing-here")
    assert answer.status_code == 404
    assert 'href="/th/exit"' in answer.text
