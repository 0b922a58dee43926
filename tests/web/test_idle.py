"""A session of the staff's that nobody uses: when it ends is said, it can be kept open, and what was typed is not lost."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine

from complaints import clock
from complaints.services.sessions import IDLE
from complaints.vocabulary import Event
from tests.cast import Cast, Person
from tests.web.conftest import Browser, Log

SignIn = Callable[[Person], Browser]


def test_the_hour_is_said_without_any_script(cast: Cast, signed_in: SignIn) -> None:
    assert timedelta(minutes=30) >= IDLE
    browser = signed_in(cast.auditor)
    with time_machine.travel(clock.now(), tick=False):
        ends = (clock.now() + IDLE).astimezone(clock.OPERATOR_ZONE)
        page = browser.get("/staff/account?lang=en").text
    assert f"On this page that is at {ends:%H:%M}." in page
    assert 'data-stay="/staff/stay"' in page


def test_strangers_are_told_nothing_of_sessions(browser: Browser, cast: Cast) -> None:
    assert "data-idle" not in browser.get("/staff/sign-in").text


def test_to_ask_is_to_be_in_use(cast: Cast, signed_in: SignIn) -> None:
    browser, start = signed_in(cast.auditor), clock.now()
    for minutes in (25, 50, 75):
        with time_machine.travel(start + timedelta(minutes=minutes), tick=False):
            assert browser.get("/staff/stay").status_code == 200
    with time_machine.travel(start + timedelta(minutes=106), tick=False):
        assert browser.get("/staff/stay").status_code == 303


def test_what_was_typed_is_shown_when_the_session_has_ended(cast: Cast, signed_in: SignIn, log: Log) -> None:
    browser = signed_in(cast.administrator)
    token = browser.token_on("/staff/set-up/undertaking")
    form = {"text_th": "ข้อความ ที่พิมพ์ไว้ ยาวมาก", "text_en": "Words that took an hour", "passphrase": "CANARY of mine"}
    with time_machine.travel(clock.now() + IDLE + timedelta(minutes=2), tick=False):
        answer = browser.post("/staff/set-up/undertaking?lang=en", form, token=token)
    assert answer.status_code == 403
    assert "Words that took an hour" in answer.text
    assert "ที่พิมพ์ไว้" in answer.text
    assert "CANARY" not in answer.text
    assert log.entries(Event.UNDERTAKING_PUBLISHED)[0]["subject"] == "1"
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("form", [{}, {"version": "1", "roles": "auditor"}])
def test_where_nothing_was_typed_they_sign_in(cast: Cast, browser: Browser, form: dict[str, str]) -> None:
    answer = browser.post(f"/staff/accounts/{cast.auditor.account.hex()}", form)
    assert (answer.status_code, bool(re.match("/staff/sign-in", answer.location))) == (303, True)
