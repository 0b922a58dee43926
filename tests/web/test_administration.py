"""Accounts, roles and channels over HTTP: one ladder for every page."""

import re
from collections.abc import Callable

import pyotp
import pytest
from sqlalchemy import text

from complaints.config import Settings
from complaints.policy import Action
from complaints.services import accounts, second_factors
from complaints.services.readiness import Readiness
from complaints.services.unit import Units
from complaints.vocabulary import Event, Role
from crypto import SecretKey
from tests.cast import Cast, Person
from tests.web.conftest import Browser, Log, token_in

ACCOUNTS, CHANNELS = "/staff/accounts", "/staff/channels"
SignIn = Callable[[Person], Browser]

OTHERS = ["investigator", "lead", "custodian", "auditor"]
"""Everybody of the staff whom the administrators' pages are not for."""


@pytest.fixture
def administrator(cast: Cast, signed_in: SignIn) -> Browser:
    return signed_in(cast.administrator)


def address(person: Person) -> str:
    return f"{ACCOUNTS}/{person.account.hex()}"


def roles_of(units: Units, person: Person) -> frozenset[Role]:
    with units.reading() as unit:
        return accounts.read_account(unit, person.account).roles


def change(browser: Browser, person: Person, *roles: str, version: int = 1) -> int:
    token = browser.token_on(address(person))
    return browser.post(address(person), {"roles": list(roles), "version": version}, token=token).status_code


# -- Accounts --------------------------------------------------------------------------------------------------------


def test_the_list_names_everybody(administrator: Browser, cast: Cast) -> None:
    page = administrator.get(ACCOUNTS)
    assert page.status_code == 200
    assert all(person.display_name in page.text for person in cast.staff)


