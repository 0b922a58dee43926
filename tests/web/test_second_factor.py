"""Second factors: nothing before they are given, no code twice, and whoever has none opens no case."""

import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from html import unescape
from urllib.parse import urlencode

import pyotp
import pytest
import time_machine
from flask import Flask
from sqlalchemy import select, text
from werkzeug.test import TestResponse

from complaints import clock
from complaints.errors import Refused
from complaints.models import SecondFactor
from complaints.services import backoff, reauthentication, second_factors, sessions, vouching
from complaints.services.unit import Units
from complaints.vocabulary import Assurance, Event
from crypto import SecretKey
from tests.cast import Cast, Person
from tests.web.conftest import Browser, Log

OVERVIEW, GIVE = "/staff/account/second-factors", "/staff/sign-in/second-factor"
APP, PAPER = f"{OVERVIEW}/authenticator", f"{OVERVIEW}/paper"
CASES = "/staff/cases"
SignIn = Callable[[Person], Browser]


@pytest.fixture(autouse=True)
def _one_moment() -> Iterator[None]:
    """Ten seconds into a step, which does not pass: a code is of the step that its test means."""
    with time_machine.travel(clock.now() + timedelta(seconds=10), tick=False):
        yield


@pytest.fixture
def key() -> SecretKey:
    return SecretKey.generate()


@pytest.fixture
def paper(units: Units, cast: Cast, key: SecretKey) -> tuple[str, ...]:
    """The investigator has an authenticator with `key`, added two steps ago; these are the codes on paper."""
    earlier = clock.now() - timedelta(seconds=2 * second_factors.STEP)
    with time_machine.travel(earlier, tick=False), units.writing() as unit:
        code = code_at(key, earlier)
        return second_factors.add_authenticator(unit, cast.investigator.actor, key, "telephone", code)


def code_at(key: SecretKey, moment: datetime) -> str:
    return pyotp.TOTP(second_factors.secret_text(key)).at(moment)


def test_whoever_lost_the_device_is_told_the_way(pending: Browser) -> None:
    assert "two people remove the second factor from your account" in " ".join(
        pending.get(f"{GIVE}?lang=en").text.split()
    )


@pytest.fixture
def pending(browser: Browser, units: Units, cast: Cast) -> Browser:
    """The investigator gave the passphrase and nothing else."""
    with units.writing() as unit:
        person = cast.investigator
        browser.give_cookie("__Host-staff", sessions.begin(unit, person.actor, person.keys, Assurance.AWAITED))
    return browser


def give(browser: Browser, code: str) -> TestResponse:
    return browser.post(GIVE, {"code": code}, token=browser.token_on(GIVE))


def opens_cases(browser: Browser) -> bool:
    return browser.get(CASES).status_code == 200


def test_before_it_is_given_nothing_opens(
    paper: tuple[str, ...], pending: Browser, cast: Cast, log: Log, units: Units
) -> None:
    report = cast.report()
    for path in (CASES, f"{CASES}/{report.case.hex()}", f"{CASES}/{report.case.hex()}/identity", OVERVIEW, "/staff/"):
        answer = pending.get(path)
        assert (answer.status_code, answer.location.partition("?")[0]) == (303, GIVE), path
    assert log.entries(Event.CASE_OPENED) == []


def test_the_right_code_opens_under_a_new_cookie(
    paper: tuple[str, ...], pending: Browser, key: SecretKey, log: Log
) -> None:
    before = pending.cookie("__Host-staff")
    answer = pending.post(
        f"{GIVE}?next=/staff/requests", {"code": code_at(key, clock.now())}, token=pending.token_on(GIVE)
    )
    assert (answer.status_code, answer.location) == (303, "/staff/requests")
    assert opens_cases(pending)
    assert pending.cookie("__Host-staff") != before
    assert [entry["reason"] for entry in log.entries(Event.FACTOR_GIVEN)] == ["authenticator"]
    pending.give_cookie("__Host-staff", str(before))
    assert not opens_cases(pending)


def test_a_code_is_taken_once(
    paper: tuple[str, ...], pending: Browser, key: SecretKey, units: Units, cast: Cast
) -> None:
    code = code_at(key, clock.now())
    assert give(pending, code).status_code == 303
    with units.writing() as unit:
        person = cast.investigator
        pending.give_cookie("__Host-staff", sessions.begin(unit, person.actor, person.keys, Assurance.AWAITED))
    assert give(pending, code).status_code == 403
    assert not opens_cases(pending)


@pytest.mark.parametrize("late", [-3, -2, 2, 3])
def test_a_code_of_another_time_is_refused(
    paper: tuple[str, ...], pending: Browser, key: SecretKey, late: int, log: Log
) -> None:
    code = code_at(key, clock.now() + timedelta(seconds=late * second_factors.STEP))
    assert give(pending, code).status_code == 403
    assert not opens_cases(pending)
    assert len(log.entries(Event.FACTOR_REFUSED)) == 1


