"""Somebody is signed out, for a reason, while a form of theirs is on its way and its passphrase is tried: nothing of it is done."""

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from io import BytesIO
from typing import Any

import pyotp
import pytest
import time_machine

from complaints import clock
from complaints.services import accounts, second_factors, sessions, suspension
from complaints.services.unit import Unit, Units
from complaints.vocabulary import Event, Role
from complaints.web import guard
from tests.cast import Cast, Person
from tests.web.conftest import Browser, Log
from tests.web.test_casework_reply import received
from tests.web.test_second_factor import APP, PAPER, add, secret_on

PASSPHRASE, CODE = "/staff/account/passphrase", "/staff/account/recovery-code"
MINE, THIEFS = "tricolor upbeat canister moonlit gravel spiny", "unfasten gloomy saddlebag trifle moonrise cobalt"
SignIn = Callable[[Person], Browser]
Rival = Callable[[Unit, Cast], object]


@pytest.fixture(autouse=True)
def _one_moment() -> Iterator[None]:
    with time_machine.travel(clock.now() + timedelta(seconds=10), tick=False):
        yield


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch, units: Units, cast: Cast) -> Callable[[Rival], None]:
    """Has this committed after the next form was prepared, before anything of it is done."""
    run = guard._run

    def set_up(rival: Rival) -> None:
        def first(*args: Any) -> Any:
            monkeypatch.setattr(guard, "_run", run)
            with units.writing() as unit:
                rival(unit, cast)
            return run(*args)

        monkeypatch.setattr(guard, "_run", first)

    return set_up


def recovered(unit: Unit, cast: Cast) -> None:
    person = cast.investigator
    locked = accounts.lock(person.new.seed, MINE, unit.secrets.pepper, person.account)
    accounts.change_lock(unit, person.actor, locked, Event.RECOVERED)
    sessions.end_all(unit, person.account)


def suspended(unit: Unit, cast: Cast) -> None:
    line = accounts.read_account(unit, cast.investigator.account)
    suspension.suspend(unit, cast.administrator.actor, line.id, line.version)


def without_a_role(unit: Unit, cast: Cast) -> None:
    line = accounts.read_account(unit, cast.investigator.account)
    accounts.change_roles(unit, cast.administrator.actor, line.id, frozenset({Role.AUDITOR}), line.version)


def without_factors(unit: Unit, cast: Cast) -> None:
    second_factors.take_all(unit, cast.administrator.actor, cast.investigator.account)


RIVALS = [recovered, suspended, without_a_role, without_factors]


def _passphrase(browser: Browser, own: str) -> tuple[str, Mapping[str, str]]:
    return PASSPHRASE, {"passphrase": own, "chosen": THIEFS, "repeated": THIEFS}


def _code(browser: Browser, own: str) -> tuple[str, Mapping[str, str]]:
    return CODE, {"passphrase": own}


def _authenticator(browser: Browser, own: str) -> tuple[str, Mapping[str, str]]:
    shown = pyotp.TOTP(secret_on(browser)).at(clock.now())
    return APP, {"label": "telephone", "code": shown, "passphrase": own}


FORMS = {
    Event.PASSPHRASE_CHANGED: _passphrase,
    Event.RECOVERY_PREPARED: _code,
    Event.FACTOR_ADDED: _authenticator,
}


@pytest.mark.parametrize("rival", RIVALS)
@pytest.mark.parametrize("event", FORMS)
def test_nothing_is_done(
    cast: Cast,
    signed_in: SignIn,
    units: Units,
    log: Log,
    meanwhile: Callable[[Rival], None],
    event: Event,
    rival: Rival,
) -> None:
    browser = signed_in(cast.investigator)
    address, form = FORMS[event](browser, cast.investigator.passphrase)
    token, before = browser.token_on(address), log.entries(event)
    meanwhile(rival)
    answer = browser.post(address, form, token=token)
    assert (answer.status_code, answer.location) == (303, "/staff/sign-in")
    assert log.entries(event) == before
    with units.reading() as unit:
        assert second_factors.of_account(unit, cast.investigator.actor) == ()
        credential, pepper = accounts.find_credential(unit, cast.investigator.name), unit.secrets.pepper
    assert accounts.open_credential(credential, THIEFS, pepper) is None
    right = MINE if rival is recovered else cast.investigator.passphrase
    assert accounts.open_credential(credential, right, pepper) is not None