def test_whoever_administers_is_led_to_the_set_up_while_something_is_missing(
    administrator: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    onward = 'href="/staff/set-up">Go to the set-up'
    assert onward in administrator.get(f"{ACCOUNTS}?lang=en").text
    monkeypatch.setattr(Readiness, "complete", True)
    assert onward not in administrator.get(f"{ACCOUNTS}?lang=en").text


def test_who_has_no_second_factor_is_marked(administrator: Browser, cast: Cast, units: Units) -> None:
    assert administrator.get(f"{ACCOUNTS}?lang=en").text.count("No second factor") == len(cast.staff)
    assert "None yet: until there is one" in administrator.get(address(cast.lead)).text
    with units.writing() as unit:
        key = SecretKey.generate()
        code = pyotp.TOTP(second_factors.secret_text(key)).at(unit.now)
        second_factors.add_authenticator(unit, cast.lead.actor, key, "telephone", code)
    assert administrator.get(f"{ACCOUNTS}?lang=en").text.count("No second factor") == len(cast.staff) - 1
    assert "Enrolled" in administrator.get(address(cast.lead)).text


def test_where_no_second_factor_is_asked_for_none_is_promised(
    administrator: Browser, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "None yet: until there is one" in administrator.get(f"{address(cast.lead)}?lang=en").text
    monkeypatch.setattr(Settings, "second_factor_waived", property(lambda _settings: True))
    page = administrator.get(address(cast.lead)).text
    assert "None yet. This installation asks for none" in page
    assert "until there is one" not in page


def test_the_box_that_nobody_ticks_alone_is_closed(administrator: Browser, cast: Cast) -> None:
    page = administrator.get(address(cast.lead)).text
    (box,) = re.findall(r'<input[^>]*value="administrator"[^>]*>', page)
    assert "disabled" in box
    (box,) = re.findall(r'<input[^>]*value="administrator"[^>]*>', administrator.get(address(cast.administrator)).text)
    assert "disabled" not in box


@pytest.mark.parametrize("path", [ACCOUNTS, CHANNELS, f"{ACCOUNTS}/{'0' * 32}"])
@pytest.mark.parametrize("person", OTHERS)
def test_another_role_is_refused_and_the_log_says_so(
    cast: Cast, signed_in: SignIn, log: Log, path: str, person: str
) -> None:
    someone: Person = getattr(cast, person)
    response = signed_in(someone).get(path)
    assert response.status_code == 403
    (entry,) = log.entries(Event.DENIED)
    assert entry["actor"] == someone.account.hex()
    assert entry["reason"] == "role-missing"
    assert entry["subject"] in {Action.SEE_ACCOUNTS, Action.SEE_CHANNELS, Action.CHANGE_ROLES}


@pytest.mark.parametrize("path", [ACCOUNTS, CHANNELS, f"{ACCOUNTS}/{'0' * 32}"])
def test_a_stranger_is_led_to_sign_in(browser: Browser, log: Log, path: str) -> None:
    response = browser.get(path)
    assert response.status_code == 303
    assert response.location.startswith("/staff/sign-in")
    assert log.entries(Event.DENIED) == []


@pytest.mark.parametrize("id_", ["0" * 32, "0" * 31, "0" * 33, "x", "G" * 32, "%00" * 16])
def test_an_account_that_is_not_there_is_not_found(administrator: Browser, id_: str) -> None:
    assert administrator.get(f"{ACCOUNTS}/{id_}").status_code == 404


@pytest.mark.parametrize("method", ["put", "delete", "patch", "options"])
def test_no_other_method_is_taken(administrator: Browser, method: str) -> None:
    assert getattr(administrator.client, method)(ACCOUNTS, base_url="https://report.example.org").status_code == 405


def test_a_list_is_not_posted_to(administrator: Browser) -> None:
    assert administrator.post(ACCOUNTS).status_code == 405


# -- Roles -----------------------------------------------------------------------------------------------------------


def test_roles_are_given_and_taken(administrator: Browser, cast: Cast, units: Units, log: Log) -> None:
    assert change(administrator, cast.unassigned, "custodian") == 303
    assert roles_of(units, cast.unassigned) == {Role.CUSTODIAN}
    (entry,) = log.entries(Event.ROLES_CHANGED)
    assert (entry["actor"], entry["subject"]) == (cast.administrator.account.hex(), cast.unassigned.account.hex())


def test_whoever_was_changed_is_signed_out(administrator: Browser, cast: Cast, signed_in: SignIn) -> None:
    theirs = signed_in(cast.unassigned)
    assert theirs.get("/staff/cases").status_code == 200
    change(administrator, cast.unassigned, "auditor")
    assert theirs.get("/staff/cases").location.startswith("/staff/sign-in")


def test_without_its_token_the_form_is_refused(administrator: Browser, cast: Cast, units: Units) -> None:
    response = administrator.post(address(cast.unassigned), {"roles": "auditor", "version": 1})
    assert response.status_code == 400
    assert roles_of(units, cast.unassigned) == {Role.INVESTIGATOR}


def test_another_role_cannot_change_roles(cast: Cast, signed_in: SignIn, units: Units, log: Log) -> None:
    browser = signed_in(cast.auditor)
    token = browser.token_on("/staff/log")
    response = browser.post(address(cast.auditor), {"roles": "administrator", "version": 1}, token=token)
    assert response.status_code == 403
    assert roles_of(units, cast.auditor) == {Role.AUDITOR}
    assert [entry["subject"] for entry in log.entries(Event.DENIED)] == [Action.CHANGE_ROLES]


@pytest.mark.parametrize("other", ["investigator", "custodian", "auditor"])
def test_an_administrator_is_nothing_else(administrator: Browser, cast: Cast, units: Units, other: str) -> None:
    assert change(administrator, cast.unassigned, "administrator", other) == 400
    assert roles_of(units, cast.unassigned) == {Role.INVESTIGATOR}


def test_the_last_administrator_stays(administrator: Browser, cast: Cast, units: Units) -> None:
    assert change(administrator, cast.administrator) == 400
    assert roles_of(units, cast.administrator) == {Role.ADMINISTRATOR}


def test_an_older_form_changes_nothing(administrator: Browser, cast: Cast, units: Units) -> None:
    assert change(administrator, cast.unassigned, "custodian") == 303
    assert change(administrator, cast.unassigned, "auditor", version=1) == 409
    assert roles_of(units, cast.unassigned) == {Role.CUSTODIAN}


def test_the_form_after_a_conflict_can_be_sent(administrator: Browser, cast: Cast, units: Units) -> None:
    change(administrator, cast.unassigned, "custodian")
    token = administrator.token_on(address(cast.unassigned))
    stale = administrator.post(address(cast.unassigned), {"roles": "auditor", "version": 1}, token=token)
    assert 'name="version" value="2"' in stale.text
    response = administrator.post(address(cast.unassigned), {"roles": "auditor", "version": 2}, token=token_in(stale))
    assert response.status_code == 303
    assert roles_of(units, cast.unassigned) == {Role.AUDITOR}


@pytest.mark.parametrize(
    "form", [{"roles": "king", "version": "1"}, {"roles": "auditor"}, {"roles": "auditor", "version": "x"}]
)
def test_what_no_browser_sends_is_refused(
    administrator: Browser, cast: Cast, units: Units, form: dict[str, str]
) -> None:
    token = administrator.token_on(address(cast.unassigned))
    assert administrator.post(address(cast.unassigned), form, token=token).status_code == 400
    assert roles_of(units, cast.unassigned) == {Role.INVESTIGATOR}


def test_it_is_said_once_that_the_roles_are_changed(administrator: Browser, cast: Cast) -> None:
    change(administrator, cast.unassigned, "custodian")
    assert "govuk-notification-banner--success" in administrator.get(ACCOUNTS).text
    assert "govuk-notification-banner--success" not in administrator.get(ACCOUNTS).text


# -- Channels --------------------------------------------------------------------------------------------------------


def test_channels_show_their_members_and_fingerprints(administrator: Browser, cast: Cast) -> None:
    page = administrator.get(CHANNELS)
    assert page.status_code == 200
    for person in (cast.lead, cast.triage, cast.investigator):
        assert person.display_name in page.text
        with_keys = [line for line in page.text.splitlines() if person.display_name in line]
        assert any('class="code"' in line for line in with_keys)


def test_a_roster_that_does_not_verify_is_said_and_not_shown(administrator: Browser, cast: Cast, units: Units) -> None:
    with units.database.writing() as session:
        session.connection().execute(
            text(
                "UPDATE roster SET canonical = CAST(substr(canonical, 1, length(canonical) - 1) || x'00' AS BLOB) WHERE channel_id = :id"
            ),
            {"id": cast.channel},
        )
    page = administrator.get(f"{CHANNELS}?lang=en")
    assert "does not verify" in page.text
    assert cast.triage.display_name not in page.text


def test_an_accounts_swapped_key_is_said(administrator: Browser, cast: Cast, units: Units) -> None:
    with units.database.writing() as session:
        session.connection().execute(
            text("UPDATE account SET work_public = (SELECT work_public FROM account WHERE id = :other) WHERE id = :id"),
            {"id": cast.triage.account, "other": cast.unassigned.account},
        )
    assert "Not the account’s keys" in administrator.get(f"{CHANNELS}?lang=en").text
