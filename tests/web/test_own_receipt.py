"""The exchange of a receipt on the web: shown first, kept, then exchanged; the old one is unknown from then on."""

import re
from contextlib import AbstractContextManager

import pytest
from flask import Flask

from complaints.services import own_receipt
from complaints.services.unit import Unit, Units
from crypto import Receipt
from tests.cast import NARRATIVE, Cast, Report
from tests.web.conftest import Browser, token_in

CODE = "/en/inbox/case/code"
CASE = "/en/inbox/case"


@pytest.fixture
def report(cast: Cast) -> Report:
    return cast.report()


@pytest.fixture
def opened(browser: Browser, report: Report) -> Browser:
    browser.post("/en/inbox", {"code": report.receipt.grouped()})
    return browser


def shown(browser: Browser, report: Report) -> dict[str, str]:
    """The form that shows the new code, ready to be sent."""
    answer = browser.post(CODE, {"code": report.receipt.grouped()}, token=browser.token_on(CODE))
    assert answer.status_code == 200
    fields = dict(re.findall(r'name="(sealed|fresh)" value="([^"]+)"', answer.text))
    assert f'id="receipt">{fields["fresh"]}</strong>' in answer.text
    return fields | {"csrf_token": token_in(answer)}


def test_the_new_code_opens_and_the_old_is_unknown(opened: Browser, app: Flask, report: Report) -> None:
    form = shown(opened, report)
    answer = opened.post(f"{CODE}/exchange", {**form, "kept": "yes"})
    assert (answer.status_code, answer.location) == (303, CASE)
    page = opened.get(CASE).text
    assert NARRATIVE in page
    assert "Your code is exchanged. From now on the new one alone opens your report." in page
    assert "Your code is exchanged." not in opened.get(CASE).text
    stranger = Browser(app.test_client())
    old = stranger.post("/en/inbox", {"code": report.receipt.grouped()})
    never = stranger.post("/en/inbox", {"code": Receipt.generate().grouped()})
    assert (old.status_code, never.status_code) == (400, 400)
    assert "We know no report with this code." in old.text
    assert stranger.post("/en/inbox", {"code": form["fresh"]}).location == "/en/inbox?opened=yes"
    assert NARRATIVE in stranger.get(CASE).text


def test_until_it_is_exchanged_the_old_one_counts(opened: Browser, app: Flask, report: Report) -> None:
    form = shown(opened, report)
    stranger = Browser(app.test_client())
    assert stranger.post("/en/inbox", {"code": form["fresh"]}).status_code == 400
    assert stranger.post("/en/inbox", {"code": report.receipt.grouped()}).location == "/en/inbox?opened=yes"


def test_without_the_box_nothing_is_exchanged_and_the_code_stays(opened: Browser, report: Report) -> None:
    form = shown(opened, report)
    answer = opened.post(f"{CODE}/exchange", form)
    assert answer.status_code == 400
    assert "Tick the box once you have kept the new code." in answer.text
    assert form["fresh"] in answer.text
    assert opened.get(CASE).status_code == 200


def test_wherever_the_report_is_open_it_is_closed(opened: Browser, app: Flask, report: Report) -> None:
    """Whoever saw the old code may be in it at this moment."""
    thief = Browser(app.test_client())
    thief.post("/en/inbox", {"code": report.receipt.grouped()})
    assert thief.get(CASE).status_code == 200
    opened.post(f"{CODE}/exchange", {**shown(opened, report), "kept": "yes"})
    assert thief.get(CASE).location == "/en/inbox"


def test_sent_twice_the_second_finds_no_session(opened: Browser, report: Report, units: Units) -> None:
    form = {**shown(opened, report), "kept": "yes"}
    opened.post(f"{CODE}/exchange", form)
    assert opened.post(f"{CODE}/exchange", form).status_code == 400
    assert NARRATIVE in opened.get(CASE).text


def test_sent_twice_at_once_both_lead_on(
    opened: Browser, report: Report, units: Units, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both had a session when they came; the other post is done when this one has its turn."""
    form = {**shown(opened, report), "kept": "yes"}
    begin, key = Units.writing, report.receipt.seed().identity()

    def begin_after(self: Units) -> AbstractContextManager[Unit]:
        monkeypatch.setattr(Units, "writing", begin)
        with units.writing() as unit:
            own_receipt.exchange(unit, report.reporter, report.keys, key, Receipt.parse(form["fresh"]))
        return begin(self)

    monkeypatch.setattr(Units, "writing", begin_after)
    answer = opened.post(f"{CODE}/exchange", form)
    assert (answer.status_code, answer.location) == (303, CASE)
    assert NARRATIVE in opened.get(CASE).text


@pytest.mark.parametrize("typed", ["", "AAAA", Receipt.generate().grouped()], ids=["none", "mistyped", "unknown"])
def test_without_the_present_code_none_is_shown(opened: Browser, typed: str) -> None:
    answer = opened.post(CODE, {"code": typed}, token=opened.token_on(CODE))
    assert answer.status_code == 400
    assert 'id="receipt"' not in answer.text


def test_a_form_without_its_token_or_without_a_session_does_nothing(
    opened: Browser, app: Flask, report: Report
) -> None:
    form = {**shown(opened, report), "kept": "yes"}
    assert opened.post(f"{CODE}/exchange", form | {"csrf_token": ""}).status_code == 400
    assert Browser(app.test_client()).post(f"{CODE}/exchange", form).location == "/en/inbox"
    assert Browser(app.test_client()).get(CODE).location == "/en/inbox"
    assert (
        Browser(app.test_client()).post("/en/inbox", {"code": report.receipt.grouped()}).location
        == "/en/inbox?opened=yes"
    )
