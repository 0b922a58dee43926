"""Signing in over HTTP: one answer to everything that is wrong, a cookie only for what is right, and each role to its place."""

import threading
from collections.abc import Callable

import pytest
from werkzeug.test import TestResponse

from complaints.models import Account
from complaints.services import accounts
from complaints.services.accounts import Credential
from complaints.services.unit import Units
from complaints.vocabulary import AccountState, Event
from crypto import AccountSeed
from tests.cast import Cast, Person
from tests.web.conftest import Browser, Log

SIGN_IN = "/staff/sign-in"
COOKIE = "__Host-staff"


@pytest.fixture
def no_argon2(monkeypatch: pytest.MonkeyPatch, cast: Cast) -> None:
    """Unlocks by looking the passphrase up: for tests of what happens around it."""
    known = {(someone.new.locked, someone.passphrase): someone.new.seed for someone in cast.staff}

    def open_credential(credential: Credential, passphrase: str, _pepper: bytes) -> AccountSeed | None:
        return known.get((credential.locked, passphrase))

    monkeypatch.setattr(accounts, "open_credential", open_credential)


def sign_in(browser: Browser, name: str, passphrase: str, query: str = "") -> TestResponse:
    return browser.post(f"{SIGN_IN}{query}", {"name": name, "passphrase": passphrase})


def test_the_real_passphrase_signs_in(browser: Browser, cast: Cast, log: Log) -> None:
    response = sign_in(browser, "auditor", cast.auditor.passphrase)
    assert (response.status_code, response.location) == (303, "/staff/")
    assert browser.get("/staff/").location == "/staff/log"
    assert [entry["actor"] for entry in log.entries(Event.SIGNED_IN)] == [cast.auditor.account.hex()]


def test_the_cookie_is_strict_and_out_of_reach_of_scripts(browser: Browser, cast: Cast, no_argon2: None) -> None:
    (cookie,) = sign_in(browser, "auditor", cast.auditor.passphrase).headers.getlist("Set-Cookie")
    name, *attributes = cookie.split("; ")
    assert name.startswith(f"{COOKIE}=")
    assert set(attributes) == {"Secure", "HttpOnly", "Path=/", "SameSite=Strict"}


def test_everything_wrong_has_one_answer(browser: Browser, cast: Cast, units: Units, no_argon2: None) -> None:
    with units.writing() as unit:
        unit.session.get_one(Account, cast.custodian.account).state = AccountState.SUSPENDED
    for _ in range(5):
        sign_in(browser, "lead", "wrong")
    tries = {
        "unknown name": ("nobody", "x"),
        "wrong passphrase": ("triage", "x"),
        "suspended": ("custodian", cast.custodian.passphrase),
        "has to wait": ("lead", cast.lead.passphrase),
    }
    answers = set()
    for name, passphrase in tries.values():
        response = sign_in(browser, name, passphrase)
        shown = response.text.replace(f'value="{name}"', "")
        answers.add((response.status_code, shown, tuple(response.headers.getlist("Set-Cookie"))))
    assert len(answers) == 1
    ((status, _page, cookies),) = answers
    assert (status, cookies) == (403, ())


def test_a_passphrase_is_not_sent_back(browser: Browser, cast: Cast, no_argon2: None) -> None:
    assert "hunter2 hunter2" not in sign_in(browser, "lead", "hunter2 hunter2").text


def test_an_empty_form_is_asked_for_again_without_a_try(
    browser: Browser, log: Log, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accounts, "open_credential", None)
    response = browser.post(SIGN_IN, {"name": "lead", "passphrase": ""})
    assert response.status_code == 400
    assert log.entries(Event.SIGN_IN_FAILED) == []


@pytest.mark.parametrize("name", ["lead", "nobody"])
def test_while_too_many_sign_in_the_name_stays_and_nothing_is_tried(
    browser: Browser, log: Log, cast: Cast, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(accounts, "unlock_seed", None)
    monkeypatch.setattr(accounts, "_strangers", threading.BoundedSemaphore(1))
    with accounts._strangers:
        response = sign_in(browser, name, "hunter2 hunter2", "?lang=en&next=/staff/log")
    assert response.status_code == 503
    assert "Too many people are signing in at once." in response.text
    assert f'value="{name}"' in response.text
    assert "hunter2" not in response.text
    assert "next=/staff/log" in response.text
    assert log.entries(Event.SIGN_IN_FAILED) == []


def test_the_form_lets_browsers_and_managers_fill_it_in(browser: Browser) -> None:
    page = browser.get(SIGN_IN).text
    assert 'autocomplete="username"' in page
    assert 'autocomplete="current-password"' in page
    assert "onpaste" not in page


@pytest.mark.parametrize(
    ("role", "place"),
    [
        ("investigator", "/staff/cases"),
        ("administrator", "/staff/accounts"),
        ("custodian", "/staff/recoveries"),
        ("auditor", "/staff/log"),
    ],
)
def test_each_role_is_led_to_its_place(
    cast: Cast, signed_in: Callable[[Person], Browser], role: str, place: str
) -> None:
    assert signed_in(getattr(cast, role)).get("/staff/").location == place


def test_who_has_no_place_yet_is_told_so(
    cast: Cast, signed_in: Callable[[Person], Browser], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("complaints.web.sign_in.NAVIGATION", ())
    assert signed_in(cast.custodian).get("/staff/").status_code == 200


def test_who_is_signed_in_is_not_asked_again(cast: Cast, signed_in: Callable[[Person], Browser]) -> None:
    assert signed_in(cast.auditor).get(SIGN_IN).location == "/staff/"


def test_a_stranger_is_led_to_sign_in_and_back(browser: Browser, cast: Cast, no_argon2: None) -> None:
    asked = browser.get("/staff/log?event=access.denied").location
    assert asked == "/staff/sign-in?next=/staff/log?event%3Daccess.denied"
    query = asked.removeprefix(SIGN_IN)
    assert sign_in(browser, "auditor", cast.auditor.passphrase, query).location == "/staff/log?event=access.denied"


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/staff/log",
        "//evil.example/staff/log",
        "/\\evil.example",
        "/en/",
        "/staff/nowhere",
        "/staff/sign-out",
        "/staff/sign-in",
        "javascript:alert(1)",
        "//[",
    ],
)
def test_nobody_is_led_elsewhere(browser: Browser, cast: Cast, no_argon2: None, address: str) -> None:
    response = browser.post(
        SIGN_IN, {"name": "auditor", "passphrase": cast.auditor.passphrase}, query_string={"next": address}
    )
    assert response.location == "/staff/"


