"""Invitations: one link, one account, these roles, for a while; and whoever meddles with the row makes nobody."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import text
from werkzeug.test import TestResponse

from complaints import clock
from complaints.config import Secrets, Settings
from complaints.errors import NotFound
from complaints.services import accounts, invitations, passphrases, undertakings
from complaints.services.unit import Units
from complaints.vocabulary import Event, Locale, Role
from crypto import SessionToken
from tests.cast import Cast, Person
from tests.web.conftest import Browser, Log

LIST = "/staff/invitations"
WORDS = "tricolor upbeat canister moonlit gravel spiny"
SignIn = Callable[[Person], Browser]


@pytest.fixture
def administrator(cast: Cast, signed_in: SignIn) -> Browser:
    return signed_in(cast.administrator)


def invite(browser: Browser, *roles: str, name: str = "New Person") -> TestResponse:
    return browser.post(LIST, {"display_name": name, "roles": list(roles)}, token=browser.token_on(LIST))


def link_in(page: TestResponse) -> str:
    found = re.search(r"https://report\.example\.org(/staff/invitation/[\w-]{43})", page.text)
    assert found
    return found[1]


def take(browser: Browser, link: str, **changes: str) -> TestResponse:
    form = {"sign_in_name": "newcomer", "passphrase": WORDS, "repeated": WORDS, "undertaking": "y", "version": "1"}
    return browser.post(link, form | changes)


def roles_of(units: Units, name: str) -> frozenset[Role] | None:
    with units.reading() as unit:
        return next((line.roles for line in accounts.list_accounts(unit) if line.sign_in_name == name), None)


def test_a_link_makes_one_account_that_signs_in(
    app: Flask, administrator: Browser, browser: Browser, units: Units, log: Log
) -> None:
    link = link_in(invite(administrator, "investigator"))
    assert "New Person" in browser.get(link).text
    answer = take(browser, link)
    assert answer.status_code == 200
    assert roles_of(units, "newcomer") == {Role.INVESTIGATOR}
    assert browser.post("/staff/sign-in", {"name": "newcomer", "passphrase": WORDS}).status_code == 303
    assert len(log.entries(Event.ACCOUNT_CREATED)) == 10
    with units.reading() as unit:
        account = next(line for line in accounts.list_accounts(unit) if line.sign_in_name == "newcomer")
        assert account.id in undertakings.who_signed(unit)
    assert account.fingerprint in answer.text


def test_a_second_invitation_for_one_name_is_warned_of(administrator: Browser) -> None:
    administrator.get(f"{LIST}?lang=en")
    assert "Another invitation for this name" not in invite(administrator, name="New Person").text
    assert "Another invitation for this name" not in invite(administrator, name="Other Person").text
    assert "Another invitation for this name" in invite(administrator, name=" New Person ").text


def test_it_is_good_once(administrator: Browser, browser: Browser, units: Units) -> None:
    link = link_in(invite(administrator, "investigator"))
    assert take(browser, link).status_code == 200
    assert browser.get(link).status_code == 404
    assert take(browser, link, sign_in_name="another").status_code == 404
    assert roles_of(units, "another") is None


def test_it_expires(administrator: Browser, browser: Browser, units: Units) -> None:
    link = link_in(invite(administrator, "investigator"))
    with time_machine.travel(clock.now() + invitations.LASTS + timedelta(seconds=1), tick=False):
        assert browser.get(link).status_code == 404
        assert take(browser, link).status_code == 404
    assert roles_of(units, "newcomer") is None


def test_taken_back_it_leads_nowhere(administrator: Browser, browser: Browser, log: Log) -> None:
    link = link_in(invite(administrator, "investigator"))
    page = administrator.get(LIST)
    (address,) = re.findall(r'action="(/staff/invitations/[0-9a-f]{64}/take-back)"', page.text)
    assert administrator.post(address, token=administrator.token_on(LIST)).status_code == 303
    assert browser.get(link).status_code == 404
    assert len(log.entries(Event.INVITATION_TAKEN_BACK)) == 1


@pytest.mark.parametrize("wrong", ["0" * 32, "A" * 43, "x", "../x"])
def test_what_is_no_token_is_no_address(browser: Browser, wrong: str) -> None:
    assert browser.get(f"/staff/invitation/{wrong}").status_code == 404


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"passphrase": "short", "repeated": "short"}, "at least 15 characters"),
        ({"passphrase": "password123456789", "repeated": "password123456789"}, "easy to guess"),
        ({"passphrase": "newcomer New Person", "repeated": "newcomer New Person"}, "easy to guess"),
        ({"repeated": f"{WORDS}s"}, "not the same"),
        ({"sign_in_name": " "}, "Enter a sign-in name"),
        ({"sign_in_name": "LEAD"}, "already"),
        ({"undertaking": ""}, "Without the undertaking"),
        ({"version": "2"}, "Without the undertaking"),
    ],
)
def test_what_cannot_be_taken_is_said_and_the_link_stays_good(
    administrator: Browser, browser: Browser, changes: dict[str, str], said: str
) -> None:
    link = link_in(invite(administrator, "investigator"))
    answer = take(browser, f"{link}?lang=en", **changes)
    assert (answer.status_code, said in answer.text) == (400, True)
    assert WORDS not in answer.text
    assert take(browser, link).status_code == 200


def test_roles_come_from_the_row_and_not_from_the_form(administrator: Browser, browser: Browser, units: Units) -> None:
    take(browser, link_in(invite(administrator, "custodian")), roles="administrator", display_name="Somebody Else")
    assert roles_of(units, "newcomer") == {Role.CUSTODIAN}


@pytest.mark.parametrize("roles", [("administrator", "investigator"), ("auditor", "custodian")])
def test_roles_that_cannot_be_held_are_not_offered(administrator: Browser, roles: tuple[str, ...]) -> None:
    assert invite(administrator, *roles).status_code == 400


def test_without_a_role_an_account_waits_for_one(administrator: Browser, browser: Browser, units: Units) -> None:
    link = link_in(invite(administrator))
    assert "none yet" in administrator.get("/staff/invitations?lang=en").text
    assert "who gets a role later" in browser.get(f"{link}?lang=en").text
    assert take(browser, link).status_code == 200
    assert roles_of(units, "newcomer") == frozenset()


def test_where_there_is_a_lead_no_administrator_is_made_by_one_person(administrator: Browser) -> None:
    assert invite(administrator, "administrator").status_code == 400


def test_a_link_of_the_first_day_makes_the_second_administrator_after_the_first_lead(
    administrator: Browser, browser: Browser, units: Units, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as before:
        before.setattr(Secrets, "pinned", lambda _secrets: frozenset())
        link = link_in(invite(administrator, "administrator"))
    assert take(browser, link).status_code == 200
    assert roles_of(units, "newcomer") == {Role.ADMINISTRATOR}


@pytest.mark.usefixtures("before_any_lead")
def test_one_administrator_invites_the_second_and_no_third(
    administrator: Browser, browser: Browser, units: Units
) -> None:
    first, second = link_in(invite(administrator, "administrator")), link_in(invite(administrator, "administrator"))
    assert take(browser, first).status_code == 200
    assert roles_of(units, "newcomer") == {Role.ADMINISTRATOR}
    assert take(browser, second, sign_in_name="third").status_code == 404
    assert invite(administrator, "administrator").status_code == 400


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE invitation SET roles = 'auditor'",
        "UPDATE invitation SET display_name = 'Another Name'",
        "UPDATE invitation SET expires = '2099-01-01 00:00:00.000000'",
        "UPDATE invitation SET invited_by = (SELECT id FROM account WHERE sign_in_name = 'lead')",
        "UPDATE invitation SET invited_by = NULL, roles = 'administrator'",
        "UPDATE account SET roles = 'auditor' WHERE sign_in_name = 'administrator'",
    ],
)
def test_a_row_that_its_inviter_did_not_sign_makes_nobody(
    administrator: Browser, browser: Browser, units: Units, attack: str
) -> None:
    link = link_in(invite(administrator, "investigator"))
    with units.database.writing() as session:
        assert session.connection().execute(text(attack)).rowcount == 1
    assert browser.get(link).status_code == 404
    assert take(browser, link).status_code == 404


def test_the_token_is_nowhere_in_the_database(administrator: Browser, units: Units) -> None:
    token = link_in(invite(administrator, "investigator")).rpartition("/")[2]
    with units.reading() as unit:
        rows = unit.session.connection().execute(text("SELECT * FROM invitation")).all()
    assert len(rows) == 1
    assert SessionToken.from_text(token).lookup() in rows[0]
    assert not any(token.encode() in value for value in rows[0] if isinstance(value, bytes))


@pytest.mark.parametrize("person", ["investigator", "lead", "custodian", "auditor"])
def test_only_administrators_invite(cast: Cast, signed_in: SignIn, person: str, units: Units) -> None:
    browser = signed_in(getattr(cast, person))
    assert browser.get(LIST).status_code == 403
    form = {"display_name": "X", "roles": "investigator"}
    assert browser.post(LIST, form, token=browser.token_on("/staff/account")).status_code == 403


@pytest.mark.parametrize("language", Locale)
def test_the_drawn_words_are_six_of_the_list_and_never_twice_the_same(language: Locale) -> None:
    drawn = [passphrases.draw(language) for _ in range(50)]
    assert len(set(drawn)) == 50
    assert all(len(words.split()) == 6 for words in drawn)
    for words in drawn:
        passphrases.examine(words)


def test_thai_words_have_one_way_to_be_typed() -> None:
    """NFKC leaves them as they are, and no letter of theirs has two marks, which keyboards write in more than one order."""
    words = {word for _ in range(500) for word in passphrases.draw(Locale.THAI).split()}
    assert all(unicodedata.normalize("NFKC", word) == word for word in words)
    assert not [word for word in words if re.search("[ัิ-ฺ็-๎]{2}|ำ", word)]


@pytest.mark.parametrize(("language", "letters"), [("th", "[ก-๎ ]+"), ("en", "[a-z -]+")])
def test_the_page_draws_words_of_its_language(administrator: Browser, app: Flask, language: str, letters: str) -> None:
    link = link_in(invite(administrator, "investigator"))
    page = Browser(app.test_client()).get(f"{link}?lang={language}").text
    drawn = re.search(r'id="suggestion">([^<]+)<', page)
    assert drawn
    assert re.fullmatch(letters, drawn[1])


def test_the_founding_link_is_for_an_empty_installation_alone(units: Units, cast: Cast) -> None:
    with units.writing() as unit:
        assert invitations.found(unit) is None


@pytest.fixture
def unfounded(units: Units) -> str:
    with units.writing() as unit:
        token = invitations.found(unit)
    assert token is not None
    return f"/staff/invitation/{token.text()}"


def test_the_first_link_names_the_organisation_and_makes_an_administrator(
    unfounded: str, settings: Settings, new_app: Callable[[Settings], Flask], units: Units
) -> None:
    browser = Browser(new_app(replace(settings, organisation_th="", organisation_en="")).test_client())
    assert browser.get(unfounded).status_code == 200
    incomplete = take(browser, f"{unfounded}?lang=en")
    assert (incomplete.status_code, "in Thai" in incomplete.text) == (400, True)
    names = {"organisation_th": "มูลนิธิใหม่", "organisation_en": "New Foundation", "display_name": "First"}
    assert take(browser, unfounded, **names).status_code == 200
    assert roles_of(units, "newcomer") == {Role.ADMINISTRATOR}
    assert "New Foundation" in browser.get("/en/").text
    assert "มูลนิธิใหม่" in browser.get("/th/").text
    assert browser.get(unfounded).status_code == 404


def test_a_newer_founding_link_takes_the_place_of_the_older(unfounded: str, units: Units) -> None:
    with units.writing() as unit:
        invitations.found(unit)
    older = SessionToken.from_text(unfounded.rpartition("/")[2])
    with units.reading() as unit, pytest.raises(NotFound):
        invitations.find(unit, older)