def test_wrong_codes_make_no_open_session_wait_and_flood_no_log(
    paper: tuple[str, ...], pending: Browser, cast: Cast, units: Units, log: Log
) -> None:
    for _ in range(backoff.FREE_FAILURES + 8):
        assert give(pending, "000000").status_code == 403
    assert len(log.entries(Event.FACTOR_REFUSED)) == backoff.FREE_FAILURES + 1
    with units.reading() as unit:
        assert second_factors.has_to_wait(unit, cast.investigator.actor, backoff.STRANGERS)
        assert not backoff.is_waiting(unit, cast.investigator.account)
        assert reauthentication.locked_seed(unit, cast.investigator.actor)


@pytest.mark.parametrize("off", [-25, 25])
@pytest.mark.parametrize("second", [0, 29, 30, 59])
def test_a_clock_may_be_a_little_off_at_any_second_of_the_minute(
    paper: tuple[str, ...], pending: Browser, key: SecretKey, second: int, off: int
) -> None:
    moment = clock.now() + timedelta(minutes=2, seconds=second)
    with time_machine.travel(moment, tick=False):
        assert give(pending, code_at(key, moment + timedelta(seconds=off))).status_code == 303
        assert opens_cases(pending)


@pytest.mark.parametrize("code", ["", "000000", "12345", "๑๒๓๔๕๖", "x" * 500])
def test_no_code_is_refused(paper: tuple[str, ...], pending: Browser, code: str) -> None:
    assert give(pending, code).status_code == 403
    assert not opens_cases(pending)


def test_after_several_mistakes_even_the_right_code_waits(
    paper: tuple[str, ...], pending: Browser, key: SecretKey
) -> None:
    for _ in range(backoff.FREE_FAILURES + 1):
        assert give(pending, "000000").status_code == 403
    assert give(pending, code_at(key, clock.now())).status_code == 403
    with time_machine.travel(clock.now() + backoff.LONGEST_WAIT + timedelta(seconds=1), tick=False):
        assert give(pending, code_at(key, clock.now())).status_code == 303


def test_a_code_on_paper_is_good_once(paper: tuple[str, ...], pending: Browser, units: Units, cast: Cast) -> None:
    assert len(set(paper)) == 10
    assert give(pending, paper[3].lower().replace("-", " ")).status_code == 303
    with units.writing() as unit:
        person = cast.investigator
        pending.give_cookie("__Host-staff", sessions.begin(unit, person.actor, person.keys, Assurance.AWAITED))
        assert second_factors.count_paper(unit, person.actor) == 9
    assert give(pending, paper[3]).status_code == 403


def test_anothers_code_opens_nothing(units: Units, cast: Cast, pending: Browser, paper: tuple[str, ...]) -> None:
    theirs = SecretKey.generate()
    earlier = clock.now() - timedelta(seconds=2 * second_factors.STEP)
    with time_machine.travel(earlier, tick=False), units.writing() as unit:
        codes = second_factors.add_authenticator(unit, cast.lead.actor, theirs, "", code_at(theirs, earlier))
    assert give(pending, code_at(theirs, clock.now())).status_code == 403
    assert give(pending, codes[0]).status_code == 403


def test_a_secret_moved_to_another_account_does_not_open(
    units: Units, cast: Cast, paper: tuple[str, ...], key: SecretKey
) -> None:
    """Nor by somebody who can also give it the server's word."""
    with units.writing() as unit:
        for row in unit.session.scalars(select(SecondFactor)):
            row.account_id = cast.lead.account
    with units.writing() as unit:
        assert not second_factors.give_code(unit, cast.lead.actor, cast.lead.keys.work, code_at(key, unit.now))
        for row in unit.session.scalars(select(SecondFactor)):
            row.vouched = vouching.for_factor(unit.secrets, row)
    with units.writing() as unit, pytest.raises(Refused):
        second_factors.give_code(unit, cast.lead.actor, cast.lead.keys.work, code_at(key, unit.now))


def test_the_secret_is_nowhere_in_clear(units: Units, paper: tuple[str, ...], key: SecretKey) -> None:
    with units.reading() as unit:
        rows = unit.session.connection().execute(text("SELECT * FROM second_factor")).all()
    values = [value for row in rows for value in row if isinstance(value, bytes)]
    assert values
    assert not any(key.export()[:20] in value for value in values)
    assert not any(code.replace("-", "").encode() in value for code in paper for value in values)


# -- At signing in ---------------------------------------------------------------------------------------------------


