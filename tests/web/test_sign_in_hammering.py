"""Somebody who knows a sign-in name and tries passphrases on and on: whom they keep waiting, and whom never."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from complaints import clock
from complaints.models import SignInBackoff
from complaints.services import accounts, backoff, second_factors
from complaints.services.accounts import Credential
from complaints.services.unit import Units
from complaints.vocabulary import Event
from crypto import AccountSeed, SecretKey, SessionToken
from tests.cast import Cast, Person
from tests.web.conftest import Browser, Log

SIGN_IN, GIVE = "/staff/sign-in", "/staff/sign-in/second-factor"
DEVICE = "__Secure-device"
NOON = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)
MINUTES = 20
TRIES = 8
"""Of the stranger's, each minute."""
NewBrowser = Callable[..., Browser]


@contextmanager
def at(minute: float) -> Iterator[None]:
    with time_machine.travel(NOON + timedelta(minutes=minute), tick=False):
        yield


@pytest.fixture(autouse=True)
def _no_argon2(monkeypatch: pytest.MonkeyPatch, cast: Cast) -> None:
    """Unlocks by looking the passphrase up."""
    known = {(someone.new.locked, someone.passphrase): someone.new.seed for someone in cast.staff}

    def open_credential(credential: Credential, passphrase: str, _pepper: bytes) -> AccountSeed | None:
        return known.get((credential.locked, passphrase))

    monkeypatch.setattr(accounts, "open_credential", open_credential)


@pytest.fixture
def device_of(units: Units) -> Callable[[Person], SessionToken]:
    """A browser that somebody has signed in from with both factors."""

    def remember(person: Person) -> SessionToken:
        with at(0), units.writing() as unit:
            return backoff.remember_device(unit, person.account)

    return remember


@pytest.fixture
def new_browser(app: Flask) -> NewBrowser:
    """One that has never been here; or with the cookie of a device, whatever it is worth."""

    def make(device: SessionToken | str | None = None) -> Browser:
        browser = Browser(app.test_client())
        if device is not None:
            text = device if isinstance(device, str) else device.text()
            browser.client.set_cookie(DEVICE, text, domain="report.example.org", path=SIGN_IN, secure=True)
        return browser

    return make


def attempt(browser: Browser, person: Person, passphrase: str | None = None, code: str = "") -> TestResponse:
    form = {"name": person.name, "passphrase": person.passphrase if passphrase is None else passphrase}
    return browser.post(SIGN_IN, form | ({"code": code} if code else {}))


def status(browser: Browser, person: Person, passphrase: str | None = None, code: str = "") -> int:
    return attempt(browser, person, passphrase, code).status_code


def hammer(browser: Browser, person: Person) -> None:
    for number in range(TRIES):
        assert status(browser, person, f"wrong {number}") == 403


def test_the_owner_at_a_known_device_signs_in_at_once_at_any_minute_of_it(
    cast: Cast, new_browser: NewBrowser, device_of: Callable[[Person], SessionToken]
) -> None:
    device, stranger = device_of(cast.lead), new_browser()
    for minute in range(MINUTES):
        with at(minute):
            hammer(stranger, cast.lead)
            assert status(new_browser(device), cast.lead) == 303
            assert status(stranger, cast.lead) == 403  # for the stranger it makes no difference


def test_mistakes_at_the_known_device_are_its_own(
    cast: Cast, new_browser: NewBrowser, device_of: Callable[[Person], SessionToken]
) -> None:
    """Whoever mistypes while they are hammered at has as many tries as on any other day."""
    device, stranger = device_of(cast.lead), new_browser()
    with at(0):
        hammer(stranger, cast.lead)
        for _ in range(backoff.FREE_FAILURES):
            assert status(new_browser(device), cast.lead, "mistyped") == 403
        assert status(new_browser(device), cast.lead) == 303


def test_nobody_elses_sign_in_waits_for_it(cast: Cast, new_browser: NewBrowser) -> None:
    with at(0):
        hammer(new_browser(), cast.lead)
        for person in (cast.investigator, cast.administrator, cast.auditor):
            assert status(new_browser(), person) == 303


def test_an_open_session_goes_on_and_its_passphrase_is_taken(
    cast: Cast, units: Units, new_browser: NewBrowser, signed_in: Callable[[Person], Browser]
) -> None:
    with at(0):
        browser = signed_in(cast.lead)
        hammer(new_browser(), cast.lead)
        assert browser.get("/staff/cases").status_code == 200
        with units.reading() as unit:
            assert not backoff.is_waiting(unit, cast.lead.account)


FORGED = {
    "drawn by the stranger": SessionToken.generate().text(),
    "of the right length": "A" * 43,
    "of no length": "",
    "of any length": "A" * 3_000,
    "no token": "known=1; admin",
}


@pytest.mark.parametrize("cookie", FORGED.values(), ids=FORGED.keys())
def test_a_forged_device_is_a_strangers(cast: Cast, units: Units, new_browser: NewBrowser, cookie: str) -> None:
    """It waits with all other strangers, and buys no second row of tries."""
    with at(0):
        hammer(new_browser(), cast.lead)
        assert status(new_browser(cookie), cast.lead) == 403
        hammer(new_browser(cookie), cast.triage)
        assert status(new_browser(), cast.triage) == 403
        with units.reading() as unit:
            assert unit.session.scalar(select(func.count()).select_from(SignInBackoff)) == 2


def test_a_new_forged_device_for_every_try_gives_no_more_tries(cast: Cast, log: Log, new_browser: NewBrowser) -> None:
    with at(0):
        for _ in range(3 * TRIES):
            assert status(new_browser(SessionToken.generate()), cast.lead, "wrong") == 403
        assert len(log.entries(Event.SIGN_IN_FAILED)) == backoff.FREE_FAILURES + 1