def test_options_of_the_address_builder_are_no_parameters(browser: Browser, cast: Cast, no_argon2: None) -> None:
    response = browser.post(
        SIGN_IN,
        {"name": "auditor", "passphrase": cast.auditor.passphrase},
        query_string={"next": "/staff/log?_external=1&_scheme=evil&endpoint=x&event=log.read"},
    )
    assert response.location == "/staff/log?event=log.read"


def test_signing_out_ends_the_session_and_takes_the_cookie_back(
    cast: Cast, signed_in: Callable[[Person], Browser], log: Log
) -> None:
    browser = signed_in(cast.auditor)
    kept = browser.cookie(COOKIE)
    response = browser.post("/staff/sign-out", token=browser.token_on("/staff/log"))
    assert response.status_code == 303
    assert browser.cookie(COOKIE) is None
    assert [entry["actor"] for entry in log.entries(Event.SIGNED_OUT)] == [cast.auditor.account.hex()]
    browser.give_cookie(COOKIE, str(kept))
    assert browser.get("/staff/log").status_code == 303


def test_signing_in_again_ends_the_session_before(browser: Browser, cast: Cast, no_argon2: None) -> None:
    sign_in(browser, "auditor", cast.auditor.passphrase)
    first = browser.cookie(COOKIE)
    sign_in(browser, "lead", cast.lead.passphrase)
    assert browser.cookie(COOKIE) != first
    browser.give_cookie(COOKIE, str(first))
    assert browser.get("/staff/log").status_code == 303


def test_a_session_is_never_taken_from_before_signing_in(browser: Browser, cast: Cast, no_argon2: None) -> None:
    planted = "A" * 43
    browser.give_cookie(COOKIE, planted)
    sign_in(browser, "auditor", cast.auditor.passphrase)
    assert browser.cookie(COOKIE) not in {None, planted}


def test_the_language_is_kept_for_the_session(cast: Cast, signed_in: Callable[[Person], Browser]) -> None:
    browser = signed_in(cast.auditor)
    assert 'lang="th" class' in browser.get("/staff/log").text
    assert 'lang="en" class' in browser.get("/staff/log?lang=en").text
    assert 'lang="en" class' in browser.get("/staff/log").text


def test_the_language_chosen_before_signing_in_is_kept(browser: Browser, cast: Cast, no_argon2: None) -> None:
    assert 'action="/staff/sign-in?lang=en"' in browser.get(f"{SIGN_IN}?lang=en").text
    response = sign_in(browser, "auditor", cast.auditor.passphrase, "?lang=en")
    assert response.location == "/staff/?lang=en"
    browser.get(response.location)
    assert 'lang="en" class' in browser.get("/staff/log").text


def test_an_unknown_language_is_none(cast: Cast, signed_in: Callable[[Person], Browser]) -> None:
    assert 'lang="th" class' in signed_in(cast.auditor).get("/staff/log?lang=xx").text


@pytest.mark.parametrize("cookie", ["", "x", "A" * 43, "A" * 42 + "=", "ก" * 10, "A" * 5000])
def test_a_cookie_that_leads_nowhere_is_nobody(browser: Browser, cookie: str) -> None:
    browser.client.environ_base["HTTP_COOKIE"] = f"{COOKIE}={cookie}".encode().decode("latin-1")
    assert browser.get("/staff/").status_code == 303


@pytest.mark.parametrize(
    ("accepted", "address", "language"),
    [
        ("en-GB,en;q=0.9,th;q=0.5", "/staff/sign-in", "en"),
        ("th-TH,en;q=0.5", "/staff/sign-in", "th"),
        ("de-DE,fr", "/staff/sign-in", "th"),
        ("en-GB", "/staff/sign-in?lang=th", "th"),
        ("en-GB", "/th/", "th"),
    ],
)
def test_a_strangers_page_is_in_the_language_of_the_address_else_of_the_browser(
    browser: Browser, accepted: str, address: str, language: str
) -> None:
    assert f'<html lang="{language}"' in browser.get(address, headers={"Accept-Language": accepted}).text