def test_the_passphrase_alone_leads_to_the_second_factor(paper: tuple[str, ...], browser: Browser, cast: Cast) -> None:
    form = {"name": cast.investigator.name, "passphrase": cast.investigator.passphrase}
    assert browser.post("/staff/sign-in", form).status_code == 303
    assert browser.get(CASES).location.startswith(GIVE)


def test_whoever_has_none_is_led_to_add_one(browser: Browser, cast: Cast) -> None:
    browser.post("/staff/sign-in", {"name": cast.investigator.name, "passphrase": cast.investigator.passphrase})
    assert browser.get(CASES).location.startswith(OVERVIEW)
    assert browser.get(OVERVIEW).status_code == 200


def test_a_session_that_says_nothing_of_it_waits(browser: Browser, units: Units, cast: Cast) -> None:
    with units.writing() as unit:
        token = sessions.begin(unit, cast.investigator.actor, cast.investigator.keys)
        opened = sessions.find(unit, token, unit.now)
        assert opened is not None
        sessions.save(unit, opened, {"csrf_token": "x"})
    browser.give_cookie("__Host-staff", token)
    assert browser.get(CASES).location.startswith(GIVE)


# -- Adding and removing ---------------------------------------------------------------------------------------------


def secret_on(browser: Browser) -> str:
    found = re.search(r'id="secret">([A-Z2-7 ]+)<', browser.get(APP).text)
    assert found
    return found[1].replace(" ", "")


def add(browser: Browser, passphrase: str, code: str | None = None, onward: str = "") -> TestResponse:
    shown = pyotp.TOTP(secret_on(browser)).at(clock.now()) if code is None else code
    form = {"label": "my telephone", "code": shown, "passphrase": passphrase}
    return browser.post(f"{APP}?{onward}", form, token=browser.token_on(APP))


def test_adding_the_first_gives_codes_on_paper_and_opens_cases(browser: Browser, cast: Cast, log: Log) -> None:
    person = cast.investigator
    browser.post("/staff/sign-in", {"name": person.name, "passphrase": person.passphrase})
    answer = add(browser, person.passphrase)
    assert answer.status_code == 200
    assert len(re.findall(r'class="code">[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}<', answer.text)) == 10
    assert opens_cases(browser)
    assert "my telephone" in browser.get(OVERVIEW).text
    assert [entry["reason"] for entry in log.entries(Event.FACTOR_ADDED)] == ["paper", "authenticator"]


def test_whoever_was_on_their_way_goes_on_once_the_codes_are_kept(browser: Browser, cast: Cast) -> None:
    person = cast.lead
    browser.post("/staff/sign-in", {"name": person.name, "passphrase": person.passphrase})
    led = browser.get(f"{CASES}?view=all").location
    assert led.startswith(f"{OVERVIEW}?next=")
    onward = led.partition("?")[2]
    assert f'href="{APP}?{onward}"' in unescape(browser.get(led).text)
    assert f'action="{APP}?{onward}"' in unescape(browser.get(f"{APP}?{onward}").text)
    assert f'href="{CASES}?view=all"' in add(browser, person.passphrase, onward=onward).text
    again = add(browser, person.passphrase, onward=onward)
    assert (again.status_code, again.location) == (303, f"{CASES}?view=all")


@pytest.mark.parametrize("elsewhere", ["https://example.org/staff/cases", "//example.org", "/th/inbox", "x"])
def test_nobody_is_led_out_of_our_own_staff_pages(browser: Browser, cast: Cast, elsewhere: str) -> None:
    browser.post("/staff/sign-in", {"name": cast.lead.name, "passphrase": cast.lead.passphrase})
    page = add(browser, cast.lead.passphrase, onward=urlencode({"next": elsewhere})).text
    assert 'href="/staff/" role="button"' in page


def test_it_signs_out_everywhere_else(cast: Cast, signed_in: SignIn) -> None:
    here, elsewhere = signed_in(cast.investigator), signed_in(cast.investigator)
    assert add(here, cast.investigator.passphrase).status_code == 200
    assert opens_cases(here)
    assert elsewhere.get(CASES).location.startswith("/staff/sign-in")


@pytest.mark.parametrize(("passphrase", "code"), [("wrong", None), ("", None), (None, "000000"), (None, "")])
def test_without_passphrase_or_code_nothing_is_added(
    cast: Cast, signed_in: SignIn, log: Log, passphrase: str | None, code: str | None
) -> None:
    browser = signed_in(cast.investigator)
    answer = add(browser, cast.investigator.passphrase if passphrase is None else passphrase, code)
    assert answer.status_code == 400
    assert log.entries(Event.FACTOR_ADDED) == []


def test_the_page_shows_the_same_secret_until_it_is_added(cast: Cast, signed_in: SignIn) -> None:
    browser = signed_in(cast.investigator)
    first = secret_on(browser)
    assert secret_on(browser) == first
    add(browser, cast.investigator.passphrase)
    assert secret_on(browser) != first