def test_somebody_elses_known_device_is_a_strangers(
    cast: Cast, new_browser: NewBrowser, device_of: Callable[[Person], SessionToken]
) -> None:
    """A colleague's browser, or its stolen cookie, waits with all others when it tries another's name; and keeps its owner out of nothing."""
    colleague = device_of(cast.investigator)
    with at(0):
        hammer(new_browser(colleague), cast.lead)
        assert status(new_browser(), cast.lead) == 403
        assert status(new_browser(colleague), cast.lead) == 403
        assert status(new_browser(colleague), cast.investigator) == 303


def test_what_the_log_keeps_of_it_is_bounded(cast: Cast, log: Log, new_browser: NewBrowser) -> None:
    """A try while it waits is not entered: an hour of hammering is some twenty lines."""
    stranger = new_browser()
    for minute in range(60):
        with at(minute):
            hammer(stranger, cast.lead)
    assert len(log.entries(Event.SIGN_IN_FAILED)) <= 20


# -- On a new device -------------------------------------------------------------------------------------------------


@pytest.fixture
def paper(units: Units, cast: Cast) -> tuple[str, ...]:
    """The lead's codes on paper."""
    with at(0), units.writing() as unit:
        return second_factors.draw_paper(unit, cast.lead.actor)


def test_without_a_code_the_owner_waits_as_strangers_do_is_told_so_and_is_in_when_they_pause(
    cast: Cast, new_browser: NewBrowser
) -> None:
    stranger = new_browser()
    for minute in range(MINUTES):
        with at(minute):
            hammer(stranger, cast.lead)
    with at(MINUTES):
        hammer(stranger, cast.lead)
        answer = attempt(new_browser(), cast.lead)
        assert answer.status_code == 403
        assert "หากผิดหลายครั้ง ต้องรอสักครู่" in answer.text
        assert 'name="code"' in answer.text
    with at(MINUTES + backoff.LONGEST_WAIT / timedelta(minutes=1)):
        assert status(new_browser(), cast.lead) == 303


def test_with_a_code_on_paper_the_owner_is_in_at_once_at_any_minute_of_it(
    cast: Cast, new_browser: NewBrowser, paper: tuple[str, ...]
) -> None:
    stranger = new_browser()
    for minute in range(MINUTES):
        with at(minute):
            hammer(stranger, cast.lead)
            assert status(new_browser(), cast.lead) == 403
            assert status(new_browser(), cast.lead, code=paper[0].lower()) == 303  # the same: it is not used up


@pytest.mark.parametrize("which", ["another's", "used up", "made up", "of an authenticator", "empty"])
def test_what_is_no_code_of_theirs_is_a_strangers(
    cast: Cast, units: Units, new_browser: NewBrowser, paper: tuple[str, ...], which: str
) -> None:
    with at(0):
        with units.writing() as unit:
            anothers = second_factors.draw_paper(unit, cast.triage.actor)[0]
            assert second_factors.give_code(unit, cast.lead.actor, cast.lead.keys.work, paper[1])
        code = {
            "another's": anothers,
            "used up": paper[1],
            "made up": "0000-0000-0000-0000",
            "of an authenticator": "123456",
            "empty": " ",
        }[which]
        hammer(new_browser(), cast.lead)
        assert status(new_browser(), cast.lead, code=code) == 403


def test_a_code_without_the_passphrase_opens_nothing_and_has_its_own_few_tries(
    cast: Cast, log: Log, new_browser: NewBrowser, paper: tuple[str, ...]
) -> None:
    """Whoever finds the paper keeps nobody waiting but those who come with that very code."""
    with at(0):
        thief = new_browser()
        for number in range(3 * TRIES):
            assert status(thief, cast.lead, f"wrong {number}", paper[0]) == 403
        assert len(log.entries(Event.SIGN_IN_FAILED)) == backoff.FREE_FAILURES + 1
        assert status(new_browser(), cast.lead, code=paper[0]) == 403
        assert status(new_browser(), cast.lead, code=paper[1]) == 303
        assert status(new_browser(), cast.lead) == 303


def test_a_code_is_not_sent_back(cast: Cast, new_browser: NewBrowser, paper: tuple[str, ...]) -> None:
    with at(0):
        for form in ({"passphrase": "wrong"}, {"passphrase": ""}):
            answer = attempt(new_browser(), cast.lead, **form, code=paper[0])
            assert answer.status_code in {400, 403}
            assert 'name="code"' in answer.text
            assert paper[0] not in answer.text


def test_the_second_step_counts_where_the_first_did(cast: Cast, units: Units, new_browser: NewBrowser) -> None:
    """Whoever stole the passphrase as well, and hammers the second factor, keeps the owner with their paper from nothing."""
    lead, key = cast.lead, SecretKey.generate()
    with at(0), units.writing() as unit:
        code = pyotp.TOTP(second_factors.secret_text(key)).at(clock.now())
        paper = second_factors.add_authenticator(unit, lead.actor, key, "telephone", code)
    with at(1):
        thief, owner, late = new_browser(), new_browser(), new_browser()
        assert [status(browser, lead) for browser in (thief, late)] == [303, 303]
        token = thief.token_on(GIVE)
        for number in range(TRIES):
            assert thief.post(GIVE, {"code": f"{number:06}"}, token=token).status_code == 403
        assert status(owner, lead, code=paper[0]) == 303
        right = {"code": pyotp.TOTP(second_factors.secret_text(key)).at(clock.now())}
        assert late.post(GIVE, right, token=late.token_on(GIVE)).status_code == 403
        assert owner.post(GIVE, right, token=owner.token_on(GIVE)).status_code == 303
