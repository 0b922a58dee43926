"""Suspending accounts over HTTP: one ladder, and the next click of whoever was suspended."""

from collections.abc import Callable

import pytest

from complaints.policy import Action
from complaints.services import accounts
from complaints.services.unit import Units
from complaints.vocabulary import AccountState, Event
from tests.cast import NARRATIVE, Cast, Person
from tests.web.conftest import Browser, Log

SignIn = Callable[[Person], Browser]


def address(person: Person, act: str = "suspend") -> str:
    return f"/staff/accounts/{person.account.hex()}/{act}"


def post(browser: Browser, person: Person, act: str = "suspend", version: str = "1") -> int:
    token = browser.token_on(address(person))
    return browser.post(address(person, act), {"version": version}, token=token).status_code


def state(units: Units, person: Person) -> AccountState:
    with units.reading() as unit:
        return accounts.read_account(unit, person.account).state


@pytest.fixture
def administrator(cast: Cast, signed_in: SignIn) -> Browser:
    return signed_in(cast.administrator)


def test_the_next_click_is_refused(administrator: Browser, cast: Cast, signed_in: SignIn, units: Units) -> None:
    theirs = signed_in(cast.unassigned)
    assert theirs.get("/staff/cases").status_code == 200
    assert post(administrator, cast.unassigned) == 303
    assert state(units, cast.unassigned) is AccountState.SUSPENDED
    assert theirs.get("/staff/cases").location.startswith("/staff/sign-in")
    assert signed_in(cast.unassigned).get("/staff/cases").status_code == 403
    assert post(administrator, cast.unassigned, "reinstate", "2") == 303
    assert signed_in(cast.unassigned).get("/staff/cases").status_code == 200


def test_what_it_holds_is_shown_without_its_content(administrator: Browser, cast: Cast) -> None:
    report = cast.report()
    cast.assign(report)
    page = administrator.get(address(cast.investigator))
    assert report.reference in page.text
    assert cast.lead.display_name in page.text
    assert NARRATIVE not in page.text
    assert "CANARY" not in page.text


def test_the_last_hands_stay(administrator: Browser, cast: Cast, units: Units) -> None:
    cast.report()
    for person in (cast.lead, cast.administrator):
        assert post(administrator, person) == 409
        assert state(units, person) is AccountState.ACTIVE


@pytest.mark.parametrize("version", ["", "x", "-1", "1" * 30])
def test_what_no_browser_sends_is_refused(administrator: Browser, cast: Cast, version: str) -> None:
    assert post(administrator, cast.unassigned, version=version) == 400


def test_an_older_page_changes_nothing(administrator: Browser, cast: Cast, units: Units) -> None:
    assert post(administrator, cast.unassigned, version="7") == 409
    assert state(units, cast.unassigned) is AccountState.ACTIVE


@pytest.mark.parametrize("name", ["investigator", "lead", "custodian", "auditor"])
def test_another_role_is_refused(cast: Cast, signed_in: SignIn, units: Units, log: Log, name: str) -> None:
    browser = signed_in(getattr(cast, name))
    token = browser.token_on("/staff/account")
    assert browser.get(address(cast.unassigned)).status_code == 403
    for act in ("suspend", "reinstate"):
        assert browser.post(address(cast.unassigned, act), {"version": "1"}, token=token).status_code == 403
    assert {entry["subject"] for entry in log.entries(Event.DENIED)} == {Action.SUSPEND_ACCOUNT}
    assert state(units, cast.unassigned) is AccountState.ACTIVE


def test_a_stranger_is_led_to_sign_in(browser: Browser, cast: Cast) -> None:
    assert browser.get(address(cast.unassigned)).location.startswith("/staff/sign-in")


def test_without_its_token_the_form_is_refused(administrator: Browser, cast: Cast, units: Units) -> None:
    assert administrator.post(address(cast.unassigned), {"version": "1"}).status_code == 400
    assert state(units, cast.unassigned) is AccountState.ACTIVE


def test_nobody_is_not_found(administrator: Browser) -> None:
    assert administrator.get(f"/staff/accounts/{'0' * 32}/suspend").status_code == 404


def test_whoever_is_suspended_is_marked_where_a_channels_members_stand(administrator: Browser, cast: Cast) -> None:
    channel = f"/staff/channels/{cast.channel.hex()}"
    for path in ("/staff/channels", channel):
        assert "Suspended: receives nothing" not in administrator.get(f"{path}?lang=en").text
    assert post(administrator, cast.triage) == 303
    for path in ("/staff/channels", channel):
        page = administrator.get(path).text
        assert page.count("Suspended: receives nothing") == 1
        row = page[page.index("Suspended: receives nothing") - 200 : page.index("Suspended: receives nothing")]
        assert cast.triage.display_name in row
    assert post(administrator, cast.triage, "reinstate", "2") == 303
    assert "Suspended: receives nothing" not in administrator.get(channel).text