def test_with_the_last_one_gone_no_case_opens(cast: Cast, signed_in: SignIn, units: Units) -> None:
    browser = signed_in(cast.investigator)
    add(browser, cast.investigator.passphrase)
    (address,) = re.findall(rf'href="({OVERVIEW}/[0-9a-f]{{32}}/remove)"', browser.get(OVERVIEW).text)
    token = browser.token_on(address)
    assert browser.post(address, {"passphrase": "wrong"}, token=token).status_code == 400
    assert browser.post(address, {"passphrase": cast.investigator.passphrase}, token=token).status_code == 303
    assert not opens_cases(browser)
    with units.reading() as unit:
        assert second_factors.count_paper(unit, cast.investigator.actor) == 0


def test_anothers_factor_is_not_removed(paper: tuple[str, ...], cast: Cast, signed_in: SignIn, units: Units) -> None:
    with units.reading() as unit:
        (line,) = second_factors.of_account(unit, cast.investigator.actor)
    browser, address = signed_in(cast.lead), f"{OVERVIEW}/{line.id.hex()}/remove"
    form = {"passphrase": cast.lead.passphrase}
    assert browser.post(address, form, token=browser.token_on(address)).status_code == 404


def test_new_paper_takes_the_place_of_the_old(
    paper: tuple[str, ...], pending: Browser, cast: Cast, signed_in: SignIn
) -> None:
    browser = signed_in(cast.investigator)
    form = {"passphrase": cast.investigator.passphrase}
    assert browser.post(PAPER, form, token=browser.token_on(PAPER)).status_code == 200
    assert not opens_cases(pending)


# -- Sessions --------------------------------------------------------------------------------------------------------


def test_sessions_are_listed_and_ended(cast: Cast, signed_in: SignIn) -> None:
    here, elsewhere, theirs = (signed_in(p) for p in (cast.investigator, cast.investigator, cast.lead))
    page = here.get("/staff/account")
    (address,) = re.findall(r'action="(/staff/account/sessions/[0-9a-f]{64}/end)"', page.text)
    assert theirs.post(address, token=theirs.token_on("/staff/account")).status_code == 404
    assert opens_cases(elsewhere)
    assert here.post(address, token=here.token_on("/staff/account")).status_code == 303
    assert not opens_cases(elsewhere)
    assert opens_cases(here)


@pytest.mark.parametrize("lookup", ["x", "00", "zz" * 32])
def test_what_is_no_session_is_not_found(cast: Cast, signed_in: SignIn, lookup: str) -> None:
    browser = signed_in(cast.lead)
    token = browser.token_on("/staff/account")
    assert browser.post(f"/staff/account/sessions/{lookup}/end", token=token).status_code == 404


# -- Known devices ---------------------------------------------------------------------------------------------------


def test_with_both_factors_the_device_is_known_to_the_sign_in_page_alone(
    paper: tuple[str, ...], pending: Browser
) -> None:
    cookies = {c.partition("=")[0]: c for c in give(pending, paper[0]).headers.getlist("Set-Cookie")}
    assert cookies.keys() == {"__Host-staff", "__Secure-device"}
    _, *attributes = cookies["__Secure-device"].split("; ")
    assert {"Secure", "HttpOnly", "Path=/staff/sign-in", "SameSite=Strict", "Max-Age=15552000"} <= set(attributes)


def test_a_known_device_signs_in_whatever_strangers_try(
    paper: tuple[str, ...], pending: Browser, app: Flask, cast: Cast, units: Units
) -> None:
    give(pending, paper[0])
    person, stranger = cast.investigator, Browser(app.test_client())
    form = {"name": person.name, "passphrase": person.passphrase}
    with units.writing() as unit:
        for _ in range(backoff.FREE_FAILURES + 1):
            backoff.count_mistake(unit, person.account, backoff.STRANGERS)
    assert stranger.post("/staff/sign-in", form).status_code == 403
    assert pending.post("/staff/sign-in", form).status_code == 303


def test_at_a_known_device_a_code_is_taken_however_often_a_thief_of_the_passphrase_tries(
    paper: tuple[str, ...], pending: Browser, app: Flask, cast: Cast
) -> None:
    give(pending, paper[0])
    form = {"name": cast.investigator.name, "passphrase": cast.investigator.passphrase}
    thief = Browser(app.test_client())
    assert thief.post("/staff/sign-in", form).status_code == 303
    for _ in range(backoff.FREE_FAILURES + 1):
        assert give(thief, "000000").status_code == 403
    assert give(thief, paper[1]).status_code == 403
    assert pending.post("/staff/sign-in", form).status_code == 303
    assert give(pending, paper[1]).status_code == 303
    assert opens_cases(pending)