def test_no_codes_are_drawn_once_the_factors_are_taken(
    cast: Cast, signed_in: SignIn, units: Units, log: Log, meanwhile: Callable[[Rival], None]
) -> None:
    browser = signed_in(cast.investigator)
    add(browser, cast.investigator.passphrase)
    token, before = browser.token_on(PAPER), log.entries(Event.FACTOR_ADDED)
    meanwhile(without_factors)
    answer = browser.post(PAPER, {"passphrase": cast.investigator.passphrase}, token=token)
    assert (answer.status_code, answer.location) == (303, "/staff/sign-in")
    assert log.entries(Event.FACTOR_ADDED) == before
    with units.reading() as unit:
        assert second_factors.count_paper(unit, cast.investigator.actor) == 0


@pytest.mark.parametrize("event", FORMS)
def test_the_same_form_does_it_otherwise(cast: Cast, signed_in: SignIn, log: Log, event: Event) -> None:
    browser = signed_in(cast.investigator)
    address, form = FORMS[event](browser, cast.investigator.passphrase)
    before = log.entries(event)
    assert browser.post(address, form, token=browser.token_on(address)).status_code in {200, 303}
    assert len(log.entries(event)) > len(before)


def test_words_on_their_way_come_back(cast: Cast, signed_in: SignIn, meanwhile: Callable[[Rival], None]) -> None:
    report = cast.report()
    browser = signed_in(cast.lead)
    address = f"/staff/cases/{report.case.hex()}"
    form = {"text": "An answer that took an hour", "files": [(BytesIO(b"words"), "note.txt", "text/plain")]}
    token = browser.token_on(address)
    meanwhile(lambda unit, cast: sessions.end_all(unit, cast.lead.account))
    answer = browser.post(f"{address}/messages", form, token=token, content_type="multipart/form-data")
    assert answer.status_code == 403
    assert "An answer that took an hour" in answer.text
    assert received(cast, report) == []


def test_whoever_ends_their_own_session_is_done_with_what_they_began(cast: Cast, units: Units) -> None:
    """An administrator who gives up their role, for one, is signed out by the act itself."""
    person = cast.investigator
    with units.writing() as unit:
        token = sessions.begin(unit, person.actor, person.keys)
    with units.writing() as unit:
        opened = sessions.find(unit, token, unit.now)
        assert opened is not None
        sessions.require_to_the_end(unit, opened)
        sessions.end_all(unit, person.account)
    with units.writing() as unit:
        sessions.require_to_the_end(unit, opened)
        with pytest.raises(sessions.Ended):
            sessions.end_all(unit, person.account)


def test_what_ends_it_during_the_unit_undoes_the_unit(cast: Cast, units: Units, log: Log) -> None:
    if units.database.engine.dialect.name == "sqlite":
        pytest.skip("SQLite has one writer at a time: nobody ends anything during a unit (make postgresql)")
    person = cast.investigator
    with units.writing() as unit:
        opened = sessions.find(unit, sessions.begin(unit, person.actor, person.keys), unit.now)
    assert opened is not None

    def both() -> None:
        with units.writing() as unit:
            sessions.require_to_the_end(unit, opened)
            second_factors.draw_paper(unit, person.actor)
            with units.writing() as rival:
                sessions.end_all(rival, person.account)

    with pytest.raises(sessions.Ended):
        both()
    with units.reading() as unit:
        assert second_factors.count_paper(unit, person.actor) == 0
    assert log.entries(Event.FACTOR_ADDED) == []
